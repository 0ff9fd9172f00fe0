package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/requestid"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// securityHeaders are those of every answer; pages that need more say so themselves.
func (e *edge) securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Vary", "Accept-Language")
		if e.Secure { // TLS ends before the program, so that the request does not tell
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// limitBodyTime gives every body a time to arrive, whether it is read or not: what a handler leaves unread the server
// reads before it answers. A transport that goes on after the body lifts the deadline when it has read it to the end.
func limitBodyTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			// Writers that know no deadlines are those of tests.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readBodyTimeout)) //nolint:forbidigo // the network knows only the machine's time
		}
		next.ServeHTTP(w, r)
	})
}

func language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l := locale.FromHeader(r.Header.Get("Accept-Language"))
		next.ServeHTTP(w, r.WithContext(locale.NewContext(r.Context(), l)))
	})
}

// recovered turns a panic into a masked refusal; what it was called with is not logged, it may be personal. An answer
// that has begun cannot be taken back: it is cut off, so that nobody takes it for whole.
func (e *edge) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if value == http.ErrAbortHandler { //nolint:errorlint,err113 // the sentinel of net/http, by its contract compared so
				panic(value) //nolint:forbidigo // passed on as net/http wants it
			}
			e.Log.ErrorContext(r.Context(), "panic", "kind", fmt.Sprintf("%T", value), "stack", string(debug.Stack()),
				"request_id", requestid.FromContext(r.Context()))
			if recorder.wrote {
				panic(http.ErrAbortHandler) //nolint:forbidigo // how net/http is told to cut the connection
			}
			for _, of := range []string{"Content-Length", "Content-Encoding", "Content-Disposition"} {
				w.Header().Del(of) // of the answer that was meant
			}
			e.refuseWith(w, r, http.StatusInternalServerError, fault.ErrInternal)
		}()
		next.ServeHTTP(recorder, r)
	})
}

// observed logs and measures requests by route. Paths and queries hold ids and are left out.
func (e *edge) observed(mux *http.ServeMux, next http.Handler) http.Handler {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "kabinet_http_request_duration_seconds", Help: "Time of requests until the answer ended, by route.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "status"})
	e.Metrics.MustRegister(seconds)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() //nolint:forbidigo // measures a duration; what time it is does not matter
		_, route := mux.Handler(r)
		if route == "" || !hasOneSpelling(r) {
			route = "none"
		}
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() { // an answer that was cut off by a panic counts too
			took := time.Since(began) //nolint:forbidigo // see above
			seconds.WithLabelValues(route, strconv.Itoa(recorder.status)).Observe(took.Seconds())
			e.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("method", knownMethod(r.Method)), slog.String("route", route),
				slog.Int("status", recorder.status), slog.Duration("took", took), slog.String("request_id", requestid.FromContext(r.Context())))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// knownMethod keeps what a client made up out of the log.
func knownMethod(m string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, m) {
		return m
	}
	return "other"
}

type statusRecorder struct {
	http.ResponseWriter

	status int
	wrote  bool
}

