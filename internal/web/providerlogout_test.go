package web_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
	"kabinet/internal/person/persontest"
	"kabinet/internal/web"
)

// farewell is the provider's side of logouts: its address and its key.
type farewell struct {
	issuer string
	clock  clock.Clock
}

// listening has a cabinet hear of the logouts of a plain provider, which shares ESIA's name and accounts.
func listening(t *testing.T, keep ...*farewell) func(*web.Options) {
	t.Helper()
	return func(o *web.Options) {
		var issuer string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch r.URL.Path {
			case "/.well-known/openid-configuration":
				_ = json.NewEncoder(w).Encode(map[string]any{
					"issuer": issuer, "authorization_endpoint": issuer + "/a", "token_endpoint": issuer + "/t", "jwks_uri": issuer + "/keys",
					"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
				})
			case "/keys":
				_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &serverKey().PublicKey, KeyID: "first", Algorithm: "RS256", Use: "sig"}}})
			}
		}))
		t.Cleanup(server.Close)
		issuer = server.URL
		rp, err := oidc.New(oidc.Config{
			Name: "esia", Issuer: issuer, ClientID: "kabinet", ClientSecret: "secret", AllowPlainHTTP: true, Clock: o.Clock,
		})
		require.NoError(t, err)
		o.Provider = &faces{LogoutListener: rp}
		for _, f := range keep {
			f.issuer, f.clock = issuer, o.Clock
		}
	}
}

type object = map[string]any

func (f *farewell) claims() object {
	now := f.clock.Now()
	return object{
		"iss": f.issuer, "aud": "kabinet", "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}},
	}
}

func (f *farewell) sign(t *testing.T, key crypto.PrivateKey, algorithm jose.SignatureAlgorithm, claims object) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "first").WithType("logout+jwt"))
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	text, err := signed.CompactSerialize()
	require.NoError(t, err)
	return text
}

func (f *farewell) token(t *testing.T, more object) string {
	t.Helper()
	claims := f.claims()
	maps.Copy(claims, more)
	return f.sign(t, serverKey(), jose.RS256, claims)
}

func (c *cabinet) tell(t *testing.T, token string) *http.Response {
	t.Helper()
	return c.postForm(t, "/auth/backchannel-logout", url.Values{"logout_token": {token}})
}

func (c *cabinet) lastLogin() identity.Login { return c.faces.logins[len(c.faces.logins)-1] }

func TestAPersonWhoLogsOutAtTheProvider(t *testing.T) {
	for name, test := range map[string]struct {
		names func(login identity.Login) object // what the token names
		left  []string                          // whose sessions go on
	}{
		"one session of theirs":      {func(l identity.Login) object { return object{"sid": l.ProviderSession} }, []string{"ivanova before", "app", "petrov"}},
		"and whose it is":            {func(l identity.Login) object { return object{"sid": l.ProviderSession, "sub": l.Subject} }, []string{"ivanova before", "app", "petrov"}},
		"all of them":                {func(l identity.Login) object { return object{"sub": l.Subject} }, []string{"petrov"}},
		"a session of another":       {func(l identity.Login) object { return object{"sid": l.ProviderSession, "sub": "1000000002"} }, []string{"ivanova", "ivanova before", "app", "petrov"}},
		"a session that nobody has":  {func(identity.Login) object { return object{"sid": "x"} }, []string{"ivanova", "ivanova before", "app", "petrov"}},
		"an account that nobody has": {func(identity.Login) object { return object{"sub": "1"} }, []string{"ivanova", "ivanova before", "app", "petrov"}},
	} {
		t.Run(name, func(t *testing.T) {
			var f farewell
			c := newCabinet(t, withApp, listening(t, &f))
			a := newApp()
			app := requirePair(t, c.exchange(t, a, c.appCode(t, a, "ivanova"))).AccessToken
			petrov, before, ivanova := c.browser(), c.browser(), c.browser()
			petrov.login(t, "petrov")
			before.login(t, "ivanova")
			ivanova.login(t, "ivanova")
			streams := make(chan (<-chan struct{}), 1)
			c.api = func(w http.ResponseWriter, r *http.Request) { streams <- c.endOf(r) }
			ivanova.get(t, "/graphql", csrf...)
			stream := <-streams
			c.api = tellViewer

			answer := c.tell(t, f.token(t, test.names(c.lastLogin())))
			require.Equal(t, http.StatusOK, answer.StatusCode)
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			require.Empty(t, text(t, answer))
			require.Empty(t, answer.Cookies())
			left := map[string]bool{}
			for _, who := range test.left {
				left[who] = true
			}
			for who, person := range map[string]seen{
				"petrov": petrov.query(t), "ivanova before": before.query(t), "ivanova": ivanova.query(t), "app": c.asBearer(t, app),
			} {
				require.Equal(t, left[who], person != seen{}, who)
			}
			if !left["ivanova"] {
				<-stream
				rows, err := c.store.Session.Query().All(persontest.System(t))
				require.NoError(t, err)
				require.Equal(t, "provider", rows[len(rows)-1].EndReason)
			}
		})
	}
}

