package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"kabinet/internal/fault"
	"kabinet/internal/identity/esia"
	"kabinet/internal/person/persontest"
	"kabinet/internal/web"
)

const (
	appScheme   = "ru.sfr.kabinet:/callback"
	appLink     = "https://app.example.ru/callback?from=kabinet"
	appLoopback = "http://127.0.0.1/callback"
)

// withApp registers the app.
func withApp(o *web.Options) {
	o.MobileRedirects = []string{appScheme, appLink, appLoopback, "http://[::1]:8000/callback"}
}

// app is what the app remembers of a login.
type app struct{ redirect, verifier, state string }

func newApp() app {
	return app{redirect: appScheme, verifier: oauth2.GenerateVerifier(), state: "s/+ &=?1"}
}

func (a app) query() url.Values {
	return url.Values{
		"redirect_uri": {a.redirect}, "code_challenge": {oauth2.S256ChallengeFromVerifier(a.verifier)}, "state": {a.state},
	}
}

// beginApp begins a login of the app in a browser and gives the address at ESIA.
func (b *browser) beginApp(t *testing.T, a app) string {
	t.Helper()
	answer := b.get(t, "/auth/mobile/login?"+a.query().Encode())
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.NotEmpty(t, b.cookies[b.loginName])
	return answer.Header.Get("Location")
}

// told is what an answer tells the app: the parameters that it added to the address.
func told(t *testing.T, answer *http.Response, redirect string) url.Values {
	t.Helper()
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	separator := "?"
	if strings.Contains(redirect, "?") {
		separator = "&"
	}
	query, found := strings.CutPrefix(answer.Header.Get("Location"), redirect+separator)
	require.True(t, found, "%s begins %s", redirect, answer.Header.Get("Location"))
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	return values
}

// appCode logs a demo person in for the app and gives the code.
func (c *cabinet) appCode(t *testing.T, a app, persona string) string {
	t.Helper()
	b := c.browser()
	answer := b.get(t, b.visit(t, b.beginApp(t, a), "persona="+persona))
	values := told(t, answer, a.redirect)
	require.Equal(t, url.Values{"code": {values.Get("code")}, "state": {a.state}}, values)
	require.NotEmpty(t, values.Get("code"))
	require.Empty(t, b.cookies, "the browser that the app had opened keeps nothing")
	return values.Get("code")
}

// pair is what the app gets.
type pair struct {
	AccessToken      string `json:"access_token"`
	TokenType        string `json:"token_type"`
	ExpiresIn        int    `json:"expires_in"`
	RefreshToken     string `json:"refresh_token"`
	RefreshExpiresIn int    `json:"refresh_expires_in"`
}

const form = "application/x-www-form-urlencoded"

func (c *cabinet) postForm(t *testing.T, target string, values url.Values) *http.Response {
	t.Helper()
	return c.browser().do(t, http.MethodPost, target, values.Encode(), "Content-Type", form)
}

func (c *cabinet) exchange(t *testing.T, a app, code string) *http.Response {
	t.Helper()
	return c.postForm(t, "/auth/mobile/token", url.Values{"code": {code}, "code_verifier": {a.verifier}, "redirect_uri": {a.redirect}})
}

func (c *cabinet) refresh(t *testing.T, token string) *http.Response {
	t.Helper()
	return c.postForm(t, "/auth/mobile/refresh", url.Values{"refresh_token": {token}})
}

func requirePair(t *testing.T, answer *http.Response) pair {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Equal(t, "no-cache", answer.Header.Get("Pragma"))
	require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Empty(t, answer.Cookies())
	p := decode[pair](t, answer)
	require.Equal(t, "Bearer", p.TokenType)
	require.NotEqual(t, p.AccessToken, p.RefreshToken)
	return p
}

// requireGrantRefused checks a refusal in the words of both.
func requireGrantRefused(t *testing.T, answer *http.Response, status int, code fault.Code, oauthError string) {
	t.Helper()
	require.Equal(t, oauthError, requireRefused(t, answer, status, code).Error)
}

// asBearer asks the API who is asking with a token.
func (c *cabinet) asBearer(t *testing.T, token string) seen {
	t.Helper()
	return decode[seen](t, c.browser().do(t, http.MethodPost, "/graphql", "{}", "Authorization", "Bearer "+token))
}

