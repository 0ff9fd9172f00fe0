package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
)

func TestLogin(t *testing.T) {
	p := newProvider(t, func(p *provider) {
		p.config.TrustedClaim, p.config.SnilsClaim = "verified_person", "urn:snils"
		p.claims = func(c object) { c["family_name"], c["given_name"] = "Иванова", "Из маркера" }
		p.userInfo = func(c object) {
			c["middle_name"], c["birthdate"], c["gender"] = "Петровна", "1985-04-12", "female"
			c["email"], c["email_verified"] = "anna@example.ru", true
			c["phone_number"], c["phone_number_verified"] = "+79161234567", "true"
			c["urn:snils"], c["inn"] = identifier.SnilsOf(112233445).String(), identifier.InnOfPerson(7712345678).String()
			c["address"] = object{"postal_code": "101000", "region": "Москва", "street_address": "ул. Мясницкая, 1\n"}
			c["verified_person"] = "true"
		}
	})
	login, err := p.login()
	require.NoError(t, err)
	require.Equal(t, "corporate", login.Provider)
	require.Equal(t, subject, login.Subject)
	require.Equal(t, identity.Password, login.Method)
	require.Equal(t, "session-1", login.ProviderSession)
	require.True(t, login.Trusted)
	require.Equal(t, p.clock.Now().Add(300*time.Second), login.Tokens.ExpiresAt)
	require.NotEmpty(t, login.Tokens.Refresh)
	require.Equal(t, identity.Profile{
		LastName: "Иванова", FirstName: "Анна", MiddleName: "Петровна",
		BirthDate: calendar.NewDate(1985, time.April, 12), Gender: identity.Female,
		Snils: identifier.SnilsOf(112233445), Inn: identifier.InnOfPerson(7712345678),
		Phone: identity.Phone{Number: "+79161234567", Confirmed: true}, Email: identity.Email{Address: "anna@example.ru", Confirmed: true},
		Addresses: []identity.Address{{Kind: identity.Residence, PostalCode: "101000", Text: "Москва, ул. Мясницкая, 1"}},
	}, login.Profile)
}

// What cannot be read is left out, and never shuts anybody out.
func TestProfileThatCannotBeRead(t *testing.T) {
	p := newProvider(t, func(p *provider) {
		p.claims = func(c object) { c["amr"] = "mfa"; c["sid"] = 5 }
		p.userInfo = func(c object) {
			c["given_name"], c["family_name"], c["middle_name"] = 7, strings.Repeat("я", 501), nil
			c["birthdate"], c["gender"] = "0000-04-12", "other"
			c["email"], c["email_verified"] = "no address", true
			c["phone_number"], c["phone_number_verified"] = "call me", true
			c["snils"], c["inn"], c["address"] = "123", "456", "a line"
		}
	})
	login, err := p.login()
	require.NoError(t, err)
	require.Equal(t, identity.Profile{}, login.Profile)
	require.Equal(t, identity.Other, login.Method)
	require.Empty(t, login.ProviderSession)
	require.False(t, login.Trusted)
}

func TestWhoIsTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*provider)
		want   bool
	}{
		"nobody by default": {func(p *provider) { p.claims = func(c object) { c["acr"], c["trusted"] = "high", true } }, false},
		"by acr": {func(p *provider) {
			p.config.TrustedACR = []string{"gold", "high"}
			p.claims = func(c object) { c["acr"] = "high" }
		}, true},
		"by another acr": {func(p *provider) {
			p.config.TrustedACR = []string{"high"}
			p.claims = func(c object) { c["acr"] = "low" }
		}, false},
		"acr of userinfo": {func(p *provider) {
			p.config.TrustedACR = []string{"high"}
			p.userInfo = func(c object) { c["acr"] = "high" }
		}, false},
		"by claim":        {func(p *provider) { p.config.TrustedClaim = "ok"; p.claims = func(c object) { c["ok"] = true } }, true},
		"claim is false":  {func(p *provider) { p.config.TrustedClaim = "ok"; p.claims = func(c object) { c["ok"] = false } }, false},
		"claim is a word": {func(p *provider) { p.config.TrustedClaim = "ok"; p.claims = func(c object) { c["ok"] = "yes" } }, false},
	} {
		login, err := newProvider(t, c.change).login()
		require.NoError(t, err, name)
		require.Equal(t, c.want, login.Trusted, name)
	}
}

func TestMethods(t *testing.T) {
	for method, amr := range map[identity.Method]any{
		identity.Signature: []string{"pwd", "hwk"}, identity.Password: "pwd", identity.Other: []string{"otp"},
	} {
		login, err := newProvider(t, set("amr", amr)).login()
		require.NoError(t, err)
		require.Equal(t, method, login.Method)
	}
}