func TestLogoutTokensThatAreRefused(t *testing.T) {
	var f farewell
	c := newCabinet(t, listening(t, &f))
	b := c.browser()
	b.login(t, "ivanova")
	subject := object{"sub": c.lastLogin().Subject}
	without := func(name string) string {
		claims := f.claims()
		claims["sub"] = subject["sub"]
		delete(claims, name)
		return f.sign(t, serverKey(), jose.RS256, claims)
	}
	parts := strings.Split(f.token(t, subject), ".")
	for name, token := range map[string]string{
		"nothing":                   "",
		"nonsense":                  "x",
		"with a nonce":              f.token(t, object{"sub": subject["sub"], "nonce": "x"}),
		"without the event":         without("events"),
		"without a jti":             without("jti"),
		"without iat":               without("iat"),
		"for nobody":                without("sub"),
		"of another issuer":         f.token(t, object{"sub": subject["sub"], "iss": "https://evil.example"}),
		"for another client":        f.token(t, object{"sub": subject["sub"], "aud": "x"}),
		"an old one":                f.token(t, object{"sub": subject["sub"], "iat": c.clock.Now().Add(-time.Hour).Unix()}),
		"signed by somebody":        f.sign(t, clientKey(), jose.RS256, f.claims()),
		"without a signature":       base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
		"signed with what is known": f.sign(t, []byte("a secret of 32 bytes that is known"), jose.HS256, f.claims()),
		"of somebody's signature":   parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256)),
	} {
		t.Run(name, func(t *testing.T) {
			answer := c.tell(t, token)
			requireGrantRefused(t, answer, http.StatusBadRequest, fault.BadInput, "invalid_request")
			require.NotZero(t, b.query(t).Person)
		})
	}
	good := f.token(t, subject)
	for name, answer := range map[string]*http.Response{
		"in the address": c.browser().do(t, http.MethodPost, "/auth/backchannel-logout?logout_token="+good, "", "Content-Type", form),
		"twice":          c.browser().do(t, http.MethodPost, "/auth/backchannel-logout", "logout_token="+good+"&logout_token="+good, "Content-Type", form),
	} {
		requireGrantRefused(t, answer, http.StatusBadRequest, fault.BadInput, "invalid_request")
		require.NotZero(t, b.query(t).Person, name)
	}
	requireGrantRefused(t, c.browser().do(t, http.MethodPost, "/auth/backchannel-logout", `{"logout_token":"`+good+`"}`, csrf...),
		http.StatusUnsupportedMediaType, fault.BadInput, "invalid_request")

	require.Equal(t, http.StatusOK, c.tell(t, good).StatusCode)
	require.Zero(t, b.query(t))
	b.login(t, "ivanova")
	requireGrantRefused(t, c.tell(t, good), http.StatusBadRequest, fault.BadInput, "invalid_request")
	require.NotZero(t, b.query(t).Person, "one that was seen ends nothing")
	require.NotContains(t, c.log.String(), good)
}

var errForgetful = errors.New("no connection")

type away struct{ *oidc.RelyingParty }

func (away) VerifyLogoutToken(context.Context, string) (identity.Logout, error) {
	return identity.Logout{}, identity.ErrUnavailable.Because(errForgetful)
}

// forgetful is a provider's side that cannot remember what was done, at first.
type forgetful struct {
	*oidc.RelyingParty

	fails int
}

func (f *forgetful) LogoutDone(ctx context.Context, done identity.Logout) error {
	if f.fails--; f.fails >= 0 {
		return identity.ErrUnavailable.Because(errForgetful)
	}
	return f.RelyingParty.LogoutDone(ctx, done)
}

// plainProvider is the relying party of listening.
func plainProvider(t *testing.T, o *web.Options) (*faces, *oidc.RelyingParty) {
	t.Helper()
	f, ok := o.Provider.(*faces)
	require.True(t, ok)
	rp, ok := f.LogoutListener.(*oidc.RelyingParty)
	require.True(t, ok)
	return f, rp
}

