package oidc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
)

const (
	clientID = "kabinet client"
	secret   = "s3cret/with+signs%"
	callback = "http://kabinet.test/auth/callback"
	subject  = "248289761001"
)

// Key generation is slow; the keys of one test run are shared and never changed.
var (
	providerKey = sync.OnceValue(makeKey)
	foreignKey  = sync.OnceValue(makeKey)
)

func makeKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// object is JSON that a test may change before it is sent.
type object = map[string]any

// provider is a small OpenID provider that does everything right until a test tells it otherwise.
type provider struct {
	t      *testing.T
	clock  *clock.Fixed
	server *httptest.Server
	config oidc.Config
	rp     *oidc.RelyingParty

	key   *rsa.PrivateKey
	keyID string
	keys  []jose.JSONWebKey

	discovery func(object)                  // changes the metadata
	claims    func(object)                  // changes the payload of an id_token
	forge     func(object) string           // writes an id_token of a payload
	answer    func(object)                  // changes the answer of the token endpoint
	userInfo  func(object)                  // changes the answer of userinfo
	redirect  func(url.Values)              // changes the callback
	keep      func(*identity.Transaction)   // changes what the browser brings back
	before    func()                        // runs between callback and completion
	instead   map[string]http.HandlerFunc   // replaces an endpoint
	authn     func(*http.Request) (ok bool) // checks the client
	requests  map[string]*atomic.Int32      // by path

	mu    sync.Mutex
	codes map[string]url.Values // what was asked for when the code was given
}

func newProvider(t *testing.T, change ...func(*provider)) *provider {
	t.Helper()
	p := &provider{
		t: t, clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		key: providerKey(), keyID: "first", codes: make(map[string]url.Values),
		instead: make(map[string]http.HandlerFunc), requests: make(map[string]*atomic.Int32),
	}
	p.publish("first", providerKey())
	p.server = httptest.NewUnstartedServer(p)
	p.authn = func(r *http.Request) bool {
		id, password, ok := r.BasicAuth()
		return ok && id == url.QueryEscape(clientID) && password == url.QueryEscape(secret)
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/token", "/userinfo", "/keys"} {
		p.requests[path] = new(atomic.Int32)
	}
	p.config = oidc.Config{
		Name: "corporate", Issuer: "http://" + p.server.Listener.Addr().String() + "/realm",
		ClientID: clientID, ClientSecret: secret, AllowPlainHTTP: true, Clock: p.clock,
	}
	for _, c := range change {
		c(p)
	}
	var err error
	p.rp, err = oidc.New(p.config)
	require.NoError(t, err)
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

func (p *provider) publish(id string, key *rsa.PrivateKey) {
	p.keys = []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: id, Use: "sig"}}
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path[len("/realm"):]
	p.requests[path].Add(1)
	if handler := p.instead[path]; handler != nil {
		handler(w, r)
		return
	}
	switch path {
	case "/.well-known/openid-configuration":
		p.write(w, http.StatusOK, p.metadata())
	case "/keys":
		p.write(w, http.StatusOK, object{"keys": p.keys})
	case "/token":
		p.token(w, r)
	case "/userinfo":
		told := object{"sub": subject, "given_name": "Анна"}
		if p.userInfo != nil {
			p.userInfo(told)
		}
		p.write(w, http.StatusOK, told)
	}
}

