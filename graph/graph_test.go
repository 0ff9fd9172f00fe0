package graph_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/graph"
	"kabinet/graph/transport"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/clarification"
	"kabinet/internal/clientaddr"
	"kabinet/internal/clock"
	"kabinet/internal/confirm"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/dev/persona"
	"kabinet/internal/document"
	"kabinet/internal/entry"
	"kabinet/internal/feed"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/network"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/seed"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/verification"
	"kabinet/internal/viewer"
)

// cabinet is the API over a database with the demo people, without the edge in front of it.
type cabinet struct {
	t          *testing.T
	handler    http.Handler
	store      *storage.Store
	people     *person.Service
	sessions   *session.Service
	entry      *entry.Service
	inbox      *inbox.Inbox
	address    string // from which requests come
	statements *atomic.Int64
	log        *strings.Builder
}

// each runs a test over both databases.
func each(t *testing.T, test func(t *testing.T, c *cabinet)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		count := &atomic.Int64{}
		test(t, newCabinet(t, storagetest.OpenSQLite(t, counting(count)), count))
	})
	t.Run("postgres", func(t *testing.T) {
		count := &atomic.Int64{}
		test(t, newCabinet(t, storagetest.OpenPostgres(t, counting(count)), count))
	})
}

func counting(n *atomic.Int64) storage.Option {
	return storage.OnStatement(func(context.Context, string) { n.Add(1) })
}

func newCabinet(t *testing.T, s *storage.Store, statements *atomic.Int64) *cabinet {
	t.Helper()
	keyset, err := seal.GenerateKeyset()
	require.NoError(t, err)
	sealer, err := seal.New(keyset)
	require.NoError(t, err)
	blobs, err := blob.NewDirectory(filepath.Join(t.TempDir(), "blobs"))
	require.NoError(t, err)
	written := &strings.Builder{}
	log := slog.New(slog.NewJSONHandler(written, nil))
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { require.NoError(t, client.Close()) })

	now := clock.System{}
	bus := signal.NewBus(client, log)
	hub := feed.NewHub(s, bus, now, log)
	recorder, journal := feed.NewRecorder(now, hub), audit.NewJournal(now)
	people := person.New(s, sealer, recorder, journal, now)
	sickLeaves := sickleave.New(s, sealer, recorder, now)
	services := graph.Services{
		People: people, SickLeaves: sickLeaves, Benefits: benefit.New(s, sickLeaves, recorder, now),
		Appeals:   appeal.New(s, sealer, recorder, journal, now),
		Documents: document.New(s, blobs, recorder, now),
		Sessions: session.New(session.Options{
			Store: s, Redis: client, Bus: bus, Journal: journal, Sealer: sealer, Clock: now,
			Limits: session.Limits{Idle: time.Hour, Absolute: time.Hour}, Log: log,
		}),
		Feed: hub, Journal: audit.NewReader(s), Networks: network.New(s, sealer, recorder, journal, now),
		Verifications:  verification.New(s, sealer, people, recorder, journal, now),
		Clarifications: clarification.New(s, sealer, outbox.New(s, sealer, recorder, now), recorder, journal, now),
		Deadlines:      deadline.New(s, recorder, now), Contributions: contribution.New(s, recorder, now),
		Notices: notice.New(s, bus, now, log),
	}
	post := inbox.New(now)
	services.Confirmations = confirm.New(confirm.Options{Store: s, Sealer: sealer, Journal: journal, Clock: now, Sender: post, Log: log})
	services.Entry, err = entry.New(entry.Options{
		Store: s, Sealer: sealer, People: people, Feed: recorder, Journal: journal, Clock: now,
		Guess: func(ctx context.Context, id uuid.UUID, check func(context.Context, *storage.Tx) (bool, error)) error {
			return services.Confirmations.Guess(ctx, id, confirm.AccessCode, check)
		},
	})
	require.NoError(t, err)
	require.NoError(t, seed.Seed(t.Context(), seed.Deps{
		Store: s, Sealer: sealer, Blobs: blobs, People: people, Feed: recorder, Journal: journal, Clock: now,
	}))
	handler := graph.NewServer(graph.Options{
		Services: services, Log: log, Streams: transport.NewStreams(0), Denied: audit.NewDenials(s, journal, now).Write,
	})
	return &cabinet{
		t: t, handler: handler, store: s, people: people, sessions: services.Sessions, entry: services.Entry, inbox: post, address: "192.0.2.7",
		statements: statements, log: written,
	}
}

// as gives the viewer that a demo person is when signed in.
func (c *cabinet) as(name string) viewer.Viewer {
	c.t.Helper()
	p, ok := persona.ByName(name)
	require.True(c.t, ok, name)
	id, err := c.people.Admit(c.t.Context(), identity.Login{
		Provider: esia.ProviderName, Subject: p.Subject(), Trusted: p.Trusted, Profile: p.Profile,
	})
	require.NoError(c.t, err)
	v := viewer.Viewer{PersonID: id, SessionID: uuid.New(), Level: viewer.Basic}
	if p.Trusted {
		v.Level = viewer.Extended
	}
	v.Entry, err = c.entry.Reached(c.t.Context(), id)
	require.NoError(c.t, err)
	return v
}

// answer is what the API answered.
type answer struct {
	Data   map[string]any
	Errors []answerError
	text   string
}

type answerError struct {
	Message    string
	Path       []any
	Extensions struct {
		Code         string
		RequestID    string `json:"requestId"`
		Confirmation struct{ ID, Input, Channel, SentTo string }
	}
}

func (c *cabinet) post(v viewer.Viewer, body string) answer {
	c.t.Helper()
	ctx := viewer.NewContext(c.t.Context(), v)
	ctx = clientaddr.NewContext(ctx, netip.MustParseAddr(c.address))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	require.NoError(c.t, err)
	a := answer{text: string(text)}
	require.NoError(c.t, json.Unmarshal(text, &a), a.text)
	return a
}

// query asks and wants no errors.
func (c *cabinet) query(v viewer.Viewer, document string, variables map[string]any) map[string]any {
	c.t.Helper()
	a := c.ask(v, document, variables)
	require.Empty(c.t, a.Errors, a.text)
	return a.Data
}

func (c *cabinet) ask(v viewer.Viewer, document string, variables map[string]any) answer {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	require.NoError(c.t, err)
	return c.post(v, string(body))
}

// at walks an answer: keys of objects and indexes of lists.
func at[T any](t *testing.T, value any, path ...any) T {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := value.(map[string]any)
			require.True(t, ok, "no object at %v", step)
			require.Contains(t, object, step)
			value = object[step]
		case int:
			list, ok := value.([]any)
			require.True(t, ok, "no list at %v", step)
			require.Greater(t, len(list), step)
			value = list[step]
		}
	}
	found, ok := value.(T)
	require.True(t, ok, "%v holds %T", path, value)
	return found
}