func TestALogoutThatCannotBeDoneNowIsNotTakenForDone(t *testing.T) {
	t.Run("not checked", func(t *testing.T) {
		c := newCabinet(t, listening(t), func(o *web.Options) {
			f, rp := plainProvider(t, o)
			f.LogoutListener = away{rp}
		})
		requireRefused(t, c.tell(t, "x"), http.StatusServiceUnavailable, fault.UpstreamUnavailable)
	})
	t.Run("the database is gone", func(t *testing.T) {
		var f farewell
		c := newCabinet(t, listening(t, &f))
		require.NoError(t, c.store.Close())
		requireRefused(t, c.tell(t, f.token(t, object{"sub": "1000000001"})), http.StatusInternalServerError, fault.Internal)
		requireRefused(t, c.tell(t, f.token(t, object{"sid": "x"})), http.StatusInternalServerError, fault.Internal)
	})
	t.Run("the database is gone for a while", func(t *testing.T) {
		var f farewell
		c := newCabinet(t, listening(t, &f))
		b := c.browser()
		b.login(t, "ivanova")
		token := f.token(t, object{"sid": c.lastLogin().ProviderSession})
		_, err := c.store.DB().ExecContext(t.Context(), "CREATE TRIGGER away BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'away'); END")
		require.NoError(t, err)
		for range 2 {
			requireRefused(t, c.tell(t, token), http.StatusInternalServerError, fault.Internal)
		}
		_, err = c.store.DB().ExecContext(t.Context(), "DROP TRIGGER away")
		require.NoError(t, err)
		require.NotZero(t, b.query(t).Person)
		require.Equal(t, http.StatusOK, c.tell(t, token).StatusCode, "the same token ends it now")
		require.Zero(t, b.query(t))
		requireGrantRefused(t, c.tell(t, token), http.StatusBadRequest, fault.BadInput, "invalid_request")
	})
	t.Run("not remembered", func(t *testing.T) {
		var f farewell
		c := newCabinet(t, listening(t, &f), func(o *web.Options) {
			faces, rp := plainProvider(t, o)
			faces.LogoutListener = &forgetful{RelyingParty: rp, fails: 1}
		})
		b := c.browser()
		b.login(t, "ivanova")
		token := f.token(t, object{"sid": c.lastLogin().ProviderSession})
		requireRefused(t, c.tell(t, token), http.StatusServiceUnavailable, fault.UpstreamUnavailable)
		require.Zero(t, b.query(t), "it was done")
		require.Equal(t, http.StatusOK, c.tell(t, token).StatusCode)
		requireGrantRefused(t, c.tell(t, token), http.StatusBadRequest, fault.BadInput, "invalid_request")
	})
}

func TestALogoutThatTheBrowserTells(t *testing.T) {
	var f farewell
	c := newCabinet(t, listening(t, &f))
	b, other := c.browser(), c.browser()
	other.login(t, "ivanova")
	b.login(t, "ivanova")
	sid := c.lastLogin().ProviderSession
	frame := func(query url.Values) *http.Response {
		return c.browser().get(t, "/auth/frontchannel-logout?"+query.Encode(), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe")
	}
	for name, query := range map[string]url.Values{
		"nothing":               {},
		"no issuer":             {"sid": {sid}},
		"another issuer":        {"iss": {"https://evil.example"}, "sid": {sid}},
		"the issuer with more":  {"iss": {f.issuer + "/"}, "sid": {sid}},
		"two issuers":           {"iss": {f.issuer, "https://evil.example"}, "sid": {sid}},
		"no session":            {"iss": {f.issuer}},
		"an empty session":      {"iss": {f.issuer}, "sid": {""}},
		"two sessions":          {"iss": {f.issuer}, "sid": {sid, sid}},
		"a session without end": {"iss": {f.issuer}, "sid": {strings.Repeat("a", 1025)}},
	} {
		answer := frame(query)
		requireRefused(t, answer, http.StatusBadRequest, fault.BadInput)
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", name)
	}
	require.Equal(t, http.StatusOK, frame(url.Values{"iss": {f.issuer}, "sid": {"x"}}).StatusCode)
	require.NotZero(t, b.query(t).Person)

	answer := frame(url.Values{"iss": {f.issuer}, "sid": {sid}})
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Empty(t, text(t, answer))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors "+f.issuer)
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Zero(t, b.query(t))
	require.NotZero(t, other.query(t).Person)
}

func TestAProviderThatTellsOfNoLogouts(t *testing.T) {
	c := newCabinet(t)
	requireRefused(t, c.tell(t, "x"), http.StatusNotFound, fault.NotFound)
	requireRefused(t, c.browser().get(t, "/auth/frontchannel-logout?iss=x&sid=y"), http.StatusNotFound, fault.NotFound)
}