func (s *statusRecorder) WriteHeader(status int) {
	if !s.wrote {
		s.status, s.wrote = status, true
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer; the first one sends the header.
func (s *statusRecorder) Write(b []byte) (int, error) {
	s.wrote = true
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what is below: flushing, deadlines, hijacking.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

var (
	errForeign = fault.New(fault.BadInput,
		locale.Text{Ru: "Запрос пришёл с чужой страницы.", En: "The request came from a foreign page."},
		locale.Text{Ru: "Откройте кабинет и повторите действие в нём.", En: "Open the cabinet and act there."})
	errHeader = fault.New(fault.BadInput,
		locale.Text{Ru: "Нет заголовка X-CSRF: 1.", En: "The header X-CSRF: 1 is missing."},
		locale.Text{Ru: "Добавьте его ко всем запросам с cookie.", En: "Add it to every request with a cookie."})
	errTwoSessions = fault.New(fault.BadInput,
		locale.Text{Ru: "Запрос несёт и cookie, и токен.", En: "The request carries both a cookie and a token."},
		locale.Text{Ru: "Оставьте что-то одно.", En: "Leave one of them."})
)

// refuseForeign turns away requests that a browser says come from another origin: unsafe ones, and all that go to the API.
func (e *edge) refuseForeign(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		checked := r
		if r.URL.Path == "/graphql" && !isUpgrade(r) {
			// No page of a stranger has a reason to ask the API, not even what is safe elsewhere. Who may upgrade is the
			// transport's decision.
			asUnsafe := *r
			asUnsafe.Method = http.MethodPost
			checked = &asUnsafe
		}
		if protection.Check(checked) != nil {
			e.refuseWith(w, r, http.StatusForbidden, errForeign)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type openKey struct{}

// opened is the session of a request, which may be a stream that lives long.
type opened struct {
	session.Open

	actedAt atomic.Int64 // when the session was extended last, in Unix nanoseconds; 0 if not by this request
}

// openSession is the session of the request, if there is one.
func openSession(ctx context.Context) (*opened, bool) {
	o, ok := ctx.Value(openKey{}).(*opened)
	return o, ok
}

// actEvery is how often the acts on one stream extend its session.
const actEvery = 5 * time.Second

// Acted extends the session of a request in which the person does something, as far as that has not just been done.
func Acted(sessions *session.Service, c clock.Clock) func(ctx context.Context) {
	return func(ctx context.Context) {
		open, ok := openSession(ctx)
		if !ok {
			return
		}
		now, before := c.Now().UnixNano(), open.actedAt.Load()
		if time.Duration(now-before) < actEvery && now >= before || !open.actedAt.CompareAndSwap(before, now) {
			return
		}
		sessions.Touch(ctx, open.Open)
	}
}

// Ended has end called when the session of a request ends, for streams.
func Ended(sessions *session.Service) func(ctx context.Context, end func()) {
	return func(ctx context.Context, end func()) {
		if open, ok := openSession(ctx); ok {
			sessions.OnEnd(ctx, open.Open, end)
		}
	}
}

// Ending gives the end of the session of a request, for streams: see session.Service.Ending.
func Ending(sessions *session.Service) func(ctx context.Context) <-chan *session.Ending {
	return func(ctx context.Context) <-chan *session.Ending {
		open, ok := openSession(ctx)
		if !ok {
			return nil
		}
		return sessions.Ending(ctx, open.Open)
	}
}

// authenticated finds the session of a request and puts the viewer into its context. A request without one goes on as
// nobody's; one with a cookie must carry the header that a foreign page cannot make a browser send.
func (e *edge) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, refused := e.credential(r)
		if refused != nil {
			e.refuse(w, r, refused)
			return
		}
		if shown.token == "" {
			next.ServeHTTP(w, r)
			return
		}
		// A download is a link that people click, and an upgrade's Origin is checked by the transport.
		if shown.cookie && r.URL.Path == "/graphql" && !isUpgrade(r) && r.Header.Get("X-CSRF") != "1" {
			e.refuseWith(w, r, http.StatusForbidden, errHeader)
			return
		}
		act := !isStream(r)
		open, err := e.open(r.Context(), shown.token, act)
		if err != nil {
			if fault.CodeOf(err) == fault.Unauthenticated {
				next.ServeHTTP(w, r)
				return
			}
			e.refuse(w, r, err)
			return
		}
		found := &opened{Open: open}
		if act {
			found.actedAt.Store(e.Clock.Now().UnixNano())
		}
		ctx := viewer.NewContext(r.Context(), open.Viewer)
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, openKey{}, found)))
	})
}

// credential is what a request shows of a session: one thing, or nothing.
type credential struct {
	token  string
	cookie bool // it came as a cookie, which a browser sends without being asked
}

// credential finds it; a request that shows two things is refused.
func (e *edge) credential(r *http.Request) (credential, *fault.Error) {
	token, hasCookie := e.cookies.session(r)
	if scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		if hasCookie {
			return credential{}, errTwoSessions
		}
		token = strings.TrimLeft(bearer, " ")
	}
	return credential{token: token, cookie: hasCookie}, nil
}

// open finds the open session of a token as it is to be used: with the provider's tokens fresh, and as far in as its
// person has come.
func (e *edge) open(ctx context.Context, token string, act bool) (session.Open, error) {
	open, err := e.check(ctx, token, act)
	if err != nil {
		return session.Open{}, err
	}
	if err := e.Sessions.Renew(ctx, token, open); err != nil {
		return session.Open{}, err
	}
	return e.promoted(ctx, token, open)
}

func isUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// isStream tells whether the request may be one that only opens a stream, which is no action of the person. What is done
// on it is: see Acted.
func isStream(r *http.Request) bool {
	return isUpgrade(r) || strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}
