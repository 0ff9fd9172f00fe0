package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/session"
)

// maxAppState bounds what an app gives a login to bring back, in bytes.
const maxAppState = 512

// The errors of OAuth 2.0 that the endpoints for the app answer (RFC 6749, 4.1.2.1 and 5.2).
const (
	oauthInvalidRequest      = "invalid_request"
	oauthInvalidGrant        = "invalid_grant"
	oauthUnsupportedGrant    = "unsupported_grant_type"
	oauthUnsupportedResponse = "unsupported_response_type"
	oauthDenied              = "access_denied"
	oauthUnavailable         = "temporarily_unavailable"
	oauthServerError         = "server_error"
)

var (
	errAppRedirect = fault.New(fault.BadInput,
		locale.Text{Ru: "Адрес возврата не принадлежит приложению кабинета.", En: "The address to return to is not one of the cabinet's app."},
		locale.Text{Ru: "Обновите приложение и начните вход заново.", En: "Update the app and begin the login again."})
	errAppRequest = fault.New(fault.BadInput,
		locale.Text{Ru: "Приложение начало вход с неверными параметрами.", En: "The app has begun the login with wrong parameters."},
		locale.Text{Ru: "Обновите приложение и начните вход заново.", En: "Update the app and begin the login again."})
	errGrantType = fault.New(fault.BadInput,
		locale.Text{Ru: "Токены выдаются по коду входа или по токену обновления.", En: "Tokens are given for the code of a login or for a refresh token."},
		locale.Text{})
)

// loopbackRedirect is an address at which an app on the same machine listens, on a port that it was given.
var loopbackRedirect = regexp.MustCompile(`^(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?$`)

// isAppRedirect tells whether the app may be answered at an address: exactly one of those registered, but for the port
// on the loopback interface (RFC 8252, 7.3; RFC 9700, 2.1).
func (e *edge) isAppRedirect(address string) bool {
	if address == "" {
		return false
	}
	if slices.Contains(e.MobileRedirects, address) {
		return true
	}
	asked := loopbackRedirect.FindStringSubmatch(address)
	return asked != nil && slices.ContainsFunc(e.MobileRedirects, func(registered string) bool {
		known := loopbackRedirect.FindStringSubmatch(registered)
		return known != nil && known[1] == asked[1] && known[2] == asked[2]
	})
}

// appLogin is what a login keeps that the app has begun.
type appLogin struct {
	RedirectURI string `json:"redirectUri"`
	Challenge   string `json:"challenge"`
	State       string `json:"state"`
}

// isChallenge tells whether a text is a PKCE challenge by S256: a hash in base64url, of one spelling.
func isChallenge(s string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(sum) == sha256.Size && len(s) == base64.RawURLEncoding.EncodedLen(sha256.Size)
}

// appState is printable text (RFC 6749, appendix A.5).
var appState = regexp.MustCompile(`^[ -~]+$`)

// readAppLogin reads what the app begins a login with. The error is one of OAuth's when it may be told to the app; of what
// is wrong with the address to return to, the app is told nothing.
func (e *edge) readAppLogin(query url.Values) (app appLogin, oauthError string, err error) {
	app.RedirectURI = query.Get("redirect_uri")
	if len(query["redirect_uri"]) != 1 || !e.isAppRedirect(app.RedirectURI) {
		return appLogin{}, "", errAppRedirect
	}
	if state := query.Get("state"); len(query["state"]) == 1 && len(state) <= maxAppState && appState.MatchString(state) {
		app.State = state
	}
	app.Challenge = query.Get("code_challenge")
	_, readable := once(query)
	switch {
	case !readable || app.State == "" || !isChallenge(app.Challenge),
		cmp.Or(query.Get("code_challenge_method"), "S256") != "S256":
		return app, oauthInvalidRequest, errAppRequest
	case cmp.Or(query.Get("response_type"), "code") != "code":
		return app, oauthUnsupportedResponse, errAppRequest
	}
	return app, "", nil
}

// mobileLogin sends the browser that the app has opened to Gosuslugi.
func (e *edge) mobileLogin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		e.refuse(w, r, errAppRedirect)
		return
	}
	app, oauthError, err := e.readAppLogin(query)
	switch {
	case oauthError != "":
		e.tellApp(w, r, app, oauthError, err)
		return
	case err != nil:
		e.refuse(w, r, err)
		return
	}
	if err := e.begin(w, r, loginState{App: &app}); err != nil {
		e.tellApp(w, r, app, "", err)
	}
}

// answerApp ends a login of the app: with a code, which the app exchanges for tokens. The browser gets no session, and
// keeps the one that it may have.
func (e *edge) answerApp(w http.ResponseWriter, r *http.Request, app appLogin, start session.Start) {
	code, err := e.Sessions.BeginMobile(r.Context(), start, session.Grant{Challenge: app.Challenge, RedirectURI: app.RedirectURI})
	if err != nil {
		e.tellApp(w, r, app, "", err)
		return
	}
	http.Redirect(w, r, withParameters(app.RedirectURI, url.Values{"code": {code}, "state": {app.State}}), http.StatusSeeOther)
}

