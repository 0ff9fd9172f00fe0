package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fund"
	"kabinet/internal/identity"
	"kabinet/internal/person"
	"kabinet/internal/requestid"
	"kabinet/internal/seal"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
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
	// TrustedProxies are the operator's own proxies, whose word on a client's address counts.
	TrustedProxies []netip.Prefix
	// MobileRedirects are the addresses at which the app takes the code of a login: of a scheme of its own
	// (ru.sfr.kabinet:/callback), https links that the app has claimed, or http://127.0.0.1/… and http://[::1]/…, on
	// whatever port. Without any there is no login for an app.
	MobileRedirects []string
	// Limiter bounds how often logins and tokens are asked for; nil: nothing does.
	Limiter Limiter

	// Entry tells how far a person has come in, apart from the network they come from; nil: all the way.
	Entry func(ctx context.Context, v viewer.Viewer) (viewer.Entry, error)
	// Networks tells from where people let themselves in; nil: from everywhere.
	Networks Networks
	// Confirmed tells whether the fund itself has confirmed who a person is, where the provider has not; nil: never.
	Confirmed func(ctx context.Context, person uuid.UUID) (bool, error)

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
	// Inbox is the page /dev/inbox in demo mode, when messages are captured.
	Inbox http.Handler
	// DemoFund is the page /dev/fund and what is below it in demo mode, when there is a demo fund.
	DemoFund http.Handler
}

// edge holds what the endpoints need.
type edge struct {
	Options
	cookies cookies
	misses  *misses
}

// NewHandler makes the handler of the public address.
func NewHandler(o Options) http.Handler {
	e := &edge{Options: o, cookies: newCookies(o.Secure, o.PublicURL), misses: newMisses(o.Clock)}
	mux := http.NewServeMux()
	mux.Handle("/graphql", e.authenticated(e.GraphQL))
	mux.HandleFunc("GET /auth/login", e.limited(loginPace, e.login))
	mux.HandleFunc("GET /auth/callback", e.limited(callbackPace, e.callback))
	mux.HandleFunc("POST /auth/logout", e.logout)
	mux.HandleFunc("GET /auth/session", e.session)
	mux.HandleFunc("GET /auth/mobile/login", e.limited(loginPace, e.mobileLogin))
	mux.HandleFunc("POST /auth/mobile/token", e.limited(tokenPace, e.mobileToken))
	mux.HandleFunc("POST /auth/mobile/refresh", e.limited(tokenPace, e.mobileRefresh))
	if listener, ok := o.Provider.(identity.LogoutListener); ok {
		mux.HandleFunc("POST /auth/backchannel-logout", e.limited(providerLogoutPace, e.backChannelLogout(listener)))
		mux.HandleFunc("GET /auth/frontchannel-logout", e.limited(providerLogoutPace, e.frontChannelLogout(listener)))
	}
	mux.Handle("GET /documents/{id}/versions/{n}", e.authenticated(http.HandlerFunc(e.download)))
	mux.HandleFunc("POST /fund/events", e.fundEvents)
	if o.Demo {
		mux.Handle("GET /playground/", http.StripPrefix("/playground", e.Playground))
		mux.HandleFunc("GET /schema.graphql", e.sdl)
		mux.Handle("GET /dev", e.Home)
		if o.Inbox != nil {
			mux.Handle("GET /dev/inbox", o.Inbox)
		}
		if o.DemoFund != nil {
			mux.Handle("/dev/fund/", http.StripPrefix("/dev/fund", o.DemoFund))
		}
		mux.Handle("GET /{$}", http.RedirectHandler("/dev", http.StatusSeeOther))
	}
	var h http.Handler = &fallback{mux: mux, edge: e}
	h = e.refuseForeign(h)
	h = limitBodyTime(h)
	h = e.addressed(h)
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
