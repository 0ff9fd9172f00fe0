package oidc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	op "github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/require"

	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
)

// A provider that others wrote, and that was certified by the OpenID Foundation: what we call right
// is not only our own idea.
func certified(t *testing.T, client *goidc.Client, change func(*oidc.Config)) *oidc.RelyingParty {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	client.ClientMeta.RedirectURIs = []string{callback}
	client.GrantTypes = []goidc.GrantType{goidc.GrantAuthorizationCode, goidc.GrantRefreshToken}
	client.ResponseTypes = []goidc.ResponseType{goidc.ResponseTypeCode}
	client.ScopeIDs = strings.Join(oidc.DefaultScopes(), " ")
	about := func(context.Context, *goidc.Grant) map[string]any {
		return map[string]any{"given_name": "Анна", "email": "anna@example.ru", "email_verified": true}
	}
	provider, err := op.New(server.URL, nil,
		func(context.Context) (goidc.JSONWebKeySet, error) {
			return goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{{KeyID: "key", Key: providerKey(), Algorithm: "RS256", Use: "sig"}}}, nil
		},
		op.WithStaticClients(client),
		op.WithScopes(goidc.ScopeOpenID, goidc.ScopeProfile, goidc.ScopeEmail, goidc.ScopePhone, goidc.ScopeAddress, goidc.ScopeOfflineAccess),
		op.WithAuthCodeGrant(nil, goidc.ResponseTypeCode),
		op.WithRefreshTokenGrant(nil),
		op.WithRefreshTokenRotation(),
		op.WithIDTokenSignatureAlgs(goidc.RS256),
		op.WithTokenAuthnMethods(goidc.AuthnMethodSecretBasic, goidc.AuthnMethodPrivateKeyJWT),
		op.WithPrivateKeyJWTSignatureAlgs(goidc.RS256),
		op.WithPKCERequired(goidc.CodeChallengeMethodSHA256),
		op.WithIssuerResponseParameter(),
		op.WithTokenOptions(func(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
			return goidc.NewOpaqueTokenOptions(600)
		}),
		op.WithUserInfoClaims(about),
		op.WithPolicies(goidc.NewPolicy("main",
			func(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true },
			func(_ http.ResponseWriter, _ *http.Request, session *goidc.AuthnSession, _ *goidc.Client) (goidc.Status, error) {
				session.Subject, session.GrantedScopes = subject, client.ScopeIDs
				return goidc.StatusSuccess, nil
			})),
	)
	require.NoError(t, err)
	handler = provider.Handler()

	config := oidc.Config{Name: "certified", Issuer: server.URL, ClientID: client.ID, AllowPlainHTTP: true}
	change(&config)
	rp, err := oidc.New(config)
	require.NoError(t, err)
	return rp
}

func visitCertified(t *testing.T, address string) url.Values {
	t.Helper()
	browser := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := browser.Get(address)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	location, err := response.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(location.String(), callback+"?"))
	return location.Query()
}

func TestCertifiedProvider(t *testing.T) {
	// It does not undo the form-encoding of RFC 6749, 2.3.1.
	const plain = "secret-without-any-signs"
	public := goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{{KeyID: "client-key", Key: &foreignKey().PublicKey, Algorithm: "RS256", Use: "sig"}}}
	for name, c := range map[string]struct {
		client *goidc.Client
		change func(*oidc.Config)
	}{
		"client_secret_basic": {
			&goidc.Client{ID: "kabinet", Secret: plain, ClientMeta: goidc.ClientMeta{TokenAuthnMethod: goidc.AuthnMethodSecretBasic}},
			func(c *oidc.Config) { c.ClientSecret = plain },
		},
		"private_key_jwt": {
			&goidc.Client{ID: "kabinet", ClientMeta: goidc.ClientMeta{TokenAuthnMethod: goidc.AuthnMethodPrivateKeyJWT, JWKS: &public}},
			func(c *oidc.Config) { c.Key, c.KeyID = foreignKey(), "client-key" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			rp := certified(t, c.client, c.change)
			address, tx, err := rp.Begin(t.Context(), callback)
			require.NoError(t, err)
			query := visitCertified(t, address)
			login, err := rp.Complete(t.Context(), tx, query)
			require.NoError(t, err)
			require.Equal(t, subject, login.Subject)
			require.Equal(t, "Анна", login.Profile.FirstName)
			require.True(t, login.Profile.Email.Confirmed)

			tokens, err := rp.Refresh(t.Context(), subject, login.Tokens.Refresh)
			require.NoError(t, err)
			require.NotEqual(t, login.Tokens.Access, tokens.Access)
			_, err = rp.Refresh(t.Context(), subject, login.Tokens.Refresh)
			require.ErrorIs(t, err, identity.ErrRefresh, "it was rotated")

			_, err = rp.Complete(t.Context(), tx, query)
			require.ErrorIs(t, err, identity.ErrToken, "a code is good once")
			address, tx, err = rp.Begin(t.Context(), callback)
			require.NoError(t, err)
			tx.Verifier = strings.Repeat("v", 43)
			_, err = rp.Complete(t.Context(), tx, visitCertified(t, address))
			require.ErrorIs(t, err, identity.ErrToken, "PKCE binds the code to who began")
		})
	}
}
