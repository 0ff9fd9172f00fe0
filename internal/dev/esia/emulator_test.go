package esia_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/dev/esia"
	protocol "kabinet/internal/identity/esia"
)

const (
	issuer   = "http://esia.test/"
	client   = "KABINET"
	callback = "http://kabinet.test/auth/callback?kept=1"
	goodbye  = "http://kabinet.test/"
	verifier = "0123456789012345678901234567890123456789012"
)

// Key generation is slow; the keys of one test run are shared and never changed.
var (
	serverKey = sync.OnceValue(makeKey)
	clientKey = sync.OnceValue(makeKey)
	otherKey  = sync.OnceValue(makeKey)
)

func makeKey() *rsa.PrivateKey {
	key, err := esia.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

// stand is an emulator with two clients, and requests that are in order until a test changes them.
type stand struct {
	*esia.Emulator
	clock *clock.Fixed
	hash  string
	other string
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))}
	var err error
	s.hash, err = esia.CertificateHash(&clientKey().PublicKey)
	require.NoError(t, err)
	s.other, err = esia.CertificateHash(&otherKey().PublicKey)
	require.NoError(t, err)
	s.Emulator, err = esia.New(esia.Options{
		Issuer: issuer,
		Clients: []esia.Client{
			{ID: client, Key: &clientKey().PublicKey, CertificateHash: s.hash, RedirectURIs: []string{callback}, LogoutURIs: []string{goodbye}},
			{ID: "OTHER", Key: &otherKey().PublicKey, CertificateHash: s.other, RedirectURIs: []string{callback}, Scopes: []string{"openid"}},
		},
		Clock: s.clock,
		Key:   serverKey(),
	})
	require.NoError(t, err)
	return s
}

// sign puts client_secret over the parameters, in ESIA's order, written out here once more.
func sign(t *testing.T, key *rsa.PrivateKey, p url.Values) {
	t.Helper()
	message := p.Get("client_id") + p.Get("scope") + p.Get("scope_org") + p.Get("timestamp") + p.Get("state") + p.Get("redirect_uri") + p.Get("code")
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	p.Set("client_secret", base64.RawURLEncoding.EncodeToString(signature))
}

func (s *stand) request() url.Values {
	return url.Values{
		"client_id": {client}, "scope": {"openid fullname snils contacts"}, "timestamp": {s.clock.Now().Format("2006.01.02 15:04:05 -0700")},
		"state": {uuid.NewString()}, "redirect_uri": {callback}, "client_certificate_hash": {s.hash},
	}
}

func (s *stand) authorizeRequest() url.Values {
	p := s.request()
	sum := sha256.Sum256([]byte(verifier))
	p.Set("response_type", "code")
	p.Set("access_type", "offline")
	p.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
	p.Set("code_challenge_method", "S256")
	return p
}

func (s *stand) get(path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s *stand) authorize(p url.Values) *httptest.ResponseRecorder {
	return s.get("/aas/oauth2/v2/ac?" + p.Encode())
}

// sentBack gives the query with which the browser goes back to the client.
func sentBack(t *testing.T, w *httptest.ResponseRecorder) url.Values {
	t.Helper()
	require.Equal(t, http.StatusFound, w.Code)
	location, err := url.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "kabinet.test", location.Host)
	require.Equal(t, "1", location.Query().Get("kept"))
	return location.Query()
}

func (s *stand) code(t *testing.T, name string, p url.Values) string {
	t.Helper()
	sign(t, clientKey(), p)
	p.Set("persona", name)
	query := sentBack(t, s.authorize(p))
	require.Equal(t, p.Get("state"), query.Get("state"))
	require.NotEmpty(t, query.Get("code"))
	return query.Get("code")
}

func (s *stand) codeRequest(code string) url.Values {
	p := s.request()
	p.Set("code", code)
	p.Set("grant_type", "authorization_code")
	p.Set("token_type", "Bearer")
	p.Set("code_verifier", verifier)
	return p
}

func (s *stand) token(p url.Values) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, "/aas/oauth2/v3/te", strings.NewReader(p.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

// tokens logs somebody in.
func (s *stand) tokens(t *testing.T, name, scope string) map[string]any {
	t.Helper()
	p := s.authorizeRequest()
	p.Set("scope", scope)
	code := s.codeRequest(s.code(t, name, p))
	code.Set("scope", scope)
	sign(t, clientKey(), code)
	status, answer := s.token(code)
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, code.Get("state"), answer["state"])
	return answer
}

func claims(t *testing.T, token any) map[string]any {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token.(string), ".")[1])
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(payload, &c))
	return c
}

func requireCode(t *testing.T, want protocol.Code, description any) {
	t.Helper()
	require.IsType(t, "", description)
	require.True(t, strings.HasPrefix(description.(string), string(want)+": "), "%v instead of %s", description, want)
}

func TestOptionsAreChecked(t *testing.T) {
	good := func() esia.Options {
		return esia.Options{Issuer: issuer, Key: serverKey(), Clients: []esia.Client{{
			ID: client, Key: &clientKey().PublicKey, CertificateHash: strings.Repeat("0", 64), RedirectURIs: []string{callback},
		}}}
	}
	_, err := esia.New(good())
	require.NoError(t, err)
	for name, change := range map[string]func(*esia.Options){
		"issuer without slash": func(o *esia.Options) { o.Issuer = "http://esia.test" },
		"issuer with a path":   func(o *esia.Options) { o.Issuer += "aas/" },
		"no issuer":            func(o *esia.Options) { o.Issuer = "" },
		"no client":            func(o *esia.Options) { o.Clients = nil },
		"client without id":    func(o *esia.Options) { o.Clients[0].ID = "" },
		"client without key":   func(o *esia.Options) { o.Clients[0].Key = nil },
		"client without hash":  func(o *esia.Options) { o.Clients[0].CertificateHash = "" },
		"client without place": func(o *esia.Options) { o.Clients[0].RedirectURIs = nil },
		"the same client":      func(o *esia.Options) { o.Clients = append(o.Clients, o.Clients[0]) },
		"short key": func(o *esia.Options) {
			o.Key = &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: clientKey().Primes[0], E: 3}}
		},
	} {
		options := good()
		change(&options)
		_, err := esia.New(options)
		require.Error(t, err, name)
	}
}