func (c *cabinet) bearerState(t *testing.T, token string) state {
	t.Helper()
	return decode[state](t, c.browser().get(t, "/auth/session", "Authorization", "Bearer "+token))
}

func TestTheAppsSession(t *testing.T) {
	for _, redirect := range []string{appScheme, appLink, "http://127.0.0.1:53999/callback", "http://[::1]/callback"} {
		t.Run(redirect, func(t *testing.T) {
			c := newCabinet(t, withApp)
			a := newApp()
			a.redirect = redirect
			p := requirePair(t, c.exchange(t, a, c.appCode(t, a, "ivanova")))
			require.Equal(t, 15*60, p.ExpiresIn)
			require.Equal(t, 12*3600, p.RefreshExpiresIn)
			who := c.asBearer(t, p.AccessToken)
			require.NotZero(t, who.Person)
			require.Equal(t, state{true, "EXTENDED", 15 * 60, 12 * 3600}, c.bearerState(t, p.AccessToken))

			c.pass(10 * time.Minute)
			require.Equal(t, state{true, "EXTENDED", 5 * 60, 12*3600 - 600}, c.bearerState(t, p.AccessToken), "asking extends nothing")
			require.Equal(t, who, c.asBearer(t, p.AccessToken), "asking for something does")
			c.pass(14 * time.Minute)
			require.Equal(t, who, c.asBearer(t, p.AccessToken))
			c.pass(15 * time.Minute)
			require.Zero(t, c.asBearer(t, p.AccessToken), "idle for too long")
			require.Equal(t, state{}, c.bearerState(t, p.AccessToken))

			next := requirePair(t, c.refresh(t, p.RefreshToken))
			require.NotEqual(t, p.AccessToken, next.AccessToken)
			require.NotEqual(t, p.RefreshToken, next.RefreshToken)
			require.Equal(t, who, c.asBearer(t, next.AccessToken), "it is the same session")
			require.Zero(t, c.asBearer(t, p.AccessToken))
			require.Zero(t, c.asBearer(t, next.RefreshToken), "a refresh token opens nothing")

			answer := c.browser().do(t, http.MethodPost, "/auth/logout", "", "Authorization", "Bearer "+next.AccessToken)
			require.Equal(t, http.StatusOK, answer.StatusCode, "a bearer needs no other header")
			require.NotEmpty(t, decode[struct{ LogoutURL string }](t, answer).LogoutURL)
			require.Zero(t, c.asBearer(t, next.AccessToken))
			requireGrantRefused(t, c.refresh(t, next.RefreshToken), 400, fault.Unauthenticated, "invalid_grant")
		})
	}
}

func TestTheAppsLoginLeavesTheBrowsersSessionAlone(t *testing.T) {
	c := newCabinet(t, withApp)
	b := c.browser()
	b.login(t, "petrov")
	before, own := b.query(t), b.cookies[c.cookie]
	a := newApp()
	answer := b.get(t, b.visit(t, b.beginApp(t, a), "persona=ivanova"))
	code := told(t, answer, a.redirect).Get("code")
	for _, cookie := range answer.Cookies() {
		require.NotEqual(t, c.cookie, cookie.Name)
	}
	require.Equal(t, own, b.cookies[c.cookie])
	require.Equal(t, before, b.query(t))
	require.NotEqual(t, before.Person, c.asBearer(t, requirePair(t, c.exchange(t, a, code)).AccessToken).Person)
}

