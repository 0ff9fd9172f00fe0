package oidc

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
)

// ErrRefused says that the person, or the provider on their behalf, declined the login.
var ErrRefused = fault.New(fault.Unauthenticated, locale.Text{
	Ru: "Сервис входа отклонил вход.",
	En: "The sign-in service declined the sign-in.",
}, locale.Text{
	Ru: "Начните вход заново и разрешите доступ к данным.",
	En: "Start signing in again and allow access to the data.",
})

// maxParameter bounds what is read from a callback, in bytes.
const maxParameter = 4096

// RelyingParty logs people in at one provider. It is safe for concurrent use.
type RelyingParty struct {
	config    Config
	http      *http.Client
	keyClient *http.Client
	discovery singleflight.Group
	metadata  atomic.Pointer[metadata]
}

var (
	_ identity.Provider       = (*RelyingParty)(nil)
	_ identity.Refresher      = (*RelyingParty)(nil)
	_ identity.LogoutListener = (*RelyingParty)(nil)
)

// New makes a relying party of a valid configuration. It asks the provider nothing yet.
func New(config Config) (*RelyingParty, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	transport := config.Transport
	if transport == nil {
		transport = newTransport(config.Timeout)
	}
	transport = bounded{transport}
	return &RelyingParty{
		config:    config,
		http:      newClient(transport, config.Timeout),
		keyClient: newClient(&keyCache{RoundTripper: transport, clock: config.Clock}, config.Timeout),
	}, nil
}

// Name implements identity.LogoutListener.
func (rp *RelyingParty) Name() string { return rp.config.Name }

// Issuer implements identity.LogoutListener.
func (rp *RelyingParty) Issuer() string { return rp.config.Issuer }

// Begin implements identity.Provider.
func (rp *RelyingParty) Begin(ctx context.Context, redirectURI string) (string, identity.Transaction, error) {
	if err := checkAddress(redirectURI, rp.config.AllowPlainHTTP); err != nil {
		return "", identity.Transaction{}, fault.ErrInternal.Because(fmt.Errorf("oidc: redirect address: %w", err))
	}
	m, err := rp.discovered(ctx)
	if err != nil {
		return "", identity.Transaction{}, err
	}
	tx := identity.Transaction{
		State:       rand.Text(),
		Nonce:       rand.Text(),
		Verifier:    oauth2.GenerateVerifier(),
		RedirectURI: redirectURI,
		StartedAt:   rp.config.Clock.Now(),
	}
	return withQuery(m.AuthURL, url.Values{
		"response_type":         {"code"},
		"client_id":             {rp.config.ClientID},
		"redirect_uri":          {redirectURI},
		"scope":                 {strings.Join(rp.config.Scopes, " ")},
		"state":                 {tx.State},
		"nonce":                 {tx.Nonce},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(tx.Verifier)},
		"code_challenge_method": {"S256"},
	}), tx, nil
}

// withQuery adds parameters to an address, which may have some already.
func withQuery(address string, add url.Values) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + add.Encode()
}

// Complete implements identity.Provider.
func (rp *RelyingParty) Complete(ctx context.Context, tx identity.Transaction, callback url.Values) (identity.Login, error) {
	m, err := rp.discovered(ctx)
	if err != nil {
		return identity.Login{}, err
	}
	code, err := rp.checkCallback(m, tx, callback)
	if err != nil {
		return identity.Login{}, err
	}
	answer, err := rp.requestTokens(ctx, m, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {tx.RedirectURI},
		"code_verifier": {tx.Verifier},
	})
	if err != nil {
		return identity.Login{}, err
	}
	if answer.IDToken == "" {
		return identity.Login{}, identity.ErrAnswer.Because(errNoToken)
	}
	p, nonce, err := rp.verifyID(ctx, m, answer.IDToken, answer.AccessToken)
	if err != nil {
		return identity.Login{}, err
	}
	if !same(nonce, tx.Nonce) {
		return identity.Login{}, identity.ErrToken.Because(errNonce)
	}
	about := p.claims
	if m.UserInfoURL != "" {
		told, err := rp.userInfo(ctx, m, answer.AccessToken)
		if err != nil {
			return identity.Login{}, err
		}
		// Without this, an access token put in its place would bring another's data (Core, 5.3.2).
		if !same(told["sub"].text(), p.subject) {
			return identity.Login{}, identity.ErrToken.Because(fmt.Errorf("userinfo: %w", errSubject))
		}
		about = about.with(told)
	}
	return identity.Login{
		Provider: rp.config.Name,
		Subject:  p.subject,
		// How and how surely the login was done, only the signed token can say.
		Method:          methodOf(p.claims["amr"].list()),
		Trusted:         rp.trusted(p.claims, about),
		ProviderSession: p.claims["sid"].text(),
		Tokens:          rp.tokens(answer, p.expires, ""),
		Profile:         rp.profile(about),
	}, nil
}

