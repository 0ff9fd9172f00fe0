package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"kabinet/internal/identity"
)

// What is wrong with a token or an answer. The texts hold nothing of it.
var (
	errTokenTooLong = errors.New("oidc: the token is too long")
	errUnverified   = errors.New("oidc: the token's signature, issuer or audience is wrong")
	errExpired      = errors.New("oidc: the token has expired")
	errNoToken      = errors.New("oidc: there is no id_token")
	errClaims       = errors.New("oidc: the token's claims cannot be read")
	errNoSubject    = errors.New("oidc: sub is missing")
	errSubject      = errors.New("oidc: it is about another person")
	errNonce        = errors.New("oidc: nonce is another one")
	errParty        = errors.New("oidc: azp is another client, or missing beside several audiences")
	errNoIssuedAt   = errors.New("oidc: iat is missing")
	errFuture       = errors.New("oidc: the token was issued in the future")
	errStale        = errors.New("oidc: the token was issued too long ago")
	errHash         = errors.New("oidc: at_hash does not belong to the access token")
	errKeys         = errors.New("oidc: the provider's keys cannot be read")
	errGrant        = errors.New("oidc: the provider refuses the code or the refresh token")
)

const maxToken = 64 << 10 // bytes

// keySet tells a wrong signature from keys that could not be fetched. It serves one check.
type keySet struct {
	oidc.KeySet
	unavailable bool
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	if err != nil {
		// go-oidc has no other sign of it.
		k.unavailable = strings.HasPrefix(err.Error(), "fetching keys")
		return nil, errUnverified
	}
	return payload, nil
}

// verify runs one of go-oidc's checks and puts its errors into words of our own.
func verify[T any](ctx context.Context, rp *RelyingParty, m metadata, token string,
	check func(*oidc.IDTokenVerifier, context.Context, string) (T, error),
) (T, error) {
	var none T
	if len(token) > maxToken {
		return none, identity.ErrToken.Because(errTokenTooLong)
	}
	ctx, cancel := context.WithTimeout(ctx, rp.config.Timeout)
	defer cancel()
	keys := &keySet{KeySet: m.keys}
	verifier := oidc.NewVerifier(rp.config.Issuer, keys, &oidc.Config{
		ClientID:             rp.config.ClientID,
		SupportedSigningAlgs: m.algorithms,
		Now:                  func() time.Time { return rp.config.Clock.Now().Add(-rp.config.Leeway) },
	})
	result, err := check(verifier, ctx, token)
	if err == nil {
		return result, nil
	}
	if keys.unavailable {
		return none, identity.ErrUnavailable.Because(errKeys)
	}
	if _, expired := errors.AsType[*oidc.TokenExpiredError](err); expired {
		return none, identity.ErrToken.Because(errExpired)
	}
	return none, identity.ErrToken.Because(errUnverified)
}

// proof is what an id_token proves.
type proof struct {
	subject string
	expires time.Time
	claims  claims
}

// verifyID checks an id_token: OpenID Connect Core, section 3.1.3.7. The nonce is checked by who
// knows one. With an access token, at_hash is checked when it is there.
func (rp *RelyingParty) verifyID(ctx context.Context, m metadata, token, accessToken string) (proof, string, error) {
	verified, err := verify(ctx, rp, m, token, (*oidc.IDTokenVerifier).Verify)
	if err != nil {
		return proof{}, "", err
	}
	var told claims
	if verified.Claims(&told) != nil {
		return proof{}, "", identity.ErrToken.Because(errClaims)
	}
	refuse := func(err error) (proof, string, error) { return proof{}, "", identity.ErrToken.Because(err) }
	party, hasParty := told["azp"]
	switch {
	case verified.Subject == "":
		return refuse(errNoSubject)
	case len(verified.Audience) > 1 && !hasParty, hasParty && party.text() != rp.config.ClientID:
		return refuse(errParty)
	}
	if err := rp.checkIssuedAt(verified.IssuedAt, rp.config.LoginLifetime); err != nil {
		return refuse(err)
	}
	if _, there := told["at_hash"]; there && verified.VerifyAccessToken(accessToken) != nil {
		return refuse(errHash)
	}
	return proof{subject: verified.Subject, expires: verified.Expiry, claims: told}, verified.Nonce, nil
}

// checkIssuedAt wants a token that was made just now.
func (rp *RelyingParty) checkIssuedAt(issued time.Time, age time.Duration) error {
	now := rp.config.Clock.Now()
	switch {
	case issued.Unix() <= 0: // go-oidc reads a missing time as zero
		return errNoIssuedAt
	case issued.After(now.Add(rp.config.Leeway)):
		return errFuture
	case issued.Before(now.Add(-age - rp.config.Leeway)):
		return errStale
	}
	return nil
}

// openUserInfo checks a signed answer of userinfo: OpenID Connect Core, section 5.3.2.
func (rp *RelyingParty) openUserInfo(ctx context.Context, m metadata, token string) ([]byte, error) {
	keys := &keySet{KeySet: m.keys}
	verifier := oidc.NewVerifier(rp.config.Issuer, keys, &oidc.Config{
		ClientID: rp.config.ClientID, SupportedSigningAlgs: m.algorithms, SkipExpiryCheck: true,
	})
	verified, err := verifier.Verify(ctx, strings.TrimSpace(token))
	switch {
	case keys.unavailable:
		return nil, identity.ErrUnavailable.Because(errKeys)
	case err != nil:
		return nil, identity.ErrToken.Because(errUnverified)
	}
	var raw json.RawMessage
	if verified.Claims(&raw) != nil {
		return nil, identity.ErrToken.Because(errClaims)
	}
	return raw, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// methodOf reads how the person logged in (RFC 8176).
func methodOf(amr []string) identity.Method {
	switch {
	case slices.ContainsFunc(amr, func(m string) bool { return m == "hwk" || m == "swk" || m == "sc" }):
		return identity.Signature
	case slices.Contains(amr, "pwd"):
		return identity.Password
	default:
		return identity.Other
	}
}
