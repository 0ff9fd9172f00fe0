package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"kabinet/internal/fault"
	"kabinet/internal/web"
)

// served serves a cabinet over TLS on an address of its own.
func served(t *testing.T, change ...func(*web.Options)) (*cabinet, *httptest.Server) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := "https://" + server.Listener.Addr().String()
	c := newCabinet(t, append(change, func(o *web.Options) { o.PublicURL = address })...)
	server.Config = web.NewServer(c, slog.New(slog.DiscardHandler))
	server.StartTLS()
	t.Cleanup(server.Close)
	return c, server
}

// visitor is a browser over real HTTP: it follows redirects and keeps cookies by the rules of RFC 6265. At ESIA it logs
// in as the persona.
func visitor(t *testing.T, c *cabinet, server *httptest.Server, persona string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{
		Jar: jar, Transport: server.Client().Transport, Timeout: 30 * time.Second,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			switch {
			case r.URL.Scheme != "http" && r.URL.Scheme != "https" || r.URL.Path == "/callback":
				return http.ErrUseLastResponse // to the app
			case strings.HasSuffix(r.URL.Path, "/ac"):
				query := r.URL.Query()
				query.Set("persona", persona)
				r.URL.RawQuery = query.Encode()
			}
			return nil
		},
	}
}

// call makes one request and gives the answer with its body.
func call(t *testing.T, client *http.Client, method, address string, fields ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	answer, err := client.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(body)
}

func get[T any](t *testing.T, client *http.Client, address string, fields ...string) T {
	t.Helper()
	answer, body := call(t, client, http.MethodGet, address, fields...)
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	answer.Body = io.NopCloser(strings.NewReader(body))
	return decode[T](t, answer)
}

// TestAVisit is a person's day, as a browser lives it.
func TestAVisit(t *testing.T) {
	c, server := served(t)
	client := visitor(t, c, server, "ivanova")
	home, err := url.Parse(c.address)
	require.NoError(t, err)
	query := func() seen { return get[seen](t, client, c.address+"/graphql", csrf...) }

	require.Zero(t, query())
	came := get[state](t, client, c.address+"/auth/login?return_to=/auth/session")
	require.Equal(t, state{true, "EXTENDED", 15 * 60, 12 * 3600}, came, "back on the page they came for")
	require.Len(t, client.Jar.Cookies(home), 1, "the login's cookie is gone")
	who := query()
	require.NotZero(t, who.Person)

	for range 3 {
		c.pass(14 * time.Minute)
		require.Equal(t, who, query(), "acts keep the session")
	}
	c.pass(15 * time.Minute)
	require.Zero(t, query(), "idle for too long")
	require.Equal(t, state{}, get[state](t, client, c.address+"/auth/session"))

	get[state](t, client, c.address+"/auth/login?return_to=/auth/session")
	again := query()
	require.Equal(t, who.Person, again.Person)
	require.NotEqual(t, who.Session, again.Session)

	kept := client.Jar.Cookies(home)
	answer, body := call(t, client, http.MethodPost, c.address+"/auth/logout", "X-CSRF", "1")
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
	answer.Body = io.NopCloser(strings.NewReader(body))
	farewell := decode[struct{ LogoutURL string }](t, answer).LogoutURL
	require.Empty(t, client.Jar.Cookies(home))
	answer, _ = call(t, client, http.MethodGet, farewell)
	require.Equal(t, c.address+"/", answer.Request.URL.String(), "from ESIA back home")
	require.Zero(t, query())
	client.Jar.SetCookies(home, kept)
	require.Zero(t, query(), "the token is dead, wherever it was kept")
}