func TestALoginOfTheAppThatMayNotBegin(t *testing.T) {
	c := newCabinet(t, withApp)
	set := func(name string, values ...string) func(url.Values) { return func(q url.Values) { q[name] = values } }
	for name, test := range map[string]struct {
		change func(url.Values)
		error  string // OAuth's; empty: the app is not told
	}{
		"no redirect":              {func(q url.Values) { q.Del("redirect_uri") }, ""},
		"an empty redirect":        {set("redirect_uri", ""), ""},
		"somebody else's redirect": {set("redirect_uri", "https://evil.example/callback"), ""},
		"two redirects":            {set("redirect_uri", appScheme, appScheme), ""},
		"two redirects, one wrong": {set("redirect_uri", appScheme, "https://evil.example/"), ""},
		"no state":                 {func(q url.Values) { q.Del("state") }, "invalid_request"},
		"an empty state":           {set("state", ""), "invalid_request"},
		"two states":               {set("state", "a", "b"), "invalid_request"},
		"a long state":             {set("state", strings.Repeat("a", 513)), "invalid_request"},
		"a state with line ends":   {set("state", "a\r\nSet-Cookie: b=c"), "invalid_request"},
		"a state beyond ASCII":     {set("state", "я"), "invalid_request"},
		"no challenge":             {func(q url.Values) { q.Del("code_challenge") }, "invalid_request"},
		"a short challenge":        {set("code_challenge", strings.Repeat("A", 42)), "invalid_request"},
		"a long challenge":         {set("code_challenge", strings.Repeat("A", 44)), "invalid_request"},
		"another alphabet":         {set("code_challenge", strings.Repeat("+", 43)), "invalid_request"},
		"bits that nothing means":  {set("code_challenge", strings.Repeat("A", 42)+"B"), "invalid_request"},
		"line ends in it":          {set("code_challenge", strings.Repeat("A", 42)+"\n"), "invalid_request"},
		"two challenges":           {set("code_challenge", strings.Repeat("A", 43), strings.Repeat("A", 43)), "invalid_request"},
		"the method plain":         {set("code_challenge_method", "plain"), "invalid_request"},
		"the method s256":          {set("code_challenge_method", "s256"), "invalid_request"},
		"an implicit grant":        {set("response_type", "token"), "unsupported_response_type"},
		"a hybrid one":             {set("response_type", "code id_token"), "unsupported_response_type"},
		"something twice":          {set("scope", "a", "b"), "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			b, a := c.browser(), newApp()
			query := a.query()
			test.change(query)
			answer := b.get(t, "/auth/mobile/login?"+query.Encode())
			require.Empty(t, answer.Cookies())
			if test.error == "" {
				requireRefused(t, answer, http.StatusBadRequest, fault.BadInput)
				require.Empty(t, answer.Header.Get("Location"))
				return
			}
			values := told(t, answer, appScheme)
			require.Equal(t, test.error, values.Get("error"))
			require.Equal(t, string(fault.BadInput), values.Get("error_code"))
			if values.Has("state") {
				require.Equal(t, a.state, values.Get("state"))
			}
		})
	}
	for _, raw := range []string{"%zz", "a;b", "redirect_uri=" + appScheme + "&%zz", "redirect_uri=" + appScheme + ";"} {
		answer := c.browser().get(t, "/auth/mobile/login?"+raw)
		require.GreaterOrEqual(t, answer.StatusCode, 300, raw)
		require.Empty(t, answer.Cookies(), raw)
	}
	requireRefused(t, newCabinet(t).browser().get(t, "/auth/mobile/login?"+newApp().query().Encode()), 400, fault.BadInput)
}

func TestWhatAnAppOfOAuthSendsBesides(t *testing.T) {
	c := newCabinet(t, withApp)
	query := newApp().query()
	for name, value := range map[string]string{"response_type": "code", "code_challenge_method": "S256", "client_id": "app", "scope": "openid", "prompt": "x"} {
		query.Set(name, value)
	}
	require.Equal(t, http.StatusSeeOther, c.browser().get(t, "/auth/mobile/login?"+query.Encode()).StatusCode)
}

func TestAddressesAtWhichTheAppIsAnswered(t *testing.T) {
	registered := []string{appScheme, appLink, appLoopback, "http://[::1]:8000/callback"}
	for _, address := range []string{
		appScheme, appLink, appLoopback, "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback",
		"http://[::1]/callback", "http://[::1]:9000/callback",
	} {
		require.True(t, web.IsAppRedirect(registered, address), address)
		require.False(t, web.IsAppRedirect(nil, address), address)
	}
	for _, address := range strangersRedirects() {
		require.False(t, web.IsAppRedirect(registered, address), address)
	}
}

