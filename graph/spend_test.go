package graph_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/graph"
	"kabinet/graph/transport"
	"kabinet/internal/ratelimit"
)

// purse remembers what was taken from it, and gives no more than it has.
type purse struct {
	has   int
	taken []int
}

func (p *purse) spend(_ context.Context, cost int) error {
	if cost > p.has {
		return ratelimit.ErrTooMany
	}
	p.has, p.taken = p.has-cost, append(p.taken, cost)
	return nil
}

// ask has a document carried out, or not, and gives the codes of the answer's errors.
func (p *purse) ask(t *testing.T, document string) []string {
	t.Helper()
	server := graph.NewServer(graph.Options{Log: slog.New(slog.DiscardHandler), Streams: transport.NewStreams(0), Spend: p.spend})
	body, err := json.Marshal(map[string]string{"query": document})
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	var a answer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a), w.Body)
	codes := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		codes[i] = e.Extensions.Code
	}
	return codes
}

func TestSpendingOnEveryOperation(t *testing.T) {
	for name, test := range map[string]struct {
		document string
		has      int
		taken    []int
		codes    []string
	}{
		"its document and its fields": {"{ __typename }", 1000, []int{100, 1}, []string{}},
		"more fields":                 {"{ a: __typename b: __typename c: __typename }", 1000, []int{100, 3}, []string{}},
		"no GraphQL":                  {"{ viewer ", 1000, []int{100}, []string{"BAD_INPUT"}},
		"an unknown field":            {"{ nothing }", 1000, []int{100}, []string{"BAD_INPUT"}},
		"too many aliases":            {"{ " + aliases(10_000) + " }", 1000, []int{100}, []string{"LIMIT_EXCEEDED"}},
		"too dear for anybody":        {"{ " + dear + " }", 1_000_000, []int{100}, []string{"LIMIT_EXCEEDED"}},
		"nothing left":                {"{ __typename }", 99, nil, []string{"RATE_LIMITED"}},
		"nothing left for nonsense":   {"{ viewer ", 99, nil, []string{"RATE_LIMITED"}},
		"too little for the fields":   {"{ a: __typename b: __typename }", 101, []int{100}, []string{"RATE_LIMITED"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &purse{has: test.has}
			require.Equal(t, test.codes, p.ask(t, test.document))
			require.Equal(t, test.taken, p.taken)
		})
	}
}