func (rp *RelyingParty) trusted(signed, about claims) bool {
	if rp.config.TrustedClaim != "" && about[rp.config.TrustedClaim].truth() {
		return true
	}
	level := signed["acr"].text()
	return level != "" && slices.Contains(rp.config.TrustedACR, level)
}

// tokens are those of an answer. Where it tells no lifetime, they are taken to last as long as
// the proof that came with them. A provider that does not rotate refresh tokens sends none.
func (rp *RelyingParty) tokens(answer tokenAnswer, expires time.Time, refreshToken string) identity.Tokens {
	if answer.ExpiresIn > 0 {
		expires = rp.config.Clock.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)
	}
	if answer.RefreshToken != "" {
		refreshToken = answer.RefreshToken
	}
	return identity.Tokens{
		Access: answer.AccessToken, Refresh: refreshToken, ID: answer.IDToken, ExpiresAt: expires.UTC(),
	}
}

// checkCallback finds the code. State and issuer are checked before anything else is believed, an
// error included: otherwise a foreign page could end logins of its choice.
func (rp *RelyingParty) checkCallback(m metadata, tx identity.Transaction, callback url.Values) (string, error) {
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(callback[name]) > 1 || len(callback.Get(name)) > maxParameter {
			return "", identity.ErrCallback
		}
	}
	if tx.State == "" || tx.Nonce == "" || tx.Verifier == "" || tx.RedirectURI == "" || !same(callback.Get("state"), tx.State) {
		return "", identity.ErrCallback
	}
	// RFC 9207: an answer of another provider would have the code sent to the wrong one.
	if (m.issuerParameter || callback.Has("iss")) && callback.Get("iss") != rp.config.Issuer {
		return "", identity.ErrCallback
	}
	age := rp.config.Clock.Now().Sub(tx.StartedAt)
	if age > rp.config.LoginLifetime || age < -rp.config.Leeway {
		return "", identity.ErrExpired
	}
	if callback.Has("error") {
		return "", refusalOf(callback.Get("error"))
	}
	if callback.Get("code") == "" {
		return "", identity.ErrCallback
	}
	return callback.Get("code"), nil
}

// refusalOf puts the error of a callback into words (RFC 6749, 4.1.2.1; Core, 3.1.2.6).
func refusalOf(name string) error {
	switch name {
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return ErrRefused
	case "server_error", "temporarily_unavailable":
		return identity.ErrUnavailable.Because(errors.New("oidc: the provider's authorization endpoint fails"))
	default:
		return identity.ErrAnswer.Because(errors.New("oidc: the provider's authorization endpoint refuses the request"))
	}
}

// Refresh implements identity.Refresher.
func (rp *RelyingParty) Refresh(ctx context.Context, subject, refreshToken string) (identity.Tokens, error) {
	if refreshToken == "" {
		return identity.Tokens{}, identity.ErrRefresh
	}
	m, err := rp.discovered(ctx)
	if err != nil {
		return identity.Tokens{}, err
	}
	answer, err := rp.requestTokens(ctx, m, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken},
	})
	if errors.Is(err, errGrant) {
		return identity.Tokens{}, identity.ErrRefresh.Because(err)
	}
	if err != nil {
		return identity.Tokens{}, err
	}
	expires := rp.config.Clock.Now()
	if answer.IDToken != "" { // it is optional here: Core, section 12.2
		p, _, err := rp.verifyID(ctx, m, answer.IDToken, answer.AccessToken)
		if err != nil {
			return identity.Tokens{}, err
		}
		if !same(p.subject, subject) {
			return identity.Tokens{}, identity.ErrToken.Because(fmt.Errorf("refreshed tokens: %w", errSubject))
		}
		expires = p.expires
	}
	return rp.tokens(answer, expires, refreshToken), nil
}

// impersonalClaims are those of an id token that tell nothing of a person but the provider's name for them.
func impersonalClaims() []string {
	return []string{
		"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "sid", "auth_time", "acr", "amr", "at_hash", "c_hash", "s_hash",
	}
}

// isImpersonal tells whether an id token may stand in an address, which browsers and proxies keep: only if it tells nothing
// of the person. The token was checked when it came; here it is only read.
func isImpersonal(idToken string) bool {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 { //nolint:mnd // header, claims, signature
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var told map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &told) != nil {
		return false
	}
	for name := range told {
		if !slices.Contains(impersonalClaims(), name) {
			return false
		}
	}
	return true
}

// Logout implements identity.Provider. Where the provider ends no sessions, or has not been
// discovered yet, there is nothing to do but to go to returnTo. The id_token goes through the
// browser, which is how RP-Initiated Logout 1.0 wants it: it is the person's own.
func (rp *RelyingParty) Logout(returnTo, idToken string) string {
	m := rp.metadata.Load()
	if m == nil || m.LogoutURL == "" {
		return returnTo
	}
	query := url.Values{"client_id": {rp.config.ClientID}}
	if returnTo != "" {
		query.Set("post_logout_redirect_uri", returnTo)
	}
	if isImpersonal(idToken) {
		query.Set("id_token_hint", idToken)
	}
	return withQuery(m.LogoutURL, query)
}