// strangersRedirects are addresses that somebody could take for the app's.
func strangersRedirects() []string {
	return []string{
		"", "/", "//", "ru.sfr.kabinet:", "ru.sfr.kabinet:/", "ru.sfr.kabinet:/callback/", "ru.sfr.kabinet:/callback?x", "ru.sfr.kabinet:/callback#x",
		"ru.sfr.kabinet://callback", "ru.sfr.kabinet:///callback", "RU.SFR.KABINET:/callback", "ru.sfr.kabinet:/Callback", "ru.sfr.kabinet:/callback ",
		" ru.sfr.kabinet:/callback", "ru.sfr.kabinet:/callback\n", "ru.sfr.kabinet:/callback\x00", "ru.sfr.kabinet2:/callback", "xru.sfr.kabinet:/callback",
		"https://app.example.ru/callback", "https://app.example.ru/callback?from=kabinet&x", "https://app.example.ru:8443/callback?from=kabinet",
		"http://app.example.ru/callback?from=kabinet", "https://evil@app.example.ru/callback?from=kabinet", "https://app.example.ru.evil/callback?from=kabinet",
		"https://127.0.0.1/callback", "http://127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1:80", "http://127.0.0.1:/callback", "http://127.0.0.1:123456/callback",
		"http://127.0.0.1:80@evil.example/callback", "http://127.0.0.1@evil.example/callback", "http://127.0.0.1.evil.example/callback", "http://127.0.0.1:80/callback/",
		"http://127.0.0.1:80/callback?x", "http://127.0.0.1:80/callback#x", "http://127.0.0.1:80//callback", "http://127.0.0.1:80/../callback", "http://127.0.0.1:80\\@evil/callback",
		"http://127.0.0.2/callback", "http://127.1/callback", "http://localhost/callback", "http://[::2]/callback", "http://::1/callback", "http://[::ffff:127.0.0.1]/callback",
		"http://evil.example/http://127.0.0.1/callback", "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1:80/callback\r\nX: y",
	}
}

// FuzzAppRedirect: whoever is answered, it is the app: what stands before the query is what was registered, but for a port.
func FuzzAppRedirect(f *testing.F) {
	registered := []string{appScheme, appLink, appLoopback, "http://[::1]:8000/callback"}
	for _, address := range append(strangersRedirects(), registered...) {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !web.IsAppRedirect(registered, address) {
			return
		}
		u, err := url.Parse(address)
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.Empty(t, u.Fragment)
		switch u.Scheme {
		case "http":
			require.Contains(t, []string{"127.0.0.1", "::1"}, u.Hostname())
			require.Equal(t, "/callback", u.RequestURI())
		default:
			require.Contains(t, registered, address)
		}
	})
}

func TestALoginOfTheAppThatFails(t *testing.T) {
	for name, test := range map[string]struct {
		attempt func(t *testing.T, b *browser, a app) string
		error   string
		code    fault.Code
	}{
		"the person refused": {func(t *testing.T, b *browser, a app) string {
			return b.visit(t, b.beginApp(t, a), "fail="+string(esia.CodeRefused))
		}, "access_denied", fault.Unauthenticated},
		"ESIA is overloaded": {func(t *testing.T, b *browser, a app) string {
			return b.visit(t, b.beginApp(t, a), "fail="+string(esia.CodeOverload))
		}, "temporarily_unavailable", fault.UpstreamUnavailable},
		"after fifteen minutes": {func(t *testing.T, b *browser, a app) string {
			back := b.visit(t, b.beginApp(t, a), "persona=ivanova")
			b.pass(15*time.Minute + time.Second)
			return back
		}, "access_denied", fault.BadInput},
		"a wrong state": {func(t *testing.T, b *browser, a app) string {
			return strings.Replace(b.visit(t, b.beginApp(t, a), "persona=ivanova"), "state=", "state=0", 1)
		}, "access_denied", fault.BadInput},
		"somebody else's code": {func(t *testing.T, b *browser, a app) string {
			other := b.browser()
			foreign, err := url.Parse(b.visit(t, other.begin(t, "/"), "persona=petrov"))
			require.NoError(t, err)
			own, err := url.Parse(b.beginApp(t, a))
			require.NoError(t, err)
			return "/auth/callback?" + url.Values{"code": {foreign.Query().Get("code")}, "state": {own.Query().Get("state")}}.Encode()
		}, "access_denied", fault.Unauthenticated},
		"the database is gone": {func(t *testing.T, b *browser, a app) string {
			back := b.visit(t, b.beginApp(t, a), "persona=ivanova")
			require.NoError(t, b.store.Close())
			return back
		}, "server_error", fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			b, a := newCabinet(t, withApp).browser(), newApp()
			answer := b.get(t, test.attempt(t, b, a))
			require.Equal(t, url.Values{"error": {test.error}, "error_code": {string(test.code)}, "state": {a.state}}, told(t, answer, a.redirect))
			require.Len(t, answer.Cookies(), 1, "the login serves once, whatever comes of it")
			require.Empty(t, b.cookies)
		})
	}
}

