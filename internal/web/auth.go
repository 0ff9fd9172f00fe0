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
	ReturnTo    string               `json:"returnTo"`
}

// login sends the browser to Gosuslugi.
func (e *edge) login(w http.ResponseWriter, r *http.Request) {
	address, tx, err := e.Provider.Begin(r.Context(), strings.TrimSuffix(e.PublicURL, "/")+"/auth/callback")
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	cookie, err := e.sealLogin(loginState{Transaction: tx, ReturnTo: localPath(r.URL.Query().Get("return_to"))})
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	if persona := r.Header.Get(personaHeader); e.Demo && persona != "" {
		address += "&persona=" + url.QueryEscape(persona)
	}
	e.cookies.setLogin(w, cookie, loginLife)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// callback takes the browser back and opens a session.
func (e *edge) callback(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	cookie, ok := e.cookies.login(r)
	if !ok {
		e.refuse(w, r, errNoLogin)
		return
	}
	e.cookies.clearLogin(w) // it serves once, whatever comes of it
	state, err := e.openLogin(cookie)
	if err != nil || e.Clock.Now().Sub(state.Transaction.StartedAt) > loginLife {
		e.refuse(w, r, errNoLogin)
		return
	}
	login, err := e.Provider.Complete(r.Context(), state.Transaction, r.URL.Query())
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	token, err := e.admit(r, login)
	if err != nil {
		e.refuse(w, r, err)
		return
	}
	e.endReplaced(r)
	e.cookies.setSession(w, token)
	http.Redirect(w, r, state.ReturnTo, http.StatusSeeOther)
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

func (e *edge) admit(r *http.Request, login identity.Login) (token string, err error) {
	person, err := e.People.Admit(r.Context(), login)
	if err != nil {
		return "", err
	}
	level := viewer.Basic
	if login.Trusted {
		level = viewer.Extended
	}
	return e.Sessions.Begin(r.Context(), session.Start{
		Person: person, Level: level, Kind: session.Browser, Device: r.UserAgent(),
		Tokens: session.Tokens{
			Access: login.Tokens.Access, Refresh: login.Tokens.Refresh, ID: login.Tokens.ID, ExpiresAt: login.Tokens.ExpiresAt,
		},
	})
}

// logout ends the session and says where Gosuslugi's own is ended.
func (e *edge) logout(w http.ResponseWriter, r *http.Request) {
	token, ok := e.cookies.session(r)
	if ok && r.Header.Get("X-CSRF") != "1" {
		e.refuseWith(w, r, http.StatusForbidden, errHeader)
		return
	}
	if ok {
		open, err := e.Sessions.Check(r.Context(), token, false)
		if err == nil {
			err = e.Sessions.End(r.Context(), open, session.ReasonLogout)
		}
		if err != nil && fault.CodeOf(err) != fault.Unauthenticated {
			e.refuse(w, r, err)
			return
		}
	}
	e.cookies.clearSession(w)
	e.answerJSON(w, r, http.StatusOK, struct {
		LogoutURL string `json:"logoutUrl"`
	}{e.Provider.Logout(strings.TrimSuffix(e.PublicURL, "/") + "/")})
}

// session tells whether somebody is signed in and for how long. Asking does not extend it.
func (e *edge) session(w http.ResponseWriter, r *http.Request) {
	type answer struct {
		Authenticated       bool   `json:"authenticated"`
		AccessLevel         string `json:"accessLevel,omitempty"`
		IdleSecondsLeft     int    `json:"idleSecondsLeft"`
		AbsoluteSecondsLeft int    `json:"absoluteSecondsLeft"`
	}
	token, ok := e.cookies.session(r)
	if !ok {
		e.answerJSON(w, r, http.StatusOK, answer{})
		return
	}
	open, err := e.Sessions.Check(r.Context(), token, false)
	switch {
	case fault.CodeOf(err) == fault.Unauthenticated && err != nil:
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
		Authenticated: true, AccessLevel: level,
		IdleSecondsLeft: seconds(open.IdleEndsAt.Sub(now)), AbsoluteSecondsLeft: seconds(open.AbsoluteEndsAt.Sub(now)),
	})
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
