package esia_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"

	"kabinet/internal/gost"
	"kabinet/internal/identity/esia"
)

type shortHash struct{ esia.Signer }

func (shortHash) CertificateHash() string { return "abc" }

func production(t *testing.T) esia.Config {
	t.Helper()
	signer, err := esia.NewRSASigner(clientKey(), strings.Repeat("0a", 32))
	require.NoError(t, err)
	return esia.Config{
		Portal: "https://esia.gosuslugi.ru", ClientID: clientID, RedirectURI: "https://kabinet.example.ru/auth/callback",
		Signer: signer, TokenKeys: []crypto.PublicKey{&serverKey().PublicKey},
	}
}

func TestConfigDefaults(t *testing.T) {
	rp, err := esia.New(production(t))
	require.NoError(t, err)
	address, _, err := rp.Begin(t.Context(), "https://kabinet.example.ru/auth/callback")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(address, "https://esia.gosuslugi.ru/aas/oauth2/v2/ac?"), address)
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, strings.Join(esia.DefaultScopes(), " "), u.Query().Get("scope"))
	require.True(t, strings.HasPrefix(rp.Logout("", ""), "https://esia.gosuslugi.ru/idp/ext/Logout?client_id=KABINET"))
}

func TestConfigFaults(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*esia.Config)
		names  string
	}{
		"plain http":           {func(c *esia.Config) { c.Portal = "http://esia.example.ru" }, "portal"},
		"portal with a path":   {func(c *esia.Config) { c.Portal += "/aas" }, "portal"},
		"no portal":            {func(c *esia.Config) { c.Portal = "" }, "portal"},
		"portal with password": {func(c *esia.Config) { c.Portal = "https://u:p@esia.example.ru" }, "portal"},
		"backchannel":          {func(c *esia.Config) { c.Backchannel = "ftp://x" }, "backchannel"},
		"no redirect":          {func(c *esia.Config) { c.RedirectURI = "" }, "redirect"},
		"no client":            {func(c *esia.Config) { c.ClientID = "" }, "client id"},
		"no openid":            {func(c *esia.Config) { c.Scopes = []string{"fullname"} }, "scopes"},
		"two scopes in one":    {func(c *esia.Config) { c.Scopes = []string{"openid fullname", "openid"} }, "scopes"},
		"bad scope_org":        {func(c *esia.Config) { c.OrganisationScopes = []string{""} }, "organisation scopes"},
		"no signer":            {func(c *esia.Config) { c.Signer = nil }, "signer"},
		"wrong hash":           {func(c *esia.Config) { c.Signer = shortHash{c.Signer} }, "hash"},
		"no key":               {func(c *esia.Config) { c.TokenKeys = nil }, "token keys"},
		"elliptic key":         {func(c *esia.Config) { c.TokenKeys = []crypto.PublicKey{&elliptical.PublicKey} }, "token keys"},
		"empty key":            {func(c *esia.Config) { c.TokenKeys = []crypto.PublicKey{&rsa.PublicKey{}} }, "token keys"},
		"key of no kind":       {func(c *esia.Config) { c.TokenKeys = []crypto.PublicKey{nil} }, "token keys"},
		"keys and key set":     {func(c *esia.Config) { c.KeySet = &oidc.StaticKeySet{} }, "token keys"},
		"none":                 {func(c *esia.Config) { c.TokenAlgorithms = []string{"RS256", "none"} }, "algorithms"},
		"symmetric":            {func(c *esia.Config) { c.TokenAlgorithms = []string{"HS256"} }, "algorithms"},
		"GOST without a key":   {func(c *esia.Config) { c.TokenAlgorithms = []string{"GOST3410_2012_256"} }, "algorithms"},
		"a curve without set":  {func(c *esia.Config) { c.TokenAlgorithms = []string{"ES256"} }, "algorithms"},
		"missing GOST key":     {func(c *esia.Config) { c.TokenKeys = []crypto.PublicKey{(*gost.PublicKey)(nil)} }, "token keys"},
		"negative time":        {func(c *esia.Config) { c.Timeout = -1 }, "times"},
		"endless leeway":       {func(c *esia.Config) { c.Leeway = time.Hour }, "leeway"},
	} {
		t.Run(name, func(t *testing.T) {
			config := production(t)
			c.change(&config)
			rp, err := esia.New(config)
			require.ErrorContains(t, err, c.names)
			require.Nil(t, rp)
		})
	}
}

func TestConfigNamesEveryFaultAtOnce(t *testing.T) {
	err := esia.Config{}.Validate()
	for _, part := range []string{"portal", "redirect", "client id", "signer", "token keys"} {
		require.ErrorContains(t, err, part)
	}
}

func TestSignerRefuses(t *testing.T) {
	_, err := esia.NewRSASigner(nil, strings.Repeat("0a", 32))
	require.Error(t, err)
	for _, hash := range []string{"", "zz", strings.Repeat("0a", 31), strings.Repeat("zz", 32)} {
		_, err = esia.NewRSASigner(clientKey(), hash)
		require.Error(t, err, hash)
	}
	short := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: clientKey().Primes[0], E: 65537}}
	_, err = esia.NewRSASigner(short, strings.Repeat("0a", 32))
	require.Error(t, err)
}
