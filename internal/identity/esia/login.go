package esia

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
)

// ProviderName is Login.Provider of everybody who came through ESIA.
const ProviderName = "esia"

// RelyingParty logs people in at ESIA. It is safe for concurrent use.
type RelyingParty struct {
	config Config
	family family
	keys   oidc.KeySet
	http   *http.Client
}

var (
	_ identity.Provider  = (*RelyingParty)(nil)
	_ identity.Refresher = (*RelyingParty)(nil)
)

// New makes a relying party of a valid configuration.
func New(config Config) (*RelyingParty, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	rp := &RelyingParty{config: config, family: config.Family.protocol(), keys: config.KeySet}
	if rp.keys == nil {
		rp.keys = keySet{algorithms: config.signatureAlgorithms(), keys: config.TokenKeys}
	}
	transport := config.Transport
	if transport == nil {
		transport = newTransport(config.Timeout)
	}
	rp.http = &http.Client{
		Transport: transport,
		Timeout:   config.Timeout,
		// A redirect would carry a code or a token to an address nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return rp, nil
}

// Begin implements identity.Provider. The redirect address has to be registered at ESIA, which is
// the only one to check that.
func (rp *RelyingParty) Begin(ctx context.Context, redirectURI string) (string, identity.Transaction, error) {
	if err := ctx.Err(); err != nil {
		return "", identity.Transaction{}, identity.ErrUnavailable.Because(err)
	}
	if err := checkRedirect(redirectURI, rp.config.AllowPlainHTTP); err != nil {
		return "", identity.Transaction{}, fault.ErrInternal.Because(fmt.Errorf("esia: redirect address: %w", err))
	}
	tx := identity.Transaction{
		Verifier:    oauth2.GenerateVerifier(),
		RedirectURI: redirectURI,
		StartedAt:   rp.config.Clock.Now(),
	}
	parameters, err := rp.request(redirectURI, "")
	if err != nil {
		return "", identity.Transaction{}, err
	}
	tx.State = parameters.Get("state")
	parameters.Set("response_type", "code")
	parameters.Set("access_type", "offline")
	if rp.family.challenge {
		parameters.Set("code_challenge", oauth2.S256ChallengeFromVerifier(tx.Verifier))
		parameters.Set("code_challenge_method", "S256")
	}
	return rp.config.Portal + rp.family.authorizePath + "?" + parameters.Encode(), tx, nil
}

// Complete implements identity.Provider.
func (rp *RelyingParty) Complete(ctx context.Context, tx identity.Transaction, callback url.Values) (identity.Login, error) {
	code, err := rp.checkCallback(tx, callback)
	if err != nil {
		return identity.Login{}, err
	}
	parameters, err := rp.request(tx.RedirectURI, code)
	if err != nil {
		return identity.Login{}, err
	}
	parameters.Set("grant_type", "authorization_code")
	if rp.family.challenge {
		parameters.Set("code_verifier", tx.Verifier)
	}
	answer, err := rp.requestTokens(ctx, parameters)
	if err != nil {
		return identity.Login{}, err
	}
	proof, tokens, err := rp.checkTokens(ctx, answer)
	if err != nil {
		return identity.Login{}, err
	}
	person, err := rp.fetchPerson(ctx, proof.subject, tokens.Access)
	if err != nil {
		return identity.Login{}, err
	}
	if person.Status == statusDeleted {
		return identity.Login{}, errDeleted
	}
	return identity.Login{
		Provider: ProviderName,
		Subject:  proof.subject,
		Method:   proof.method,
		// Both have to say so: the token was signed at login, the record is of now.
		Trusted:         proof.trusted && (person.Trusted == nil || *person.Trusted),
		ProviderSession: proof.session,
		Tokens:          tokens,
		Profile:         person.profile(),
	}, nil
}

// Refresh implements identity.Refresher.
func (rp *RelyingParty) Refresh(ctx context.Context, subject, refreshToken string) (identity.Tokens, error) {
	if refreshToken == "" {
		return identity.Tokens{}, identity.ErrRefresh
	}
	parameters, err := rp.request(rp.config.RedirectURI, "")
	if err != nil {
		return identity.Tokens{}, err
	}
	parameters.Set("grant_type", "refresh_token")
	parameters.Set("refresh_token", refreshToken)
	answer, err := rp.requestTokens(ctx, parameters)
	if err != nil {
		if fault.CodeOf(err) == fault.Unauthenticated {
			return identity.Tokens{}, identity.ErrRefresh.Because(err)
		}
		return identity.Tokens{}, err
	}
	proof, tokens, err := rp.checkTokens(ctx, answer)
	if err != nil {
		return identity.Tokens{}, err
	}
	if subtle.ConstantTimeCompare([]byte(proof.subject), []byte(subject)) != 1 {
		return identity.Tokens{}, identity.ErrToken.Because(fmt.Errorf("esia: refreshed tokens: %w", errSubject))
	}
	return tokens, nil
}

// Logout implements identity.Provider. ESIA takes no id_token.
func (rp *RelyingParty) Logout(returnTo, _ string) string {
	query := url.Values{"client_id": {rp.config.ClientID}}
	if returnTo != "" {
		query.Set("redirect_url", returnTo)
	}
	return rp.config.Portal + rp.family.logoutPath + "?" + query.Encode()
}

// request gives the parameters that every signed request has, with a new state and timestamp.
func (rp *RelyingParty) request(redirectURI, code string) (url.Values, error) {
	state, err := uuid.NewRandom()
	if err != nil {
		return nil, fault.ErrInternal.Because(fmt.Errorf("esia: making a state: %w", err))
	}
	parameters := url.Values{
		"client_id":    {rp.config.ClientID},
		"scope":        {strings.Join(rp.config.Scopes, " ")},
		"timestamp":    {timestamp(rp.config.Clock.Now())},
		"state":        {state.String()},
		"redirect_uri": {redirectURI},
	}
	if len(rp.config.OrganisationScopes) > 0 {
		parameters.Set("scope_org", strings.Join(rp.config.OrganisationScopes, " "))
	}
	if code != "" {
		parameters.Set("code", code)
	}
	secret, err := rp.config.Signer.Sign(rp.family.message(parameters))
	if err != nil {
		return nil, fault.ErrInternal.Because(err)
	}
	parameters.Set("client_secret", base64.RawURLEncoding.EncodeToString(secret))
	if rp.family.certificateHash {
		parameters.Set("client_certificate_hash", rp.config.Signer.CertificateHash())
	}
	return parameters, nil
}

// maxParameter bounds what is read from a callback, in bytes: an authorisation code of ESIA is a
// JWT of about a kilobyte.
const maxParameter = 4096

// checkCallback finds the code. The state is checked before anything else is believed, an error
// included: otherwise a foreign page could end logins of its choice.
func (rp *RelyingParty) checkCallback(tx identity.Transaction, callback url.Values) (string, error) {
	for _, name := range []string{"state", "code", "error", "error_description"} {
		if len(callback[name]) > 1 || len(callback.Get(name)) > maxParameter {
			return "", identity.ErrCallback
		}
	}
	if tx.State == "" || tx.Verifier == "" || tx.RedirectURI == "" ||
		subtle.ConstantTimeCompare([]byte(callback.Get("state")), []byte(tx.State)) != 1 {
		return "", identity.ErrCallback
	}
	age := rp.config.Clock.Now().Sub(tx.StartedAt)
	if age > rp.config.LoginLifetime || age < -rp.config.Leeway {
		return "", identity.ErrExpired
	}
	if callback.Has("error") {
		return "", refusalOf(callback.Get("error"), callback.Get("error_description"))
	}
	if callback.Get("code") == "" {
		return "", identity.ErrCallback
	}
	return callback.Get("code"), nil
}

// requestTokens posts to the token endpoint and checks that the answer belongs to the request.
func (rp *RelyingParty) requestTokens(ctx context.Context, parameters url.Values) (tokenAnswer, error) {
	parameters.Set("token_type", "Bearer")
	var answer tokenAnswer
	if err := rp.post(ctx, rp.family.tokenPath, parameters, &answer); err != nil {
		return tokenAnswer{}, err
	}
	if subtle.ConstantTimeCompare([]byte(answer.State), []byte(parameters.Get("state"))) != 1 {
		return tokenAnswer{}, identity.ErrAnswer.Because(errState)
	}
	if !strings.EqualFold(answer.TokenType, "Bearer") || answer.AccessToken == "" || answer.IDToken == "" {
		return tokenAnswer{}, identity.ErrAnswer.Because(errIncomplete)
	}
	return answer, nil
}

// checkTokens verifies both tokens and that they speak of the same person.
func (rp *RelyingParty) checkTokens(ctx context.Context, answer tokenAnswer) (proof, identity.Tokens, error) {
	p, err := rp.verifyID(ctx, answer.IDToken)
	if err != nil {
		return proof{}, identity.Tokens{}, identity.ErrToken.Because(fmt.Errorf("esia: id_token: %w", err))
	}
	expires, err := rp.verifyAccess(ctx, answer.AccessToken, p)
	if err != nil {
		return proof{}, identity.Tokens{}, identity.ErrToken.Because(fmt.Errorf("esia: access token: %w", err))
	}
	if answer.ExpiresIn > 0 && answer.ExpiresIn < maxExpiresIn {
		if told := rp.config.Clock.Now().Add(time.Duration(answer.ExpiresIn) * time.Second); told.Before(expires) {
			expires = told
		}
	}
	return p, identity.Tokens{
		Access:    answer.AccessToken,
		Refresh:   answer.RefreshToken,
		ID:        answer.IDToken,
		ExpiresAt: expires,
	}, nil
}
