package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/session"
)

// reasonProvider is the reason of a session's end that the identity provider has told.
const reasonProvider = "provider"

// maxProviderSession bounds the name of a provider's session in a request, in bytes.
const maxProviderSession = 1024

var errLogoutToken = fault.New(fault.BadInput,
	locale.Text{Ru: "Сообщение о выходе не прошло проверку.", En: "The message of a logout did not pass the check."}, locale.Text{})

// logout ends the session and says where Gosuslugi's own is ended.
func (e *edge) logout(w http.ResponseWriter, r *http.Request) {
	shown, refused := e.credential(r)
	switch {
	case refused != nil:
		e.refuse(w, r, refused)
		return
	case shown.cookie && r.Header.Get("X-CSRF") != "1":
		e.refuseWith(w, r, http.StatusForbidden, errHeader)
		return
	}
	idToken := ""
	open, err := e.check(r.Context(), shown.token, false)
	if err == nil {
		idToken = open.IDToken()
		err = e.Sessions.End(r.Context(), open, session.ReasonLogout)
	}
	if err != nil && fault.CodeOf(err) != fault.Unauthenticated {
		e.refuse(w, r, err)
		return
	}
	e.cookies.clearSession(w)
	e.answerJSON(w, r, http.StatusOK, struct {
		LogoutURL string `json:"logoutUrl"`
	}{e.Provider.Logout(e.address("/"), idToken)})
}

// backChannelLogout ends the sessions of a person who has logged out at the provider (OpenID Connect Back-Channel Logout
// 1.0). The provider hears 200, 400 when it has sent nonsense, and another error when it is worth sending again: a token
// has served only when the sessions have ended.
func (e *edge) backChannelLogout(listener identity.LogoutListener) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, refused := readParameters(w, r, false)
		if refused != nil {
			e.refuseApp(w, r, oauthInvalidRequest, refused)
			return
		}
		told, err := listener.VerifyLogoutToken(r.Context(), p["logout_token"])
		if err != nil {
			shown := e.shown(r, err)
			if shown.Code == fault.Unauthenticated {
				e.refuseApp(w, r, oauthInvalidRequest, errLogoutToken)
				return
			}
			e.refuseWith(w, r, statusOf(shown.Code), shown)
			return
		}
		err = e.endOfProvider(r.Context(), listener, told.Subject, told.ProviderSession)
		if err == nil { // what was done stands, and is remembered, even if the provider has hung up
			err = listener.LogoutDone(context.WithoutCancel(r.Context()), told)
		}
		if err != nil {
			e.refuse(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
	}
}

// endOfProvider ends the sessions that began with a session of the provider, or, without one, all of the account.
func (e *edge) endOfProvider(ctx context.Context, listener identity.LogoutListener, subject, providerSession string) error {
	person := uuid.Nil
	if subject != "" {
		var err error
		person, err = e.People.ByAccount(ctx, listener.Name(), subject)
		if err != nil && fault.CodeOf(err) == fault.NotFound {
			return nil // who has never come in has nothing to leave
		}
		if err != nil {
			return err
		}
	}
	_, err := e.Sessions.EndByProvider(ctx, person, listener.Name(), providerSession, reasonProvider)
	return err
}

// frontChannelLogout does the same when the provider lets the browser tell it, by a page within its own (OpenID Connect
// Front-Channel Logout 1.0). Only the person's browser and the provider know the name of the session.
func (e *edge) frontChannelLogout(listener identity.LogoutListener) http.HandlerFunc {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors " + originOf(listener.Issuer())
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		p, readable := once(query)
		if err != nil || !readable || p["iss"] != listener.Issuer() || p["sid"] == "" || len(p["sid"]) > maxProviderSession {
			e.refuse(w, r, errLogoutToken)
			return
		}
		if err := e.endOfProvider(r.Context(), listener, "", p["sid"]); err != nil {
			e.refuse(w, r, err)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache")
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusOK)
	}
}

// originOf is the origin of an address, as a policy names it; nobody's when there is none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "'none'"
	}
	return u.Scheme + "://" + u.Host
}
