package web_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"kabinet/internal/web"
)

func TestReadiness(t *testing.T) {
	errDead := errors.New("dial tcp 10.0.0.7:5432: refused")
	for name, test := range map[string]struct {
		database, redis error
		status          int
		want            string
	}{
		"all work":           {nil, nil, 200, `{"database":"ok","redis":"ok"}`},
		"an optional part":   {nil, errDead, 200, `{"database":"ok","redis":"does not work"}`},
		"one that is needed": {errDead, nil, 503, `{"database":"does not work","redis":"ok"}`},
		"both":               {errDead, errDead, 503, `{"database":"does not work","redis":"does not work"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			bounded := 0
			probe := func(err error) func(context.Context) error {
				return func(ctx context.Context) error {
					if _, ok := ctx.Deadline(); ok {
						bounded++
					}
					return err
				}
			}
			h := web.NewAdminHandler(slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry(), []web.Check{
				{Name: "database", Probe: probe(test.database)}, {Name: "redis", Probe: probe(test.redis), Optional: true},
			})
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
			require.Equal(t, test.status, recorder.Code)
			require.JSONEq(t, test.want, recorder.Body.String())
			require.Equal(t, "application/json", recorder.Header().Get("Content-Type"))
			require.Equal(t, 2, bounded, "every check has a time limit")
			dead := errors.Join(test.database, test.redis) != nil
			require.Equal(t, dead, bytes.Contains(log.Bytes(), []byte("10.0.0.7")), "the log tells why")
		})
	}
}

func TestAProbeThatHangsIsGivenUp(t *testing.T) {
	h := web.NewAdminHandler(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), []web.Check{
		{Name: "database", Probe: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // whoever asked has gone; the probe's own limit is checked above
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
	require.Equal(t, http.StatusServiceUnavailable, recorder.Code)
}

func TestOperatorsAddress(t *testing.T) {
	metrics := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "kabinet_test_total", Help: "Counts."})
	metrics.MustRegister(counter)
	counter.Inc()
	h := web.NewAdminHandler(slog.New(slog.DiscardHandler), metrics, []web.Check{
		{Name: "database", Probe: func(context.Context) error { return errors.New("dead") }},
	})
	for target, want := range map[string]struct {
		status int
		text   string
	}{
		"/healthz": {204, ""}, "/metrics": {200, "kabinet_test_total 1"}, "/debug/pprof/": {200, "goroutine"},
		"/debug/pprof/cmdline": {200, ""}, "/graphql": {404, ""}, "/": {404, ""},
	} {
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
		require.Equal(t, want.status, recorder.Code, "%s lives though a part is dead", target)
		require.Contains(t, recorder.Body.String(), want.text)
	}
}
