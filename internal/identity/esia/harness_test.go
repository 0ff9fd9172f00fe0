package esia_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

const (
	clientID = "KABINET"
	callback = "http://127.0.0.1:8080/auth/callback"
	goodbye  = "http://127.0.0.1:8080/"
)

// Key generation is slow; the keys of one test run are shared and never changed.
var (
	serverKey = sync.OnceValue(makeKey)
	clientKey = sync.OnceValue(makeKey)
	otherKey  = sync.OnceValue(makeKey)
)

func makeKey() *rsa.PrivateKey {
	key, err := emulator.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

// stand is an emulator over real HTTP with a relying party in front, and a place in between
// where a test can change what is said.
type stand struct {
	clock      *clock.Fixed // of the relying party
	serverTime *clock.Fixed // of the emulator
	emulator   *emulator.Emulator
	server     *httptest.Server
	config     esia.Config
	rp         *esia.RelyingParty

	// token and person replace the answer of an endpoint; they may call the emulator themselves.
	token  http.HandlerFunc
	person http.HandlerFunc
	posts  atomic.Int32
	gets   atomic.Int32
}

func newStand(t *testing.T, change ...func(*esia.Config)) *stand {
	t.Helper()
	return newStandWith(t, func(*emulator.Options) {}, change...)
}

// newStandWith is newStand with another emulator.
func newStandWith(t *testing.T, other func(*emulator.Options), change ...func(*esia.Config)) *stand {
	t.Helper()
	start := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	s := &stand{clock: clock.NewFixed(start), serverTime: clock.NewFixed(start)}
	s.server = httptest.NewUnstartedServer(s)
	base := "http://" + s.server.Listener.Addr().String()

	hash, err := emulator.CertificateHash(&clientKey().PublicKey)
	require.NoError(t, err)
	options := emulator.Options{
		Issuer: base + "/",
		Clients: []emulator.Client{{
			ID: clientID, Key: &clientKey().PublicKey, CertificateHash: hash,
			RedirectURIs: []string{callback}, LogoutURIs: []string{goodbye},
		}},
		Clock: s.serverTime,
		Key:   serverKey(),
	}
	other(&options)
	s.emulator, err = emulator.New(options)
	require.NoError(t, err)
	signer, err := esia.NewRSASigner(clientKey(), hash)
	require.NoError(t, err)
	s.config = esia.Config{
		Portal: base, ClientID: clientID, RedirectURI: callback, Signer: signer,
		TokenKeys:      []crypto.PublicKey{s.emulator.PublicKey()},
		AllowPlainHTTP: true, Clock: s.clock,
	}
	for _, c := range change {
		c(&s.config)
	}
	s.rp, err = esia.New(s.config)
	require.NoError(t, err)
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/te"):
		s.posts.Add(1)
		if s.token != nil {
			s.token(w, r)
			return
		}
	case strings.HasPrefix(r.URL.Path, "/rs/"):
		s.gets.Add(1)
		if s.person != nil {
			s.person(w, r)
			return
		}
	}
	s.emulator.ServeHTTP(w, r)
}

// advance moves both clocks.
func (s *stand) advance(d time.Duration) {
	s.clock.Advance(d)
	s.serverTime.Advance(d)
}

// visit opens the authorize address as a browser would and gives the query of the callback.
func (s *stand) visit(t *testing.T, authorizeURL, persona string, extra ...string) url.Values {
	t.Helper()
	address := authorizeURL
	if persona != "" {
		address += "&persona=" + persona
	}
	for _, e := range extra {
		address += "&" + e
	}
	browser := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := browser.Get(address)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusFound, response.StatusCode)
	location, err := response.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(location.String(), callback+"?"), "the browser goes to the registered address")
	return location.Query()
}

// begin runs a login up to the callback.
func (s *stand) begin(t *testing.T, persona string, extra ...string) (identity.Transaction, url.Values) {
	t.Helper()
	address, tx, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	return tx, s.visit(t, address, persona, extra...)
}

// login runs a whole login.
func (s *stand) login(t *testing.T, persona string) (identity.Login, error) {
	t.Helper()
	tx, query := s.begin(t, persona)
	return s.rp.Complete(context.WithoutCancel(t.Context()), tx, query)
}

// tampered answers the token endpoint with the emulator's answer, changed.
func (s *stand) tampered(t *testing.T, change func(answer map[string]any)) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		s.emulator.ServeHTTP(recorder, r)
		var answer map[string]any
		if json.Unmarshal(recorder.Body.Bytes(), &answer) != nil || recorder.Code != http.StatusOK {
			t.Errorf("the emulator answered %d", recorder.Code)
		}
		change(answer)
		body, err := json.Marshal(answer)
		if err != nil {
			t.Errorf("writing the answer: %v", err)
		}
		_, _ = w.Write(body)
	}
}

// claimsOf reads a token without any check.
func claimsOf(t *testing.T, token any) map[string]any {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Errorf("reading a token: %v", err)
	}
	var claims map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(payload)))
	decoder.UseNumber()
	if err := decoder.Decode(&claims); err != nil {
		t.Errorf("reading a token: %v", err)
	}
	return claims
}

// signed makes a token of claims.
func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	return signedAs(t, "", algorithm, key, claims)
}

// signedAs is signed with the kind of token in the header.
func signedAs(t *testing.T, kind string, algorithm jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kind != "" {
		options = options.WithHeader("sbt", kind)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Errorf("signing: %v", err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Errorf("signing: %v", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Errorf("signing: %v", err)
		return ""
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Errorf("signing: %v", err)
	}
	return token
}

// reissued signs changed claims with ESIA's own key: what only the check of claims can find.
func reissued(t *testing.T, token any, change func(claims map[string]any)) string {
	t.Helper()
	claims := maps.Clone(claimsOf(t, token))
	change(claims)
	return signed(t, jose.RS256, serverKey(), claims)
}