// tellApp ends a login of the app with an error: the one of OAuth, or the one that suits the refusal.
func (e *edge) tellApp(w http.ResponseWriter, r *http.Request, app appLogin, oauthError string, err error) {
	shown := e.shown(r, err)
	answer := url.Values{"error": {cmp.Or(oauthError, loginError(shown.Code))}, "error_code": {string(shown.Code)}}
	if app.State != "" {
		answer.Set("state", app.State)
	}
	http.Redirect(w, r, withParameters(app.RedirectURI, answer), http.StatusSeeOther)
}

// loginError is OAuth's error of a login that was refused.
func loginError(c fault.Code) string {
	switch c { //nolint:exhaustive // OAuth knows three
	case fault.UpstreamUnavailable, fault.RateLimited:
		return oauthUnavailable
	case fault.Internal:
		return oauthServerError
	default:
		return oauthDenied
	}
}

func withParameters(address string, add url.Values) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + add.Encode()
}

// mobileToken gives the app tokens for the code of a login. Clients that know one endpoint for tokens renew them here too.
func (e *edge) mobileToken(w http.ResponseWriter, r *http.Request) {
	e.grant(w, r, "authorization_code", "refresh_token")
}

// mobileRefresh gives the app new tokens for a refresh token.
func (e *edge) mobileRefresh(w http.ResponseWriter, r *http.Request) { e.grant(w, r, "refresh_token") }

// grant gives tokens by one of the ways; the first is meant when the app names none.
func (e *edge) grant(w http.ResponseWriter, r *http.Request, ways ...string) {
	p, refused := readParameters(w, r, true)
	if refused != nil {
		e.refuseApp(w, r, oauthInvalidRequest, refused)
		return
	}
	way := cmp.Or(p["grant_type"], ways[0])
	if !slices.Contains(ways, way) {
		e.refuseApp(w, r, oauthUnsupportedGrant, errGrantType)
		return
	}
	var pair session.Pair
	var err error
	if way == "refresh_token" {
		if p["refresh_token"] == "" {
			e.refuseApp(w, r, oauthInvalidRequest, errParameters)
			return
		}
		pair, err = e.Sessions.Refresh(r.Context(), p["refresh_token"])
	} else {
		if p["code"] == "" || p["code_verifier"] == "" || p["redirect_uri"] == "" {
			e.refuseApp(w, r, oauthInvalidRequest, errParameters)
			return
		}
		pair, err = e.Sessions.Exchange(r.Context(), p["code"], p["code_verifier"], p["redirect_uri"])
	}
	if err != nil {
		e.refuseGrant(w, r, err)
		return
	}
	e.misses.hit(pair.Access)
	e.answerPair(w, r, pair)
}

// refuseGrant says no to a code or a token.
func (e *edge) refuseGrant(w http.ResponseWriter, r *http.Request, err error) {
	shown := e.shown(r, err)
	switch shown.Code { //nolint:exhaustive // the others are no faults of the app's
	case fault.Unauthenticated:
		e.refuseApp(w, r, oauthInvalidGrant, shown)
	case fault.BadInput:
		e.refuseApp(w, r, oauthInvalidRequest, shown)
	default:
		e.refuseWith(w, r, statusOf(shown.Code), shown)
	}
}

// refuseApp is a refusal in the words of OAuth besides; what is wrong with a request has the status 400 there.
func (e *edge) refuseApp(w http.ResponseWriter, r *http.Request, oauthError string, shown *fault.Error) {
	status := http.StatusBadRequest
	switch {
	case errors.Is(shown, errParametersType):
		status = http.StatusUnsupportedMediaType
	case shown.Code == fault.LimitExceeded:
		status = statusOf(shown.Code)
	}
	body := e.refusal(w, r, shown)
	body.Error = oauthError
	e.answerJSON(w, r, status, body)
}

// answerPair gives tokens as OAuth does (RFC 6749, 5.1).
func (e *edge) answerPair(w http.ResponseWriter, r *http.Request, pair session.Pair) {
	now := e.Clock.Now()
	left := func(s float64) int { return max(0, int(math.Floor(s))) }
	w.Header().Set("Pragma", "no-cache")
	e.answerJSON(w, r, http.StatusOK, struct {
		AccessToken      string `json:"access_token"`
		TokenType        string `json:"token_type"`
		ExpiresIn        int    `json:"expires_in"` // seconds
		RefreshToken     string `json:"refresh_token"`
		RefreshExpiresIn int    `json:"refresh_expires_in"` // seconds
	}{
		pair.Access, "Bearer", left(pair.AccessEndsAt.Sub(now).Seconds()), pair.Refresh, left(pair.RefreshEndsAt.Sub(now).Seconds()),
	})
}