func TestACodeOfTheApp(t *testing.T) {
	for name, test := range map[string]struct {
		change func(c *cabinet, a *app, code *string)
		error  string
	}{
		"another's verifier":   {func(_ *cabinet, a *app, _ *string) { a.verifier = oauth2.GenerateVerifier() }, "invalid_grant"},
		"a short verifier":     {func(_ *cabinet, a *app, _ *string) { a.verifier = "x" }, "invalid_grant"},
		"no verifier":          {func(_ *cabinet, a *app, _ *string) { a.verifier = "" }, "invalid_request"},
		"the challenge itself": {func(_ *cabinet, a *app, _ *string) { a.verifier = oauth2.S256ChallengeFromVerifier(a.verifier) }, "invalid_grant"},
		"another redirect":     {func(_ *cabinet, a *app, _ *string) { a.redirect = appLink }, "invalid_grant"},
		"no redirect":          {func(_ *cabinet, a *app, _ *string) { a.redirect = "" }, "invalid_request"},
		"a guessed code":       {func(_ *cabinet, _ *app, code *string) { *code = strings.Repeat("A", len(*code)) }, "invalid_grant"},
		"no code":              {func(_ *cabinet, _ *app, code *string) { *code = "" }, "invalid_request"},
		"nonsense":             {func(_ *cabinet, _ *app, code *string) { *code = "\x00' OR 1=1" }, "invalid_grant"},
		"too late":             {func(c *cabinet, _ *app, _ *string) { c.pass(time.Minute) }, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			c, a := newCabinet(t, withApp), newApp()
			code := c.appCode(t, a, "ivanova")
			test.change(c, &a, &code)
			want := fault.Unauthenticated
			if test.error == "invalid_request" {
				want = fault.BadInput
			}
			requireGrantRefused(t, c.exchange(t, a, code), http.StatusBadRequest, want, test.error)
		})
	}

	t.Run("sent again", func(t *testing.T) {
		c, a := newCabinet(t, withApp), newApp()
		code := c.appCode(t, a, "ivanova")
		p := requirePair(t, c.exchange(t, a, code))
		requireGrantRefused(t, c.exchange(t, a, code), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
		require.Zero(t, c.asBearer(t, p.AccessToken), "somebody else has it: nobody has the session any more")
		requireGrantRefused(t, c.refresh(t, p.RefreshToken), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
	})
	t.Run("in the place of others", func(t *testing.T) {
		c, a := newCabinet(t, withApp), newApp()
		code := c.appCode(t, a, "ivanova")
		require.Zero(t, c.asBearer(t, code))
		requireGrantRefused(t, c.refresh(t, code), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
		p := requirePair(t, c.exchange(t, a, code))
		requireGrantRefused(t, c.exchange(t, a, p.RefreshToken), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
		requireGrantRefused(t, c.refresh(t, p.AccessToken), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
		b := c.browser()
		for _, token := range []string{p.RefreshToken, code} {
			b.cookies[c.cookie] = token
			require.Zero(t, b.query(t))
		}
	})
}

func TestARefreshTokenThatIsSentAgain(t *testing.T) {
	c, a := newCabinet(t, withApp), newApp()
	first := requirePair(t, c.exchange(t, a, c.appCode(t, a, "ivanova")))
	requirePair(t, c.refresh(t, first.RefreshToken)) // the answer is lost
	c.pass(20 * time.Second)
	second := requirePair(t, c.refresh(t, first.RefreshToken))
	require.NotZero(t, c.asBearer(t, second.AccessToken))
	c.pass(31 * time.Second)
	requireGrantRefused(t, c.refresh(t, first.RefreshToken), http.StatusBadRequest, fault.Unauthenticated, "invalid_grant")
	require.Zero(t, c.asBearer(t, second.AccessToken), "somebody else has it")
}

// TestHowTheAppMayNotSendWhatItHas: what could be read in two ways, or kept by somebody in between, is refused.
func TestHowTheAppMayNotSendWhatItHas(t *testing.T) {
	const secret = "marker"
	long := `{"refresh_token":"` + strings.Repeat("a", 8<<10) + `"}`
	for name, test := range map[string]struct {
		target, body string
		fields       header
		status       int
	}{
		"in the address":         {"?refresh_token=" + secret, "", header{"Content-Type", form}, 400},
		"beside the address":     {"?x", "refresh_token=" + secret, header{"Content-Type", form}, 400},
		"without a type":         {"", "refresh_token=" + secret, nil, 415},
		"as text":                {"", "refresh_token=" + secret, header{"Content-Type", "text/plain"}, 415},
		"as a multipart form":    {"", "refresh_token=" + secret, header{"Content-Type", "multipart/form-data; boundary=x"}, 415},
		"in another charset":     {"", "refresh_token=" + secret, header{"Content-Type", form + "; charset=utf-7"}, 415},
		"of two types":           {"", "refresh_token=" + secret, header{"Content-Type", form, "Content-Type", "application/json"}, 415},
		"compressed":             {"", "refresh_token=" + secret, header{"Content-Type", form, "Content-Encoding", "gzip"}, 415},
		"nothing":                {"", "", header{"Content-Type", form}, 400},
		"empty":                  {"", "refresh_token=", header{"Content-Type", form}, 400},
		"twice":                  {"", "refresh_token=a&refresh_token=a", header{"Content-Type", form}, 400},
		"something else twice":   {"", "refresh_token=a&x=1&x=2", header{"Content-Type", form}, 400},
		"not decodable":          {"", "refresh_token=%zz", header{"Content-Type", form}, 400},
		"with semicolons":        {"", "refresh_token=a;x=b", header{"Content-Type", form}, 400},
		"invalid UTF-8":          {"", "refresh_token=%ff", header{"Content-Type", form}, 400},
		"JSON as a form":         {"", `{"refresh_token":"a"}`, header{"Content-Type", form}, 400},
		"a form as JSON":         {"", "refresh_token=a", header{"Content-Type", "application/json"}, 400},
		"JSON, twice":            {"", `{"refresh_token":"a","refresh_token":"b"}`, header{"Content-Type", "application/json"}, 400},
		"JSON, another spelling": {"", `{"refresh_token":"a","refresh_\u0074oken":"b"}`, header{"Content-Type", "application/json"}, 400},
		"JSON, a number":         {"", `{"refresh_token":1}`, header{"Content-Type", "application/json"}, 400},
		"JSON, null":             {"", `{"refresh_token":null}`, header{"Content-Type", "application/json"}, 400},
		"JSON, a list":           {"", `["a"]`, header{"Content-Type", "application/json"}, 400},
		"JSON, null alone":       {"", `null`, header{"Content-Type", "application/json"}, 400},
		"JSON, and more":         {"", `{"refresh_token":"a"}{}`, header{"Content-Type", "application/json"}, 400},
		"JSON, an object":        {"", `{"refresh_token":{"a":"b"}}`, header{"Content-Type", "application/json"}, 400},
		"JSON, deep":             {"", strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000), header{"Content-Type", "application/json"}, 400},
		"too long":               {"", long, header{"Content-Type", "application/json"}, 413},
		"too long a form":        {"", "refresh_token=" + strings.Repeat("a", 8<<10), header{"Content-Type", form}, 413},
		"another way":            {"", "grant_type=password&username=a&password=" + secret, header{"Content-Type", form}, 400},
		"a code for a refresh":   {"", "grant_type=authorization_code&refresh_token=" + secret, header{"Content-Type", form}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t, withApp)
			answer := c.browser().do(t, http.MethodPost, "/auth/mobile/refresh"+test.target, test.body, test.fields...)
			code, oauthError := fault.BadInput, "invalid_request"
			switch {
			case test.status == 413:
				code = fault.LimitExceeded
			case strings.Contains(test.body, "grant_type"):
				oauthError = "unsupported_grant_type"
			}
			r := requireRefused(t, answer, test.status, code)
			require.Equal(t, oauthError, r.Error)
			require.NotContains(t, r.Message, secret)
			require.NotContains(t, c.log.String(), secret)
		})
	}
}

func TestParametersInJSON(t *testing.T) {
	c, a := newCabinet(t, withApp), newApp()
	code := c.appCode(t, a, "ivanova")
	answer := c.browser().do(t, http.MethodPost, "/auth/mobile/token",
		`{"code":"`+code+`","code_verifier":"`+a.verifier+`","redirect_uri":"`+a.redirect+`","of_a_later_version":"{:\"}"}`,
		"Content-Type", "application/json; charset=utf-8")
	p := requirePair(t, answer)
	requirePair(t, c.browser().do(t, http.MethodPost, "/auth/mobile/refresh", `{"refresh_token":"`+p.RefreshToken+`"}`, "Content-Type", "application/json"))
}

func TestForeignPagesDoNotSpeakForTheApp(t *testing.T) {
	c, a := newCabinet(t, withApp), newApp()
	code := c.appCode(t, a, "ivanova")
	values := url.Values{"code": {code}, "code_verifier": {a.verifier}, "redirect_uri": {a.redirect}}
	answer := c.browser().do(t, http.MethodPost, "/auth/mobile/token", values.Encode(), "Content-Type", form, "Origin", "https://evil.example")
	requireRefused(t, answer, http.StatusForbidden, fault.BadInput)
	requirePair(t, c.exchange(t, a, code))
}

func TestTheAppsTokensWhenTheDatabaseIsGone(t *testing.T) {
	c, a := newCabinet(t, withApp), newApp()
	p := requirePair(t, c.exchange(t, a, c.appCode(t, a, "ivanova")))
	require.NoError(t, c.store.Close())
	requireGrantRefused(t, c.refresh(t, p.RefreshToken), http.StatusInternalServerError, fault.Internal, "")
}

func TestASecretOfTheAppIsNotLogged(t *testing.T) {
	c, a := newCabinet(t, withApp), newApp()
	code := c.appCode(t, a, "ivanova")
	p := requirePair(t, c.exchange(t, a, code))
	c.asBearer(t, p.AccessToken)
	next := requirePair(t, c.refresh(t, p.RefreshToken))
	c.refresh(t, "x"+next.RefreshToken)
	for _, secret := range []string{code, a.verifier, a.state, p.AccessToken, p.RefreshToken, next.AccessToken, next.RefreshToken} {
		require.NotContains(t, c.log.String(), secret)
	}
	rows, err := c.store.Session.Query().All(persontest.System(t))
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "MOBILE", rows[0].Kind)
}

// FuzzParameters: each parameter stands there once.
func FuzzParameters(f *testing.F) {
	for _, body := range []string{
		"", "a=b", "a=b&a=c", "%61=1&a=2", "a=b;c", `{}`, `{"a":"b"}`, `{"a":"b","a":"c"}`, `{"a":"b","\u0061":"c"}`, `{"a":":\"{,"}`, `{"a":"\\"}`, "null", `"a"`,
		`{"a":"\ud800"}`, `{"A":"1","a":"2"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, ok := web.DecodeForm(body); ok {
			again, err := url.ParseQuery(string(body))
			require.NoError(t, err)
			require.Len(t, p, len(again))
		}
		if p, ok := web.DecodeObject(body); ok {
			require.NotNil(t, p)
			// What is added a second time is noticed.
			if len(p) > 0 {
				doubled := append([]byte(strings.TrimSuffix(strings.TrimRight(string(body), " \t\r\n"), "}")), []byte(`,"a":"b","a":"b"}`)...)
				_, ok := web.DecodeObject(doubled)
				require.False(t, ok)
			}
		}
	})
}
