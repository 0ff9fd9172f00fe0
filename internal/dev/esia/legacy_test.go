package esia_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/esia"
	"kabinet/internal/dev/persona"
	"kabinet/internal/gost"
	protocol "kabinet/internal/identity/esia"
)

// cms signs a message as a client of the legacy family does.
func cms(t *testing.T, key *rsa.PrivateKey, message string, detached bool) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	signed, err := pkcs7.NewSignedData([]byte(message))
	require.NoError(t, err)
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	require.NoError(t, signed.AddSigner(certificate, key, pkcs7.SignerInfoConfig{}))
	if detached {
		signed.Detach()
	}
	der, err = signed.Finish()
	require.NoError(t, err)
	return base64.URLEncoding.EncodeToString(der)
}

func legacyMessage(p url.Values) string {
	return p.Get("scope") + p.Get("timestamp") + p.Get("client_id") + p.Get("state")
}

func (s *stand) legacyRequest() url.Values {
	p := s.request()
	p.Del("client_certificate_hash")
	p.Set("response_type", "code")
	p.Set("access_type", "offline")
	return p
}

func (s *stand) legacyToken(p url.Values) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, "/aas/oauth2/te", strings.NewReader(p.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

func (s *stand) legacyCode(t *testing.T) string {
	t.Helper()
	p := s.legacyRequest()
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	p.Set("persona", "ivanova")
	query := sentBack(t, s.get("/aas/oauth2/ac?"+p.Encode()))
	require.NotEmpty(t, query.Get("code"), query)
	return query.Get("code")
}

func TestLegacyFamily(t *testing.T) {
	s := newStand(t)
	p := s.request()
	p.Del("client_certificate_hash")
	p.Set("code", s.legacyCode(t))
	p.Set("grant_type", "authorization_code")
	p.Set("token_type", "Bearer")
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	status, answer := s.legacyToken(p)
	require.Equal(t, http.StatusOK, status, answer)
	require.NotEmpty(t, answer["id_token"])
	require.Equal(t, p.Get("state"), answer["state"])
	status, answer = s.legacyToken(p)
	require.Equal(t, http.StatusBadRequest, status)
	requireCode(t, protocol.CodeInvalidGrant, answer["error_description"])
}

func TestLegacySecretIsChecked(t *testing.T) {
	s := newStand(t)
	for name, secret := range map[string]func(p url.Values) string{
		"of another key": func(p url.Values) string { return cms(t, otherKey(), legacyMessage(p), true) },
		"current order": func(p url.Values) string {
			return cms(t, clientKey(), p.Get("client_id")+p.Get("scope")+p.Get("timestamp")+p.Get("state")+p.Get("redirect_uri"), true)
		},
		"with the message inside": func(p url.Values) string { return cms(t, clientKey(), legacyMessage(p), false) },
		"over nothing":            func(url.Values) string { return cms(t, clientKey(), "", true) },
		"a raw signature": func(p url.Values) string {
			sign(t, clientKey(), p)
			return p.Get("client_secret")
		},
		"no base64": func(url.Values) string { return "***" },
		"no CMS":    func(url.Values) string { return "AAAA" },
	} {
		p := s.legacyRequest()
		p.Set("client_secret", secret(p))
		p.Set("persona", "ivanova")
		query := sentBack(t, s.get("/aas/oauth2/ac?"+p.Encode()))
		require.Empty(t, query.Get("code"), name)
		requireCode(t, protocol.CodeWrongSecret, query.Get("error_description"))
	}
	p := s.authorizeRequest()
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	requireCode(t, protocol.CodeWrongSecret, sentBack(t, s.authorize(p)).Get("error_description"))
}

func TestCodeOfTheOtherFamily(t *testing.T) {
	s := newStand(t)
	p := s.codeRequest(s.legacyCode(t))
	sign(t, clientKey(), p)
	_, answer := s.token(p)
	requireCode(t, protocol.CodeInvalidGrant, answer["error_description"])

	p = s.codeRequest(s.code(t, "ivanova", s.authorizeRequest()))
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	_, answer = s.legacyToken(p)
	requireCode(t, protocol.CodeInvalidGrant, answer["error_description"])

	tokens := s.tokens(t, "ivanova", "openid")
	p = s.request()
	p.Set("scope", "openid")
	p.Set("grant_type", "refresh_token")
	p.Set("token_type", "Bearer")
	p.Set("refresh_token", tokens["refresh_token"].(string))
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	_, answer = s.legacyToken(p)
	requireCode(t, protocol.CodeInvalidGrant, answer["error_description"])
}

func TestClientAndTokensWithGOST(t *testing.T) {
	key, err := gost.GenerateKey(rand.Reader, gost.TC26A)
	require.NoError(t, err)
	server, err := gost.GenerateKey(rand.Reader, gost.CryptoProA)
	require.NoError(t, err)
	s := newStand(t)
	s.Emulator, err = esia.New(esia.Options{
		Issuer: issuer, Clock: s.clock, Key: server,
		Clients: []esia.Client{{ID: client, Key: key.PublicKey(), CertificateHash: s.hash, RedirectURIs: []string{callback}}},
	})
	require.NoError(t, err)
	require.True(t, server.PublicKey().Equal(s.PublicKey()))

	secret := func(p url.Values) {
		message := p.Get("client_id") + p.Get("scope") + p.Get("timestamp") + p.Get("state") + p.Get("redirect_uri") + p.Get("code")
		signature, err := key.SignMessage(rand.Reader, []byte(message))
		require.NoError(t, err)
		p.Set("client_secret", base64.RawURLEncoding.EncodeToString(signature))
	}
	p := s.authorizeRequest()
	secret(p)
	p.Set("persona", "ivanova")
	code := s.codeRequest(sentBack(t, s.authorize(p)).Get("code"))
	secret(code)
	status, answer := s.token(code)
	require.Equal(t, http.StatusOK, status, answer)

	parts := strings.Split(answer["id_token"].(string), ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	require.True(t, server.PublicKey().Verify([]byte(parts[0]+"."+parts[1]), signature))
	ivanova, _ := persona.ByName("ivanova")
	path := "/rs/prns/" + ivanova.Subject()
	require.Equal(t, http.StatusOK, s.get(path, "Authorization", "Bearer "+answer["access_token"].(string)).Code)

	foreign := []byte(answer["access_token"].(string))
	foreign[len(foreign)-10] ^= 1
	require.Equal(t, http.StatusUnauthorized, s.get(path, "Authorization", "Bearer "+string(foreign)).Code)

	p = s.authorizeRequest()
	sign(t, clientKey(), p)
	requireCode(t, protocol.CodeWrongSecret, sentBack(t, s.authorize(p)).Get("error_description"))
	p = s.legacyRequest()
	p.Set("client_secret", cms(t, clientKey(), legacyMessage(p), true))
	requireCode(t, protocol.CodeWrongSecret, sentBack(t, s.get("/aas/oauth2/ac?"+p.Encode())).Get("error_description"))
}

func TestKeysOfNoUse(t *testing.T) {
	sum := sha256.Sum256(nil)
	good := func() esia.Options {
		return esia.Options{Issuer: issuer, Key: serverKey(), Clients: []esia.Client{{
			ID: client, Key: &clientKey().PublicKey, CertificateHash: strings.Repeat("0", 64), RedirectURIs: []string{callback},
		}}}
	}
	for name, change := range map[string]func(*esia.Options){
		"client's key of another kind": func(o *esia.Options) { o.Clients[0].Key = sum },
		"client's key missing":         func(o *esia.Options) { o.Clients[0].Key = (*gost.PublicKey)(nil) },
		"client's RSA key missing":     func(o *esia.Options) { o.Clients[0].Key = (*rsa.PublicKey)(nil) },
		"own key of another kind":      func(o *esia.Options) { o.Key = neither{} },
	} {
		options := good()
		change(&options)
		_, err := esia.New(options)
		require.Error(t, err, name)
	}
}
