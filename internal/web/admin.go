package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkTimeout bounds one readiness check.
const checkTimeout = 2 * time.Second

// Check is one thing that must work for the program to serve.
type Check struct {
	Name string
	// Probe gives an error when it does not work.
	Probe func(ctx context.Context) error
	// Optional parts are reported and do not make the program unready.
	Optional bool
}

// NewAdminHandler makes the handler of the operators' address, which is never public.
func NewAdminHandler(log *slog.Logger, metrics prometheus.Gatherer, checks []Check) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, log, checks) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func ready(w http.ResponseWriter, r *http.Request, log *slog.Logger, checks []Check) {
	status := http.StatusOK
	answer := make(map[string]string, len(checks))
	for _, c := range checks {
		ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
		err := c.Probe(ctx)
		cancel()
		answer[c.Name] = "ok"
		if err != nil {
			log.WarnContext(r.Context(), "not ready", "part", c.Name, "error", err)
			answer[c.Name] = "does not work"
			if !c.Optional {
				status = http.StatusServiceUnavailable
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client has gone
}