func (p *provider) write(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		p.t.Errorf("writing an answer: %v", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (p *provider) metadata() object {
	m := object{
		"issuer": p.config.Issuer, "authorization_endpoint": p.config.Issuer + "/authorize?tenant=1",
		"token_endpoint": p.config.Issuer + "/token", "userinfo_endpoint": p.config.Issuer + "/userinfo",
		"jwks_uri": p.config.Issuer + "/keys", "end_session_endpoint": p.config.Issuer + "/logout",
		"id_token_signing_alg_values_supported":          []string{"RS256", "HS256", "none"},
		"code_challenge_methods_supported":               []string{"plain", "S256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.discovery != nil {
		p.discovery(m)
	}
	return m
}

// visit is the browser at the authorize endpoint.
func (p *provider) visit(address string) url.Values {
	u, err := url.Parse(address)
	require.NoError(p.t, err)
	q := u.Query()
	require.Equal(p.t, "/realm/authorize", u.Path)
	require.Equal(p.t, "1", q.Get("tenant"), "the endpoint's own query is kept")
	require.Equal(p.t, "code", q.Get("response_type"))
	require.Equal(p.t, clientID, q.Get("client_id"))
	require.Equal(p.t, "S256", q.Get("code_challenge_method"))
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		require.GreaterOrEqual(p.t, len(q.Get(name)), 22, name)
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	answer := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.config.Issuer}}
	if p.redirect != nil {
		p.redirect(answer)
	}
	return answer
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.URL.RawQuery != "" {
		p.write(w, http.StatusBadRequest, object{"error": "invalid_request"})
		return
	}
	if !p.authn(r) {
		p.write(w, http.StatusUnauthorized, object{"error": "invalid_client", "error_description": secret})
		return
	}
	answer := object{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "refresh_token": rand.Text()}
	nonce := ""
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		p.mu.Lock()
		asked := p.codes[r.PostForm.Get("code")]
		delete(p.codes, r.PostForm.Get("code"))
		p.mu.Unlock()
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if asked == nil || asked.Get("redirect_uri") != r.PostForm.Get("redirect_uri") ||
			asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
			p.write(w, http.StatusBadRequest, object{"error": "invalid_grant"})
			return
		}
		nonce = asked.Get("nonce")
	case "refresh_token":
		if r.PostForm.Get("refresh_token") == "dead" {
			p.write(w, http.StatusBadRequest, object{"error": "invalid_grant"})
			return
		}
	}
	answer["id_token"] = p.idToken(nonce, answer["access_token"].(string))
	if p.answer != nil {
		p.answer(answer)
	}
	p.write(w, http.StatusOK, answer)
}

func (p *provider) idToken(nonce, accessToken string) string {
	now := p.clock.Now()
	hash := sha256.Sum256([]byte(accessToken))
	c := object{
		"iss": p.config.Issuer, "sub": subject, "aud": clientID, "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]), "sid": "session-1", "amr": []string{"pwd"},
	}
	if nonce != "" {
		c["nonce"] = nonce
	}
	if p.claims != nil {
		p.claims(c)
	}
	if p.forge != nil {
		return p.forge(c)
	}
	return p.sign(jose.RS256, p.key, p.keyID, c)
}

// sign makes a JWS of claims. It may run in a handler, and so never ends the test.
func (p *provider) sign(algorithm jose.SignatureAlgorithm, key any, keyID string, payload object) string {
	p.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		p.t.Errorf("signing: %v", err)
		return ""
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		p.t.Errorf("signing: %v", err)
	}
	jws, err := signer.Sign(raw)
	if err != nil {
		p.t.Errorf("signing: %v", err)
		return ""
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		p.t.Errorf("signing: %v", err)
	}
	return text
}

// unsigned makes a token with any header and no signature, which go-jose refuses to make.
func (p *provider) unsigned(header, payload object) string {
	p.t.Helper()
	part := func(value object) string {
		raw, err := json.Marshal(value)
		if err != nil {
			p.t.Errorf("writing a token: %v", err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return part(header) + "." + part(payload) + "."
}

// login runs a whole login.
func (p *provider) login() (identity.Login, error) {
	p.t.Helper()
	address, tx, err := p.rp.Begin(p.t.Context(), callback)
	if err != nil {
		return identity.Login{}, err
	}
	query := p.visit(address)
	if p.keep != nil {
		p.keep(&tx)
	}
	if p.before != nil {
		p.before()
	}
	return p.rp.Complete(context.WithoutCancel(p.t.Context()), tx, query)
}