func TestPrivateKeyJWT(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	check := func(p *provider, public any, algorithm jose.SignatureAlgorithm) func(*http.Request) bool {
		return func(r *http.Request) bool {
			f := r.PostForm
			token, err := jwt.ParseSigned(f.Get("client_assertion"), []jose.SignatureAlgorithm{algorithm})
			if err != nil || f.Get("client_id") != clientID || r.Header.Get("Authorization") != "" ||
				f.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
				return false
			}
			var c jwt.Claims
			return token.Claims(public, &c) == nil && token.Headers[0].KeyID == "client-key" && c.ID != "" &&
				c.ValidateWithLeeway(jwt.Expected{
					Issuer: clientID, Subject: clientID, AnyAudience: jwt.Audience{p.config.Issuer + "/token"}, Time: p.clock.Now(),
				}, 0) == nil
		}
	}
	for name, change := range map[string]func(*provider){
		"RSA": func(p *provider) {
			p.config.Key = foreignKey()
			p.authn = check(p, &foreignKey().PublicKey, jose.RS256)
		},
		"elliptic": func(p *provider) {
			p.config.Key = elliptical
			p.authn = check(p, &elliptical.PublicKey, jose.ES256)
		},
	} {
		p := newProvider(t, change, func(p *provider) { p.config.ClientSecret, p.config.KeyID = "", "client-key" })
		_, err := p.login()
		require.NoError(t, err, name)
	}
	p := newProvider(t, func(p *provider) {
		p.config.Key, p.config.ClientSecret, p.config.KeyID = providerKey(), "", "client-key"
		p.authn = check(p, &foreignKey().PublicKey, jose.RS256)
	})
	_, err = p.login()
	require.ErrorIs(t, err, identity.ErrAnswer)
}

func TestRefresh(t *testing.T) {
	p := newProvider(t)
	login, err := p.login()
	require.NoError(t, err)
	p.clock.Advance(time.Hour)
	tokens, err := p.rp.Refresh(t.Context(), subject, login.Tokens.Refresh)
	require.NoError(t, err)
	require.NotEqual(t, login.Tokens.Refresh, tokens.Refresh)
	require.Equal(t, p.clock.Now().Add(300*time.Second), tokens.ExpiresAt)

	_, err = p.rp.Refresh(t.Context(), "another", tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrToken)
	for _, dead := range []string{"dead", ""} {
		_, err = p.rp.Refresh(t.Context(), subject, dead)
		require.ErrorIs(t, err, identity.ErrRefresh)
		require.Equal(t, fault.Unauthenticated, fault.CodeOf(err))
	}

	p.answer = func(a object) { delete(a, "refresh_token"); delete(a, "id_token"); delete(a, "expires_in") }
	kept, err := p.rp.Refresh(t.Context(), subject, tokens.Refresh)
	require.NoError(t, err)
	require.Equal(t, tokens.Refresh, kept.Refresh, "a provider may not rotate")
	require.Equal(t, p.clock.Now(), kept.ExpiresAt)

	p.instead["/token"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	_, err = p.rp.Refresh(t.Context(), subject, tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrUnavailable, "it may be tried again")
}

func TestLifetimesAsProvidersWriteThem(t *testing.T) {
	for _, c := range []struct {
		told any
		want time.Duration
	}{{"120", 2 * time.Minute}, {120.0, 2 * time.Minute}, {nil, 10 * time.Minute}, {-5, 10 * time.Minute}, {"soon", 10 * time.Minute}, {1e300, 10 * time.Minute}} {
		p := newProvider(t, answered(func(a object) { a["expires_in"] = c.told }))
		login, err := p.login()
		require.NoError(t, err)
		require.Equal(t, p.clock.Now().Add(c.want), login.Tokens.ExpiresAt, c.told)
	}
}

func TestLogoutAddress(t *testing.T) {
	p := newProvider(t)
	require.Equal(t, "http://kabinet.test/", p.rp.Logout("http://kabinet.test/", "token"), "nothing is known of the provider yet")
	require.NoError(t, p.rp.Discover(t.Context()))
	u, err := url.Parse(p.rp.Logout("http://kabinet.test/", ""))
	require.NoError(t, err)
	require.Equal(t, "/realm/logout", u.Path)
	require.Equal(t, url.Values{"client_id": {clientID}, "post_logout_redirect_uri": {"http://kabinet.test/"}}, u.Query())
	hint := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	plain := hint(`{"iss":"i","sub":"1","aud":"a","sid":"s"}`)
	u, err = url.Parse(p.rp.Logout("", plain))
	require.NoError(t, err)
	require.Equal(t, url.Values{"client_id": {clientID}, "id_token_hint": {plain}}, u.Query())
	for _, personal := range []string{hint(`{"sub":"1","email":"a@example.ru"}`), hint(`{"sub":"1","snils":"1"}`), hint("no JSON"), "a.b.c", "token", "a.b"} {
		u, err = url.Parse(p.rp.Logout("", personal))
		require.NoError(t, err)
		require.Equal(t, url.Values{"client_id": {clientID}}, u.Query(), "an address tells nothing of a person")
	}

	p = newProvider(t, discovered(func(m object) { delete(m, "end_session_endpoint") }))
	require.NoError(t, p.rp.Discover(t.Context()))
	require.Equal(t, "http://kabinet.test/", p.rp.Logout("http://kabinet.test/", "a.b.c"))
}

func TestDiscoveryIsLazySharedAndRetried(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	p := newProvider(t)
	require.Zero(t, p.requests[path].Load(), "New asks nothing")
	p.instead[path] = func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		p.write(w, http.StatusOK, p.metadata())
	}
	var group sync.WaitGroup
	first, cancel := context.WithCancel(t.Context())
	group.Go(func() {
		if err := p.rp.Discover(first); !errors.Is(err, identity.ErrUnavailable) {
			t.Errorf("who gave up got %v", err)
		}
	})
	<-arrived
	cancel() // who asked first goes away; the others are not disturbed
	for range 5 {
		group.Go(func() {
			if err := p.rp.Discover(t.Context()); err != nil {
				t.Errorf("discovery: %v", err)
			}
		})
	}
	close(release)
	group.Wait()
	require.LessOrEqual(t, p.requests[path].Load(), int32(2), "one request serves everybody who waits")

	fails := 1
	p = newProvider(t)
	p.instead[path] = func(w http.ResponseWriter, _ *http.Request) {
		if fails--; fails >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.write(w, http.StatusOK, p.metadata())
	}
	require.NoError(t, p.rp.Discover(t.Context()), "one failure is survived")
	require.Equal(t, int32(2), p.requests[path].Load())
	_, err := p.login()
	require.NoError(t, err)
	require.Equal(t, int32(2), p.requests[path].Load(), "it is not asked again")

	p, fails = newProvider(t), 2
	p.instead[path] = func(w http.ResponseWriter, _ *http.Request) {
		if fails--; fails >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.write(w, http.StatusOK, p.metadata())
	}
	_, err = p.login()
	require.ErrorIs(t, err, identity.ErrUnavailable)
	_, err = p.login()
	require.NoError(t, err, "a failure is not remembered")
}