// TestAnAppOfStockOAuth: a client that knows nothing of the cabinet but OAuth 2.0 with PKCE comes in.
func TestAnAppOfStockOAuth(t *testing.T) {
	c, server := served(t, withApp)
	browser := visitor(t, c, server, "ivanova")
	stock := &oauth2.Config{
		ClientID: "kabinet-app", RedirectURL: "http://127.0.0.1:53999/callback", Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: c.address + "/auth/mobile/login", TokenURL: c.address + "/auth/mobile/token"},
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, server.Client())

	verifier, appState := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	answer, body := call(t, browser, http.MethodGet, stock.AuthCodeURL(appState, oauth2.S256ChallengeOption(verifier)))
	require.Equal(t, http.StatusSeeOther, answer.StatusCode, body)
	back, err := url.Parse(answer.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:53999", back.Host)
	require.Equal(t, appState, back.Query().Get("state"))
	home, err := url.Parse(c.address)
	require.NoError(t, err)
	require.Empty(t, browser.Jar.Cookies(home), "the browser has no session of it")

	token, err := stock.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	require.NoError(t, err)
	require.Equal(t, "Bearer", token.Type())
	require.InDelta(t, 15*60, token.ExpiresIn, 0)
	require.NotEmpty(t, token.RefreshToken)
	who := get[seen](t, stock.Client(ctx, token), c.address+"/graphql")
	require.NotZero(t, who.Person)

	c.pass(15 * time.Minute)
	require.Zero(t, get[seen](t, oauth2.NewClient(ctx, oauth2.StaticTokenSource(token)), c.address+"/graphql"))
	token.Expiry = time.Unix(1, 0) // the library's clock is the machine's
	renewed := stock.Client(ctx, token)
	require.Equal(t, who, get[seen](t, renewed, c.address+"/graphql"), "renewed by itself, and the same session")

	answer, _ = call(t, renewed, http.MethodPost, c.address+"/auth/logout")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Zero(t, get[seen](t, renewed, c.address+"/graphql"))

	_, err = stock.Exchange(ctx, "guess", oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "invalid_grant", refused.ErrorCode)
}

func TestABearer(t *testing.T) {
	c := newCabinet(t, withApp)
	a := newApp()
	p := requirePair(t, c.exchange(t, a, c.appCode(t, a, "ivanova")))
	bearer := []string{"Authorization", "Bearer " + p.AccessToken}

	t.Run("in the address", func(t *testing.T) {
		for _, name := range []string{"access_token", "token", "bearer", "authorization"} {
			for _, path := range []string{"/graphql", "/auth/session"} {
				answer := c.browser().get(t, path+"?"+name+"="+p.AccessToken)
				require.Equal(t, http.StatusOK, answer.StatusCode)
				require.Zero(t, decode[seen](t, answer))
			}
			answer := c.browser().do(t, http.MethodPost, "/auth/logout?"+name+"="+p.AccessToken, "")
			require.Equal(t, http.StatusOK, answer.StatusCode)
			answer = c.browser().do(t, http.MethodPost, "/graphql?"+name+"="+p.AccessToken, name+"="+p.AccessToken, "Content-Type", form)
			require.Zero(t, decode[seen](t, answer))
		}
		require.NotZero(t, c.asBearer(t, p.AccessToken))
	})
	t.Run("beside a cookie", func(t *testing.T) {
		b := c.browser()
		b.login(t, "petrov")
		for _, answer := range []*http.Response{
			b.get(t, "/auth/session", bearer...), b.do(t, http.MethodPost, "/auth/logout", "", append(bearer, csrf...)...),
			b.do(t, http.MethodPost, "/auth/logout", "", bearer...), b.get(t, "/documents/x/versions/1", bearer...),
		} {
			requireRefused(t, answer, http.StatusBadRequest, fault.BadInput)
		}
		require.NotZero(t, b.query(t).Person)
		require.NotZero(t, c.asBearer(t, p.AccessToken))
	})
	t.Run("beside a planted cookie", func(t *testing.T) {
		b := c.browser()
		b.cookies[c.cookie] = "x"
		requireRefused(t, b.get(t, "/auth/session", bearer...), http.StatusBadRequest, fault.BadInput)
	})
	t.Run("of another scheme", func(t *testing.T) {
		for _, value := range []string{"Basic " + p.AccessToken, p.AccessToken, "DPoP " + p.AccessToken, "Bearer\t" + p.AccessToken, "Bearer " + p.AccessToken + " x"} {
			require.Equal(t, state{}, decode[state](t, c.browser().get(t, "/auth/session", "Authorization", value)))
		}
	})
	t.Run("logs out", func(t *testing.T) {
		answer := c.browser().do(t, http.MethodPost, "/auth/logout", "", bearer...)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Zero(t, c.asBearer(t, p.AccessToken))
		require.Equal(t, http.StatusOK, c.browser().do(t, http.MethodPost, "/auth/logout", "", bearer...).StatusCode, "out is out")
	})
}
