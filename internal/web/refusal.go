package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/requestid"
)

// statusOf is the HTTP status of a code.
func statusOf(c fault.Code) int {
	switch c {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.AccessLevelRequired, fault.ConfirmationRequired:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.BadInput:
		return http.StatusBadRequest
	case fault.Conflict:
		return http.StatusConflict
	case fault.LimitExceeded:
		return http.StatusRequestEntityTooLarge
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.UpstreamUnavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// refusal is the body of a refusal outside GraphQL.
type refusal struct {
	Error             string     `json:"error,omitempty"` // OAuth's, where it is spoken
	Code              fault.Code `json:"code"`
	Message           string     `json:"message"`
	RequestID         string     `json:"requestId"`
	RetryAfterSeconds int        `json:"retryAfterSeconds,omitempty"`
}

// refuse answers an error: shown if it was made to be shown, logged and masked otherwise.
func (e *edge) refuse(w http.ResponseWriter, r *http.Request, err error) {
	shown := e.shown(r, err)
	e.refuseWith(w, r, statusOf(shown.Code), shown)
}

// shown gives what an error is shown as, and tells the log what is not shown.
func (e *edge) shown(r *http.Request, err error) *fault.Error {
	shown := fault.Shown(err)
	if shown.Code == fault.Internal {
		e.Log.ErrorContext(r.Context(), "request failed", "error", err, "request_id", requestid.FromContext(r.Context()))
	} else if shown.Cause != nil {
		e.Log.WarnContext(r.Context(), "request refused", "fault", shown.Code, "error", shown.Cause, "request_id", requestid.FromContext(r.Context()))
	}
	return shown
}

func (e *edge) refuseWith(w http.ResponseWriter, r *http.Request, status int, shown *fault.Error) {
	e.answerJSON(w, r, status, e.refusal(w, r, shown))
}

// refusal is the body of a refusal, and the header that goes with it.
func (e *edge) refusal(w http.ResponseWriter, r *http.Request, shown *fault.Error) refusal {
	body := refusal{
		Code: shown.Code, Message: shown.Message(locale.FromContext(r.Context())), RequestID: requestid.FromContext(r.Context()),
	}
	if shown.RetryAfter > 0 {
		body.RetryAfterSeconds = shown.RetryAfterSeconds()
		w.Header().Set("Retry-After", strconv.Itoa(body.RetryAfterSeconds))
	}
	return body
}

func (e *edge) answerJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil { // the client has gone
		e.Log.LogAttrs(r.Context(), slog.LevelDebug, "answer not written", slog.Any("error", err))
	}
}

// fallback answers what no route takes, in the shape of all refusals.
type fallback struct {
	mux  *http.ServeMux
	edge *edge
}

func (f *fallback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !hasOneSpelling(r) {
		f.edge.refuseWith(w, r, http.StatusNotFound, errNoPage)
		return
	}
	handler, pattern := f.mux.Handler(r)
	if pattern == "" {
		// The mux knows here whether the path exists with another method; its own answer is plain text.
		probe := &statusProbe{header: make(http.Header)}
		handler.ServeHTTP(probe, r)
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			f.edge.refuseWith(w, r, http.StatusMethodNotAllowed, errMethod)
			return
		}
		f.edge.refuseWith(w, r, http.StatusNotFound, errNoPage)
		return
	}
	f.mux.ServeHTTP(w, r)
}

// hasOneSpelling tells whether the path is the one spelling of an address. The mux would redirect from others, with a
// body that repeats them, and a proxy in front may have read them differently.
func hasOneSpelling(r *http.Request) bool {
	p := r.URL.EscapedPath()
	clean := path.Clean(p)
	return r.Method != http.MethodConnect && strings.HasPrefix(p, "/") && (p == clean || p == clean+"/")
}

// statusProbe keeps the status and headers of an answer and throws its body away.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }

var (
	errMethod = fault.New(fault.BadInput,
		locale.Text{Ru: "Этот адрес не принимает такой метод.", En: "This address does not take this method."},
		locale.Text{Ru: "Допустимые методы названы в заголовке Allow.", En: "The header Allow names those it takes."})
	errNoPage = fault.New(fault.NotFound,
		locale.Text{Ru: "По этому адресу ничего нет.", En: "There is nothing at this address."}, locale.Text{})
)