func TestProviderThatHangs(t *testing.T) {
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/userinfo", "/keys"} {
		stop := make(chan struct{})
		p := newProvider(t, func(p *provider) {
			p.config.Timeout = 300 * time.Millisecond
			p.instead[path] = func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-stop:
				case <-r.Context().Done():
				}
			}
		})
		_, err := p.login()
		close(stop)
		require.ErrorIs(t, err, identity.ErrUnavailable, path)
	}
}

func TestBeginChecksTheReturnAddress(t *testing.T) {
	p := newProvider(t)
	for _, address := range []string{"", "/auth/callback", "ftp://kabinet.test", "http://u:p@kabinet.test/", "http://kabinet.test/#x"} {
		_, _, err := p.rp.Begin(t.Context(), address)
		require.ErrorIs(t, err, fault.ErrInternal, address)
	}
}

func TestConfigFaults(t *testing.T) {
	good := oidc.Config{Name: "corporate", Issuer: "https://login.example.ru", ClientID: "kabinet", ClientSecret: "x"}
	require.NoError(t, good.Validate())
	p224, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*oidc.Config)
		names  string
	}{
		"no name":        {func(c *oidc.Config) { c.Name = "" }, "name"},
		"plain http":     {func(c *oidc.Config) { c.Issuer = "http://login.example.ru" }, "issuer"},
		"query":          {func(c *oidc.Config) { c.Issuer += "?x=1" }, "issuer"},
		"no client":      {func(c *oidc.Config) { c.ClientID = "" }, "client id"},
		"no secret":      {func(c *oidc.Config) { c.ClientSecret = "" }, "secret or key"},
		"secret and key": {func(c *oidc.Config) { c.Key = foreignKey() }, "secret and key"},
		"short key": {func(c *oidc.Config) {
			c.ClientSecret, c.Key = "", &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: foreignKey().Primes[0]}}
		}, "shorter"},
		"another curve":     {func(c *oidc.Config) { c.ClientSecret, c.Key = "", p224 }, "P-256"},
		"no openid":         {func(c *oidc.Config) { c.Scopes = []string{"profile"} }, "openid"},
		"two scopes in one": {func(c *oidc.Config) { c.Scopes = []string{"openid", "a b"} }, "one word"},
		"none":              {func(c *oidc.Config) { c.Algorithms = []string{"RS256", "none"} }, "algorithms"},
		"symmetric":         {func(c *oidc.Config) { c.Algorithms = []string{"HS256"} }, "algorithms"},
		"negative time":     {func(c *oidc.Config) { c.Timeout = -1 }, "times"},
		"endless leeway":    {func(c *oidc.Config) { c.Leeway = time.Hour }, "leeway"},
	} {
		config := good
		c.change(&config)
		_, err := oidc.New(config)
		require.ErrorContains(t, err, c.names, name)
	}
}
