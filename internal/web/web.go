package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fund"
	"kabinet/internal/identity"
	"kabinet/internal/person"
	"kabinet/internal/requestid"
	"kabinet/internal/seal"
	"kabinet/internal/session"
)

// Limits of a connection. There is no limit on the time of an answer, because streams live long.
const (
	readHeaderTimeout = 5 * time.Second
	readBodyTimeout   = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// Options are the parts that the edge joins.
type Options struct {
	Log       *slog.Logger
	Clock     clock.Clock
	Metrics   prometheus.Registerer
	PublicURL string // scheme://host[:port]
	Secure    bool   // browsers reach the cabinet over TLS
	Demo      bool

	Sealer    *seal.Sealer
	Provider  identity.Provider
	People    *person.Service
	Sessions  *session.Service
	Documents *document.Service
	Fund      *fund.Service
	GraphQL   http.Handler
	SDL       string // schema.graphql
	// Playground is served in demo mode.
	Playground http.Handler
	// Home is the page /dev in demo mode.
	Home http.Handler
}

// edge holds what the endpoints need.
type edge struct {
	Options
	cookies cookies
}

// NewHandler makes the handler of the public address.
func NewHandler(o Options) http.Handler {
	e := &edge{Options: o, cookies: newCookies(o.Secure, o.PublicURL)}
	mux := http.NewServeMux()
	mux.Handle("/graphql", e.authenticated(e.GraphQL))
	mux.HandleFunc("GET /auth/login", e.login)
	mux.HandleFunc("GET /auth/callback", e.callback)
	mux.HandleFunc("POST /auth/logout", e.logout)
	mux.HandleFunc("GET /auth/session", e.session)
	mux.Handle("GET /documents/{id}/versions/{n}", e.authenticated(http.HandlerFunc(e.download)))
	mux.HandleFunc("POST /fund/events", e.fundEvents)
	if o.Demo {
		mux.Handle("GET /playground/", http.StripPrefix("/playground", e.Playground))
		mux.HandleFunc("GET /schema.graphql", e.sdl)
		mux.Handle("GET /dev", e.Home)
		mux.Handle("GET /{$}", http.RedirectHandler("/dev", http.StatusSeeOther))
	}
	var h http.Handler = &fallback{mux: mux, edge: e}
	h = e.refuseForeign(h)
	h = limitBodyTime(h)
	h = e.recovered(h)
	h = language(h)
	h = e.securityHeaders(h)
	h = e.observed(mux, h)
	return requestid.Middleware(h)
}

// NewServer makes a server with the limits of the edge.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what clients do wrong on the wire
	}
}
