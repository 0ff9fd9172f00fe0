package web

import (
	"net/http"
	"net/url"
	"time"
)

// cookies names and sets the cookies. Over TLS they have the prefix __Host-, which browsers accept only with Secure, the
// path / and no domain, so that no neighbouring host can plant one. The demo speaks plain HTTP on the own machine, where
// the prefix cannot be used; there the names carry the port, for cookies know none, and two demos on one machine would
// otherwise sign each other's people out.
type cookies struct {
	secure      bool
	sessionName string
	loginName   string
}

func newCookies(secure bool, publicURL string) cookies {
	if secure {
		return cookies{secure: true, sessionName: "__Host-kabinet", loginName: "__Host-kabinet-login"}
	}
	suffix := ""
	if u, err := url.Parse(publicURL); err == nil && u.Port() != "" {
		suffix = "-" + u.Port()
	}
	return cookies{sessionName: "kabinet" + suffix, loginName: "kabinet-login" + suffix}
}

func (c cookies) session(r *http.Request) (token string, ok bool) { return read(r, c.sessionName) }

func (c cookies) login(r *http.Request) (value string, ok bool) { return read(r, c.loginName) }

func read(r *http.Request, name string) (string, bool) {
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return "", false
	}
	return cookie.Value, true
}

// setSession keeps the session until the browser ends; the server decides how long it really lives. Lax, because a
// person comes back from Gosuslugi, and from links in letters, by a navigation from another site.
func (c cookies) setSession(w http.ResponseWriter, token string) {
	c.set(w, c.sessionName, token, 0)
}

func (c cookies) setLogin(w http.ResponseWriter, value string, life time.Duration) {
	c.set(w, c.loginName, value, life)
}

func (c cookies) clearSession(w http.ResponseWriter) { c.set(w, c.sessionName, "", -time.Second) }

func (c cookies) clearLogin(w http.ResponseWriter) { c.set(w, c.loginName, "", -time.Second) }

func (c cookies) set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is left out only for the demo on plain HTTP
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second),
		HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode,
	})
}
