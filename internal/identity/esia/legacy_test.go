package esia_test

import (
	"crypto/rsa"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/smallstep/pkcs7"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

func cmsSigner(t *testing.T, key *rsa.PrivateKey) *esia.CMSSigner {
	t.Helper()
	signer, err := esia.NewCMSSigner(key, certificate(t, key))
	require.NoError(t, err)
	return signer
}

func newLegacyStand(t *testing.T, change ...func(*esia.Config)) *stand {
	t.Helper()
	return newStand(t, append([]func(*esia.Config){func(c *esia.Config) {
		c.Family, c.Signer = esia.Legacy, cmsSigner(t, clientKey())
	}}, change...)...)
}

func TestLegacyLogin(t *testing.T) {
	s := newLegacyStand(t)
	login, err := s.login(t, "ivanova")
	require.NoError(t, err)
	require.True(t, login.Trusted)
	require.NotEmpty(t, login.Profile.LastName)
	tokens, err := s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.NoError(t, err)
	require.NotEmpty(t, tokens.Access)
	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrRefresh)
	require.True(t, strings.HasPrefix(s.rp.Logout(goodbye, ""), s.server.URL+"/idp/ext/Logout?"))
}

// The order of what is signed, written out here once more: scope, timestamp, client_id, state.
func TestLegacyRequest(t *testing.T) {
	s := newLegacyStand(t)
	address, tx, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "/aas/oauth2/ac", u.Path)
	q := u.Query()
	require.Equal(t, tx.State, q.Get("state"))
	for _, absent := range []string{"client_certificate_hash", "code_challenge", "code_challenge_method", "scope_org"} {
		require.False(t, q.Has(absent), absent)
	}
	der, err := base64.RawURLEncoding.DecodeString(q.Get("client_secret"))
	require.NoError(t, err)
	cms, err := pkcs7.Parse(der)
	require.NoError(t, err)
	require.Empty(t, cms.Content, "detached")
	require.True(t, clientKey().PublicKey.Equal(cms.GetOnlySigner().PublicKey), "the certificate comes along")
	cms.Content = []byte(q.Get("scope") + q.Get("timestamp") + q.Get("client_id") + q.Get("state"))
	require.NoError(t, cms.Verify())
	cms.Content = append(cms.Content, '.')
	require.Error(t, cms.Verify())
}

func TestLegacyExchangeSignsNeitherCodeNorVerifier(t *testing.T) {
	s := newLegacyStand(t)
	var form url.Values
	var path string
	s.token = func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("reading a form: %v", err)
		}
		form = r.PostForm
		path = r.URL.Path
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	tx, query := s.begin(t, "ivanova")
	_, err := s.rp.Complete(t.Context(), tx, query)
	require.Equal(t, fault.UpstreamUnavailable, fault.CodeOf(err))
	require.Equal(t, "/aas/oauth2/te", path)
	require.NotEmpty(t, form.Get("code"))
	require.NotEqual(t, tx.State, form.Get("state"), "a new state")
	require.False(t, form.Has("code_verifier"))
	require.False(t, form.Has("client_certificate_hash"))
}

func TestLegacyClientWithAnotherKey(t *testing.T) {
	s := newLegacyStand(t, func(c *esia.Config) { c.Signer = cmsSigner(t, otherKey()) })
	address, _, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	query := s.visit(t, address, "ivanova")
	require.True(t, strings.HasPrefix(query.Get("error_description"), string(esia.CodeWrongSecret)), query)
}

func TestFamiliesAreNotMixed(t *testing.T) {
	for name, change := range map[string]func(*esia.Config){
		"raw signature in the legacy family": func(c *esia.Config) { c.Family = esia.Legacy },
		"CMS in the current family":          func(c *esia.Config) { c.Signer = cmsSigner(t, clientKey()) },
		"organisations in the legacy family": func(c *esia.Config) {
			c.Family, c.Signer = esia.Legacy, cmsSigner(t, clientKey())
			c.OrganisationScopes = []string{"http://esia.gosuslugi.ru/org_inf?org_oid=1"}
		},
		"unknown family": func(c *esia.Config) { c.Family = 7 },
	} {
		config := production(t)
		change(&config)
		_, err := esia.New(config)
		require.ErrorContains(t, err, "family", name)
	}
	// A code is good only where it was asked for.
	current, legacy := newStand(t), newLegacyStand(t)
	tx, query := legacy.begin(t, "ivanova")
	legacy.token = current.emulator.ServeHTTP
	_, err := legacy.rp.Complete(t.Context(), tx, query)
	require.Error(t, err)
}
