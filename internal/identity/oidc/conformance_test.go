package oidc_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
)

// set and drop change one claim of the id_token.
func set(name string, value any) func(*provider) {
	return func(p *provider) { p.claims = func(c object) { c[name] = value } }
}

func drop(name string) func(*provider) {
	return func(p *provider) { p.claims = func(c object) { delete(c, name) } }
}

// after moves a time claim away from now.
func after(name string, d time.Duration) func(*provider) {
	return func(p *provider) {
		p.claims = func(c object) { c[name] = p.clock.Now().Add(d).Unix() }
	}
}

func forged(write func(p *provider, c object) string) func(*provider) {
	return func(p *provider) { p.forge = func(c object) string { return write(p, c) } }
}

func redirected(change func(url.Values)) func(*provider) {
	return func(p *provider) { p.redirect = change }
}

func answered(change func(object)) func(*provider) {
	return func(p *provider) { p.answer = change }
}

func told(change func(object)) func(*provider) {
	return func(p *provider) { p.userInfo = change }
}

func discovered(change func(object)) func(*provider) {
	return func(p *provider) { p.discovery = change }
}

// instead answers an endpoint with a status and a body.
func instead(path string, status int, body string) func(*provider) {
	return func(p *provider) {
		p.instead[path] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
}

func publicPEM(p *provider) []byte {
	der, err := x509.MarshalPKIXPublicKey(&p.key.PublicKey)
	if err != nil {
		p.t.Errorf("writing a key: %v", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// What a relying party has to accept and to refuse. Many cases carry the name of the test of the
// OpenID Foundation's conformance suite for relying parties that asks the same.
func TestConformance(t *testing.T) {
	const discovery, token, userinfo, keys = "/.well-known/openid-configuration", "/token", "/userinfo", "/keys"
	for name, c := range map[string]struct {
		change func(*provider)
		want   error // nil: the login succeeds
	}{
		"everything in order": {func(*provider) {}, nil},

		// Claims of the id_token.
		"invalid-iss":             {set("iss", "https://evil.example"), identity.ErrToken},
		"iss with a slash more":   {func(p *provider) { p.claims = func(c object) { c["iss"] = p.config.Issuer + "/" } }, identity.ErrToken},
		"missing-iss":             {drop("iss"), identity.ErrToken},
		"invalid-aud":             {set("aud", "another"), identity.ErrToken},
		"missing-aud":             {drop("aud"), identity.ErrToken},
		"aud is a list of one":    {set("aud", []string{clientID}), nil},
		"several aud without azp": {set("aud", []string{clientID, "another"}), identity.ErrToken},
		"several aud with azp": {func(p *provider) {
			p.claims = func(c object) { c["aud"], c["azp"] = []string{clientID, "another"}, clientID }
		}, nil},
		"azp is another":              {set("azp", "another"), identity.ErrToken},
		"azp is null":                 {set("azp", nil), identity.ErrToken},
		"azp is ours":                 {set("azp", clientID), nil},
		"missing-sub":                 {drop("sub"), identity.ErrToken},
		"sub is a number":             {set("sub", 7), identity.ErrToken},
		"missing-iat":                 {drop("iat"), identity.ErrToken},
		"iat in the future":           {after("iat", oidc.DefaultLeeway+time.Second), identity.ErrToken},
		"iat within the leeway":       {after("iat", oidc.DefaultLeeway), nil},
		"iat long ago":                {after("iat", -time.Hour), identity.ErrToken},
		"missing-exp":                 {drop("exp"), identity.ErrToken},
		"expired":                     {after("exp", -oidc.DefaultLeeway-time.Second), identity.ErrToken},
		"expired within the leeway":   {after("exp", -oidc.DefaultLeeway+time.Second), nil},
		"exp is text":                 {set("exp", "tomorrow"), identity.ErrToken},
		"not yet valid":               {after("nbf", 10*time.Minute), identity.ErrToken},
		"nonce-invalid":               {set("nonce", "another"), identity.ErrToken},
		"nonce missing":               {drop("nonce"), identity.ErrToken},
		"nonce in other letters":      {func(p *provider) { p.claims = func(c object) { c["nonce"] = strings.ToLower(c["nonce"].(string)) } }, identity.ErrToken},
		"at_hash wrong":               {set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), identity.ErrToken},
		"at_hash empty":               {set("at_hash", ""), identity.ErrToken},
		"at_hash absent":              {drop("at_hash"), nil},
		"access token changed":        {answered(func(a object) { a["access_token"] = "another" }), identity.ErrToken},
		"claims of an unknown source": {set("_claim_names", object{"address": "x"}), identity.ErrToken},

		// Signature of the id_token.
		"idtoken-sig-none": {forged(func(p *provider, c object) string {
			return p.unsigned(object{"alg": "none"}, c)
		}), identity.ErrToken},
		"alg None": {forged(func(p *provider, c object) string {
			return p.unsigned(object{"alg": "None", "kid": "first"}, c)
		}), identity.ErrToken},
		"no alg": {forged(func(p *provider, c object) string {
			return p.unsigned(object{"typ": "JWT"}, c)
		}), identity.ErrToken},
		"HS256 with the public key": {forged(func(p *provider, c object) string {
			return p.sign(jose.HS256, publicPEM(p), "first", c)
		}), identity.ErrToken},
		"HS256 with the client secret": {forged(func(p *provider, c object) string {
			return p.sign(jose.HS256, []byte(secret+strings.Repeat("=", 32)), "first", c)
		}), identity.ErrToken},
		"invalid-sig-rs256": {forged(func(p *provider, c object) string {
			return p.sign(jose.RS256, foreignKey(), "first", c)
		}), identity.ErrToken},
		"an algorithm that was not announced": {forged(func(p *provider, c object) string {
			return p.sign(jose.PS256, p.key, "first", c)
		}), identity.ErrToken},
		"an algorithm that is not accepted": {func(p *provider) {
			p.discovery = func(m object) { m["id_token_signing_alg_values_supported"] = []string{"RS256", "RS512"} }
			p.forge = func(c object) string { return p.sign(jose.RS512, p.key, "first", c) }
		}, identity.ErrToken},
		"unknown kid": {forged(func(p *provider, c object) string {
			return p.sign(jose.RS256, p.key, "unknown", c)
		}), identity.ErrToken},
		"kid-absent-single-jwks": {forged(func(p *provider, c object) string {
			return p.sign(jose.RS256, p.key, "", c)
		}), nil},
		"kid-absent-multiple-jwks": {func(p *provider) {
			p.keys = append([]jose.JSONWebKey{{Key: &foreignKey().PublicKey, KeyID: "other", Use: "sig"}}, p.keys...)
			p.forge = func(c object) string { return p.sign(jose.RS256, p.key, "", c) }
		}, nil},
		"a key that comes with the token": {forged(func(p *provider, c object) string {
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: foreignKey()}, &jose.SignerOptions{EmbedJWK: true})
			if err != nil {
				p.t.Errorf("signing: %v", err)
			}
			jws, err := signer.Sign([]byte(`{}`))
			if err != nil {
				p.t.Errorf("signing: %v", err)
			}
			text, _ := jws.CompactSerialize()
			return text
		}), identity.ErrToken},
		"signature of another payload": {forged(func(p *provider, c object) string {
			good := p.sign(jose.RS256, p.key, "first", c)
			c["sub"] = "another"
			other := p.unsigned(object{"alg": "RS256", "kid": "first"}, c)
			return other + good[strings.LastIndex(good, ".")+1:]
		}), identity.ErrToken},
		"a token that is none": {forged(func(*provider, object) string { return "a.b.c" }), identity.ErrToken},
		"an endless token":     {forged(func(*provider, object) string { return strings.Repeat("a", 70_000) }), identity.ErrToken},

		// The callback.
		"state is another":                     {redirected(func(q url.Values) { q.Set("state", "another") }), identity.ErrCallback},
		"state missing":                        {redirected(func(q url.Values) { q.Del("state") }), identity.ErrCallback},
		"state twice":                          {redirected(func(q url.Values) { q.Add("state", q.Get("state")) }), identity.ErrCallback},
		"code missing":                         {redirected(func(q url.Values) { q.Del("code") }), identity.ErrCallback},
		"code twice":                           {redirected(func(q url.Values) { q.Add("code", "another") }), identity.ErrCallback},
		"code too long":                        {redirected(func(q url.Values) { q.Set("code", strings.Repeat("a", 5000)) }), identity.ErrCallback},
		"mix-up: iss is another":               {redirected(func(q url.Values) { q.Set("iss", "https://evil.example") }), identity.ErrCallback},
		"mix-up: iss missing though announced": {redirected(func(q url.Values) { q.Del("iss") }), identity.ErrCallback},
		"mix-up: error of another issuer": {redirected(func(q url.Values) {
			q.Set("iss", "https://evil.example")
			q.Set("error", "access_denied")
		}), identity.ErrCallback},
		"iss missing and not announced": {func(p *provider) {
			p.discovery = func(m object) { delete(m, "authorization_response_iss_parameter_supported") }
			p.redirect = func(q url.Values) { q.Del("iss") }
		}, nil},
		"iss of another and not announced": {func(p *provider) {
			p.discovery = func(m object) { delete(m, "authorization_response_iss_parameter_supported") }
			p.redirect = func(q url.Values) { q.Set("iss", "https://evil.example") }
		}, identity.ErrCallback},
		"access_denied": {redirected(func(q url.Values) { q.Set("error", "access_denied") }), oidc.ErrRefused},
		"error of another login": {redirected(func(q url.Values) {
			q.Set("error", "access_denied")
			q.Set("state", "another")
		}), identity.ErrCallback},
		"temporarily_unavailable": {redirected(func(q url.Values) { q.Set("error", "temporarily_unavailable") }), identity.ErrUnavailable},
		"unauthorized_client":     {redirected(func(q url.Values) { q.Set("error", "unauthorized_client") }), identity.ErrAnswer},
		"invented error":          {redirected(func(q url.Values) { q.Set("error", "<script>") }), identity.ErrAnswer},

		// The transaction.
		"transaction of another browser": {func(p *provider) {
			p.keep = func(tx *identity.Transaction) { tx.Verifier = strings.Repeat("v", 43) }
		}, identity.ErrToken},
		"transaction without nonce":     {func(p *provider) { p.keep = func(tx *identity.Transaction) { tx.Nonce = "" } }, identity.ErrCallback},
		"empty transaction":             {func(p *provider) { p.keep = func(tx *identity.Transaction) { *tx = identity.Transaction{} } }, identity.ErrCallback},
		"another return address":        {func(p *provider) { p.keep = func(tx *identity.Transaction) { tx.RedirectURI += "?x" } }, identity.ErrToken},
		"the login took too long":       {func(p *provider) { p.before = func() { p.clock.Advance(oidc.DefaultLoginLifetime + time.Second) } }, identity.ErrExpired},
		"the login took its whole time": {func(p *provider) { p.before = func() { p.clock.Advance(oidc.DefaultLoginLifetime) } }, nil},
		"begun in the future":           {func(p *provider) { p.before = func() { p.clock.Advance(-time.Minute) } }, identity.ErrExpired},

		// The token endpoint.
		"client-secret-basic":    {func(p *provider) { p.config.ClientSecret = "another" }, identity.ErrAnswer},
		"no id_token":            {answered(func(a object) { delete(a, "id_token") }), identity.ErrAnswer},
		"no access token":        {answered(func(a object) { delete(a, "access_token") }), identity.ErrAnswer},
		"token type MAC":         {answered(func(a object) { a["token_type"] = "MAC" }), identity.ErrAnswer},
		"token type in small":    {answered(func(a object) { a["token_type"] = "bearer" }), nil},
		"error with status 200":  {answered(func(a object) { a["error"] = "invalid_request" }), identity.ErrAnswer},
		"invalid_grant":          {instead(token, 400, `{"error":"invalid_grant"}`), identity.ErrToken},
		"token endpoint 500":     {instead(token, 500, `oops`), identity.ErrUnavailable},
		"token endpoint 429":     {instead(token, 429, ``), identity.ErrUnavailable},
		"token endpoint HTML":    {instead(token, 200, `<html>`), identity.ErrAnswer},
		"token endpoint endless": {answered(func(a object) { a["padding"] = strings.Repeat("x", 2<<20) }), identity.ErrAnswer},
		"token endpoint hangs up": {func(p *provider) {
			p.instead[token] = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, identity.ErrUnavailable},

		// Userinfo.
		"userinfo-invalid-sub": {told(func(c object) { c["sub"] = "another" }), identity.ErrToken},
		"userinfo without sub": {told(func(c object) { delete(c, "sub") }), identity.ErrToken},
		"no sub and no userinfo": {func(p *provider) {
			p.discovery = func(m object) { delete(m, "userinfo_endpoint") }
			p.claims = func(c object) { delete(c, "sub") }
		}, identity.ErrToken},
		"userinfo 401":       {instead(userinfo, 401, `{}`), identity.ErrToken},
		"userinfo 503":       {instead(userinfo, 503, `{}`), identity.ErrUnavailable},
		"userinfo 404":       {instead(userinfo, 404, `{}`), identity.ErrAnswer},
		"userinfo is a list": {instead(userinfo, 200, `[]`), identity.ErrAnswer},
		"no userinfo at all": {discovered(func(m object) { delete(m, "userinfo_endpoint") }), nil},
		"userinfo signed": {func(p *provider) {
			p.instead[userinfo] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwt")
				_, _ = w.Write([]byte(p.sign(jose.RS256, p.key, "first", object{"iss": p.config.Issuer, "aud": clientID, "sub": subject})))
			}
		}, nil},
		"userinfo signed by another": {func(p *provider) {
			p.instead[userinfo] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwt")
				_, _ = w.Write([]byte(p.sign(jose.RS256, foreignKey(), "first", object{"iss": p.config.Issuer, "aud": clientID, "sub": subject})))
			}
		}, identity.ErrToken},
		"userinfo signed for another": {func(p *provider) {
			p.instead[userinfo] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwt")
				_, _ = w.Write([]byte(p.sign(jose.RS256, p.key, "first", object{"iss": p.config.Issuer, "aud": "another", "sub": subject})))
			}
		}, identity.ErrToken},

		// Discovery and keys.
		"discovery-issuer-mismatch": {discovered(func(m object) { m["issuer"] = "https://evil.example" }), identity.ErrAnswer},
		"discovery 500":             {instead(discovery, 500, ``), identity.ErrUnavailable},
		"discovery HTML":            {instead(discovery, 200, `<html>`), identity.ErrUnavailable},
		"no token endpoint":         {discovered(func(m object) { delete(m, "token_endpoint") }), identity.ErrAnswer},
		"no keys address":           {discovered(func(m object) { delete(m, "jwks_uri") }), identity.ErrAnswer},
		"endpoint with a password":  {discovered(func(m object) { m["token_endpoint"] = "http://u:p@evil.example/" }), identity.ErrAnswer},
		"endpoint of another kind":  {discovered(func(m object) { m["end_session_endpoint"] = "javascript:alert(1)" }), identity.ErrAnswer},
		"PKCE plain only":           {discovered(func(m object) { m["code_challenge_methods_supported"] = []string{"plain"} }), identity.ErrAnswer},
		"symmetric signatures only": {discovered(func(m object) { m["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} }), identity.ErrAnswer},
		"keys 500":                  {instead(keys, 500, ``), identity.ErrUnavailable},
		"keys HTML":                 {instead(keys, 200, `<html>`), identity.ErrUnavailable},
		"no keys":                   {instead(keys, 200, `{"keys":[]}`), identity.ErrToken},
		"a key of unknown kind beside": {func(p *provider) {
			p.instead[keys] = func(w http.ResponseWriter, _ *http.Request) {
				p.write(w, 200, object{"keys": []any{object{"kty": "OKP", "crv": "Ed448", "x": "AA"}, p.keys[0]}})
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, c.change)
			login, err := p.login()
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, subject, login.Subject)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Zero(t, login)
			require.NotContains(t, err.Error(), secret)
			require.NotContains(t, err.Error(), "evil")
			require.NotContains(t, err.Error(), subject)
		})
	}
}

// A redirect would carry the code or the access token to wherever it points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for path, want := range map[string]error{
		"/token": identity.ErrAnswer, "/userinfo": identity.ErrAnswer,
		"/keys": identity.ErrUnavailable, "/.well-known/openid-configuration": identity.ErrUnavailable,
	} {
		stolen := 0
		p := newProvider(t, func(p *provider) {
			p.requests["/elsewhere"] = new(atomic.Int32)
			p.instead["/elsewhere"] = func(http.ResponseWriter, *http.Request) { stolen++ }
			p.instead[path] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, p.config.Issuer+"/elsewhere", http.StatusTemporaryRedirect)
			}
		})
		_, err := p.login()
		require.ErrorIs(t, err, want, path)
		require.Zero(t, stolen, path)
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	p := newProvider(t)
	address, tx, err := p.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	query := p.visit(address)
	_, err = p.rp.Complete(t.Context(), tx, query)
	require.NoError(t, err)
	_, err = p.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, identity.ErrToken)
}

func TestSigningKeyRotation(t *testing.T) {
	p := newProvider(t)
	_, err := p.login()
	require.NoError(t, err)
	p.key, p.keyID = foreignKey(), "second"
	p.publish("second", foreignKey())
	_, err = p.login()
	require.ErrorIs(t, err, identity.ErrToken, "just fetched keys are not fetched again")
	p.clock.Advance(10 * time.Second)
	_, err = p.login()
	require.NoError(t, err, "signing-key-rotation")
	p.key, p.keyID = providerKey(), "first"
	p.clock.Advance(10 * time.Second)
	_, err = p.login()
	require.ErrorIs(t, err, identity.ErrToken, "a withdrawn key is good no longer")
}
