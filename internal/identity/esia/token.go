package esia

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/identity"
)

// What is wrong with a token. The texts hold nothing of it.
var (
	errTooLong     = errors.New("it is too long")
	errForm        = errors.New("it is not a token in an accepted algorithm")
	errKind        = errors.New("it is a token of another kind")
	errSignature   = errors.New("no configured key made its signature")
	errClaims      = errors.New("its claims cannot be read")
	errIssuer      = errors.New("iss is another issuer")
	errAudience    = errors.New("it was made for another client")
	errNoExpiry    = errors.New("exp is missing")
	errExpired     = errors.New("it has expired")
	errNotYet      = errors.New("it is not valid yet")
	errNoIssuedAt  = errors.New("iat is missing")
	errFuture      = errors.New("it was issued in the future")
	errSubject     = errors.New("it is about another person")
	errNoSubject   = errors.New("sub is missing")
	errSubjectType = errors.New("it is not about a person")
	errSession     = errors.New("it belongs to another session")
	errState       = errors.New("esia: the answer of the token endpoint repeats another state")
	errIncomplete  = errors.New("esia: the answer of the token endpoint is incomplete")
)

const (
	maxToken = 16 << 10 // bytes; ESIA's own are about one kilobyte
	// maxExpiresIn keeps a nonsensical expires_in from overflowing, in seconds.
	maxExpiresIn = 10 * 365 * 24 * 3600
)

// oid is an account number of ESIA. It comes as a JSON number, from some installations as a string.
type oid string

// UnmarshalJSON accepts 1–19 digits, with quotes or without.
func (o *oid) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' {
		b = b[1 : len(b)-1]
	}
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n <= 0 || b[0] == '+' || b[0] == '0' {
		return errors.New("not an account number")
	}
	*o = oid(b)
	return nil
}

// words is a JSON string or a list of them: amr and aud come as either.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*w = words{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("neither a string nor a list of strings")
	}
	*w = many
	return nil
}

// times are the claims about time, in seconds since 1970.
type times struct {
	Expires   *int64 `json:"exp"`
	NotBefore *int64 `json:"nbf"`
	IssuedAt  *int64 `json:"iat"`
}

// check applies RFC 7519 with a leeway for the difference of two clocks. exp and iat are
// required, nbf is checked when it is there.
func (t times) check(now time.Time, leeway time.Duration) error {
	switch {
	case t.Expires == nil:
		return errNoExpiry
	case t.IssuedAt == nil:
		return errNoIssuedAt
	case !now.Before(time.Unix(*t.Expires, 0).Add(leeway)):
		return errExpired
	case time.Unix(*t.IssuedAt, 0).After(now.Add(leeway)):
		return errFuture
	case t.NotBefore != nil && time.Unix(*t.NotBefore, 0).After(now.Add(leeway)):
		return errNotYet
	}
	return nil
}

// idClaims is the payload of an id_token.
type idClaims struct {
	times
	Issuer   string `json:"iss"`
	Audience words  `json:"aud"`
	Subject  oid    `json:"sub"`
	AMR      words  `json:"amr"`
	Method   words  `json:"urn:esia:amd"`
	Session  string `json:"urn:esia:sid"`
	About    struct {
		Type    string `json:"urn:esia:sbj:typ"`
		OID     oid    `json:"urn:esia:sbj:oid"`
		Trusted bool   `json:"urn:esia:sbj:is_tru"`
	} `json:"urn:esia:sbj"`
}

// accessClaims is the payload of an access token.
type accessClaims struct {
	times
	Issuer  string `json:"iss"`
	Client  string `json:"client_id"`
	Subject oid    `json:"urn:esia:sbj_id"`
	Session string `json:"urn:esia:sid"`
}

// proof is what an id_token proves.
type proof struct {
	subject string
	method  identity.Method
	trusted bool
	session string
}

// verifyID checks an id_token: OpenID Connect Core 3.1.3.7 without nonce, which ESIA lacks.
func (rp *RelyingParty) verifyID(ctx context.Context, token string) (proof, error) {
	var claims idClaims
	if err := rp.open(ctx, token, "id", &claims); err != nil {
		return proof{}, err
	}
	switch {
	case claims.Issuer != rp.config.Issuer:
		return proof{}, errIssuer
	case len(claims.Audience) != 1 || claims.Audience[0] != rp.config.ClientID:
		// A second audience would be a party that could pass this token off here as its own.
		return proof{}, errAudience
	case claims.Subject == "":
		return proof{}, errNoSubject
	case claims.About.OID != "" && claims.About.OID != claims.Subject:
		return proof{}, errSubject
	case claims.About.Type != "" && claims.About.Type != "P":
		return proof{}, errSubjectType
	}
	if err := claims.check(rp.config.Clock.Now(), rp.config.Leeway); err != nil {
		return proof{}, err
	}
	return proof{
		subject: string(claims.Subject),
		method:  methodOf(claims.AMR, claims.Method),
		trusted: claims.About.Trusted,
		session: claims.Session,
	}, nil
}

// verifyAccess checks that the access token was made for this client and this person, and tells
// when it ends. Without it a mixed-up answer would fetch one person's data into another's cabinet.
func (rp *RelyingParty) verifyAccess(ctx context.Context, token string, p proof) (time.Time, error) {
	var claims accessClaims
	if err := rp.open(ctx, token, "access", &claims); err != nil {
		return time.Time{}, err
	}
	switch {
	case claims.Issuer != rp.config.Issuer:
		return time.Time{}, errIssuer
	case claims.Client != rp.config.ClientID:
		return time.Time{}, errAudience
	case string(claims.Subject) != p.subject:
		return time.Time{}, errSubject
	case claims.Session != p.session:
		return time.Time{}, errSession
	}
	if err := claims.check(rp.config.Clock.Now(), rp.config.Leeway); err != nil {
		return time.Time{}, err
	}
	return time.Unix(*claims.Expires, 0).UTC(), nil
}

// open checks form, algorithm, kind and signature, and reads the claims.
func (rp *RelyingParty) open(ctx context.Context, token, kind string, claims any) error {
	if len(token) > maxToken {
		return errTooLong
	}
	// A key set of somebody else's may take any algorithm: the list is enforced here.
	jws, err := jose.ParseSignedCompact(token, rp.config.signatureAlgorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return errForm
	}
	if told, there := jws.Signatures[0].Header.ExtraHeaders["sbt"]; there && told != kind {
		return errKind
	}
	payload, err := rp.keys.VerifySignature(ctx, token)
	if err != nil {
		return errSignature
	}
	if err := json.Unmarshal(payload, claims); err != nil {
		return errClaims
	}
	return nil
}

// methodOf reads how the person logged in; amr is the standard claim, urn:esia:amd ESIA's own.
func methodOf(claims ...words) identity.Method {
	for _, list := range claims {
		for _, name := range list {
			switch name {
			case "DS":
				return identity.Signature
			case "PWD":
				return identity.Password
			}
		}
	}
	return identity.Other
}
