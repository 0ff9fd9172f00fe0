package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"

	"kabinet/internal/identity"
)

// metadata is what discovery told, checked.
type metadata struct {
	AuthURL     string
	TokenURL    string
	UserInfoURL string // may be empty
	LogoutURL   string // may be empty
	// issuerParameter tells whether every callback carries `iss` (RFC 9207).
	issuerParameter bool
	algorithms      []string
	keys            oidc.KeySet
}

// announced is the part of the document that go-oidc does not read.
type announced struct {
	KeysURL         string   `json:"jwks_uri"`
	UserInfoURL     string   `json:"userinfo_endpoint"`
	LogoutURL       string   `json:"end_session_endpoint"`
	IssuerParameter bool     `json:"authorization_response_iss_parameter_supported"`
	Algorithms      []string `json:"id_token_signing_alg_values_supported"`
	Challenges      []string `json:"code_challenge_methods_supported"`
}

// Discover reads the provider's metadata, unless that has been done. Begin, Complete and the others
// do it when they need it; called at the start, it lets Logout know where to go, and tells
// readiness. It may be called again after an error.
func (rp *RelyingParty) Discover(ctx context.Context) error {
	_, err := rp.discovered(ctx)
	return err
}

// discovered gives the metadata. However many ask for them, one request is under way, and it is not
// bound to who happened to ask first.
func (rp *RelyingParty) discovered(ctx context.Context) (metadata, error) {
	if m := rp.metadata.Load(); m != nil {
		return *m, nil
	}
	result := rp.discovery.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rp.config.Timeout)
		defer cancel()
		return rp.discover(ctx)
	})
	select {
	case <-ctx.Done():
		return metadata{}, identity.ErrUnavailable.Because(ctx.Err())
	case r := <-result:
		m, ok := r.Val.(metadata)
		if r.Err != nil || !ok {
			return metadata{}, r.Err
		}
		rp.metadata.Store(&m)
		return m, nil
	}
}

// discover tries twice: a provider behind a balancer may have lost one of its instances.
func (rp *RelyingParty) discover(ctx context.Context) (metadata, error) {
	ctx = oidc.ClientContext(ctx, rp.http)
	provider, err := oidc.NewProvider(ctx, rp.config.Issuer)
	if err != nil && ctx.Err() == nil {
		if _, wrong := errors.AsType[*oidc.IssuerMismatchError](err); !wrong {
			provider, err = oidc.NewProvider(ctx, rp.config.Issuer)
		}
	}
	if err != nil {
		// Its own words may quote the answer.
		if _, wrong := errors.AsType[*oidc.IssuerMismatchError](err); wrong {
			return metadata{}, identity.ErrAnswer.Because(errors.New("oidc: discovery: another issuer answers"))
		}
		return metadata{}, identity.ErrUnavailable.Because(errors.New("oidc: discovery: the provider's metadata cannot be read"))
	}
	var told announced
	if err := provider.Claims(&told); err != nil {
		return metadata{}, identity.ErrAnswer.Because(errors.New("oidc: discovery: the metadata cannot be read"))
	}
	m, err := rp.check(provider.Endpoint().AuthURL, provider.Endpoint().TokenURL, told)
	if err != nil {
		return metadata{}, identity.ErrAnswer.Because(fmt.Errorf("oidc: discovery: %w", err))
	}
	// The key set keeps this context for as long as it lives, without its end.
	m.keys = oidc.NewRemoteKeySet(oidc.ClientContext(ctx, rp.keyClient), told.KeysURL)
	return m, nil
}

func (rp *RelyingParty) check(authURL, tokenURL string, told announced) (metadata, error) {
	for _, address := range []struct {
		name, url string
		optional  bool
	}{
		{"authorization_endpoint", authURL, false},
		{"token_endpoint", tokenURL, false},
		{"jwks_uri", told.KeysURL, false},
		{"userinfo_endpoint", told.UserInfoURL, true},
		{"end_session_endpoint", told.LogoutURL, true},
	} {
		if address.url == "" && address.optional {
			continue
		}
		if err := checkAddress(address.url, rp.config.AllowPlainHTTP); err != nil {
			return metadata{}, fmt.Errorf("%s %w", address.name, err)
		}
	}
	if len(told.Challenges) > 0 && !slices.Contains(told.Challenges, "S256") {
		return metadata{}, errors.New("the provider has no PKCE with S256")
	}
	m := metadata{
		AuthURL: authURL, TokenURL: tokenURL, UserInfoURL: told.UserInfoURL, LogoutURL: told.LogoutURL,
		issuerParameter: told.IssuerParameter,
	}
	for _, algorithm := range rp.config.Algorithms {
		if len(told.Algorithms) == 0 || slices.Contains(told.Algorithms, algorithm) {
			m.algorithms = append(m.algorithms, algorithm)
		}
	}
	if len(m.algorithms) == 0 {
		return metadata{}, errors.New("the provider signs with none of the accepted algorithms")
	}
	return m, nil
}
