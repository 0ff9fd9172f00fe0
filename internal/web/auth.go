package web

import (
	"encoding/base64"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/requestid"
	"kabinet/internal/seal"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// loginLife is how long a person may take at Gosuslugi.
const loginLife = 15 * time.Minute

// loginPlace binds the sealed login transaction to its cookie.
const loginPlace seal.Place = "cookie.login"

// personaHeader chooses a demo person without the emulator's page, for scripts.
const personaHeader = "X-Demo-Persona"

var errNoLogin = fault.New(fault.BadInput,
	locale.Text{Ru: "Этот вход начат не в этом браузере или слишком давно.", En: "This login was not begun in this browser, or too long ago."},
	locale.Text{Ru: "Начните вход заново.", En: "Begin the login again."})

// loginState is what the browser keeps, sealed, while the person is at Gosuslugi.
type loginState struct {
	Transaction identity.Transaction `json:"transaction"`
	ReturnTo    string               `json:"returnTo,omitempty"`
	// App is there when the app has begun the login, which then ends with a code for it.
	App *appLogin `json:"app,omitempty"`
}

// login sends the browser to Gosuslugi.
func (e *edge) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if err := e.begin(w, r, loginState{ReturnTo: localPath(r.URL.Query().Get("return_to"))}); err != nil {
		e.refuse(w, r, err)
	}
}

// begin answers with the redirect to Gosuslugi; with an error nothing is answered yet.
func (e *edge) begin(w http.ResponseWriter, r *http.Request, state loginState) error {
	address, tx, err := e.Provider.Begin(r.Context(), e.address("/auth/callback"))
	if err != nil {
		return err
	}
	state.Transaction = tx
	cookie, err := e.sealLogin(state)
	if err != nil {
		return err
	}
	if persona := r.Header.Get(personaHeader); e.Demo && persona != "" {
		address = withParameters(address, url.Values{"persona": {persona}})
	}
	e.cookies.setLogin(w, cookie, loginLife)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// address is that of a path of the cabinet, as browsers see it.
func (e *edge) address(path string) string { return strings.TrimSuffix(e.PublicURL, "/") + path }

// callback takes the browser back and opens a session, the browser's own or the app's.
func (e *edge) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	cookie, ok := e.cookies.login(r)
	if !ok {
		e.refuse(w, r, errNoLogin)
		return
	}
	e.cookies.clearLogin(w) // it serves once, whatever comes of it
	state, err := e.openLogin(cookie)
	if err != nil {
		e.refuse(w, r, errNoLogin)
		return
	}
	start, err := e.complete(r, state)
	switch {
	case err != nil && state.App != nil:
		e.tellApp(w, r, *state.App, "", err)
	case err != nil:
		e.refuse(w, r, err)
	case state.App != nil:
		start.Kind = session.Mobile
		e.answerApp(w, r, *state.App, start)
	default:
		e.answerBrowser(w, r, state.ReturnTo, start)
	}
}

// complete turns a callback into what a session begins with.
func (e *edge) complete(r *http.Request, state loginState) (session.Start, error) {
	if e.Clock.Now().Sub(state.Transaction.StartedAt) > loginLife {
		return session.Start{}, errNoLogin
	}
	login, err := e.Provider.Complete(r.Context(), state.Transaction, r.URL.Query())
	if err != nil {
		return session.Start{}, err
	}
	return e.admit(r, login)
}

// answerBrowser ends a login of the browser: with a session, in the place of the one that it brought along.
func (e *edge) answerBrowser(w http.ResponseWriter, r *http.Request, returnTo string, start session.Start) {
	token, err := e.Sessions.Begin(r.Context(), start)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	e.misses.hit(token)
	e.endReplaced(r)
	e.cookies.setSession(w, token)
	http.Redirect(w, r, returnTo, http.StatusSeeOther)
}

// endReplaced ends the session that the browser brought along: nothing of before the login lives on. The login does not
// fail with it, for the browser forgets that session's token anyway.
func (e *edge) endReplaced(r *http.Request) {
	old, ok := e.cookies.session(r)
	if !ok {
		return
	}
	open, err := e.Sessions.Check(r.Context(), old, false)
	if err == nil {
		err = e.Sessions.End(r.Context(), open, session.ReasonReplaced)
	}
	if err != nil && fault.CodeOf(err) != fault.Unauthenticated {
		e.Log.WarnContext(r.Context(), "the session before a login was not ended", "error", err,
			"request_id", requestid.FromContext(r.Context()))
	}
}

// session tells whether somebody is signed in and for how long. Asking does not extend it.
func (e *edge) session(w http.ResponseWriter, r *http.Request) {
	type answer struct {
		Authenticated       bool   `json:"authenticated"`
		AccessLevel         string `json:"accessLevel,omitempty"`
		Entry               string `json:"entry,omitempty"`
		IdleSecondsLeft     int    `json:"idleSecondsLeft"`
		AbsoluteSecondsLeft int    `json:"absoluteSecondsLeft"`
	}
	shown, refused := e.credential(r)
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	open, err := e.check(r.Context(), shown.token, false)
	switch {
	case err != nil && fault.CodeOf(err) == fault.Unauthenticated:
		e.answerJSON(w, r, http.StatusOK, answer{})
		return
	case err != nil:
		e.refuse(w, r, err)
		return
	}
	level := "BASIC"
	if open.Viewer.Level >= viewer.Extended {
		level = "EXTENDED"
	}
	now := e.Clock.Now()
	e.answerJSON(w, r, http.StatusOK, answer{
		Authenticated: true, AccessLevel: level, Entry: entryName(open.Viewer.Entry),
		IdleSecondsLeft: seconds(open.IdleEndsAt.Sub(now)), AbsoluteSecondsLeft: seconds(open.AbsoluteEndsAt.Sub(now)),
	})
}

func entryName(e viewer.Entry) string {
	switch e {
	case viewer.Complete:
		return "COMPLETE"
	case viewer.Incomplete:
		return "INCOMPLETE"
	case viewer.Blocked:
		return "BLOCKED"
	}
	return "BLOCKED" // what nobody knows is the least
}

func seconds(d time.Duration) int { return max(0, int(math.Floor(d.Seconds()))) }

func (e *edge) sealLogin(s loginState) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	sealed, err := seal.SealJSON(e.Sealer, loginPlace, id, s)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(id[:], sealed...)), nil
}

func (e *edge) openLogin(cookie string) (loginState, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) <= len(uuid.UUID{}) {
		return loginState{}, errNoLogin
	}
	return seal.OpenJSON[loginState](e.Sealer, loginPlace, uuid.UUID(raw[:16]), raw[16:])
}

// localPath gives a path within the cabinet, or / for anything that a browser could take for another place.
func localPath(s string) string {
	if !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || len(s) > 1024 ||
		strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil ||
		strings.Contains(u.Path, "//") || strings.Contains(u.Path+"/", "/../") ||
		strings.ContainsFunc(u.Path, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "/"
	}
	return s
}
