package esia

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/calendar"
	"kabinet/internal/dev/persona"
	protocol "kabinet/internal/identity/esia"
)

const (
	maxForm = 64 << 10 // bytes
	adult   = 18       // years
)

// token exchanges a code or a refresh token for tokens.
func (e *Emulator) token(family protocol.Family) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { e.exchange(family, w, r) }
}

func (e *Emulator) exchange(family protocol.Family, w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		refuse(protocol.CodeUnparsable).answer(w, http.StatusBadRequest, "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(protocol.CodeUnparsable).answer(w, http.StatusBadRequest, "")
		return
	}
	granted, refused := e.redeem(family, r.PostForm)
	if refused != nil {
		refused.answer(w, http.StatusBadRequest, r.PostForm.Get("state"))
		return
	}
	e.issue(w, granted, r.PostForm.Get("state"))
}

// redeem checks a token request and gives the grant that it stands for.
func (e *Emulator) redeem(family protocol.Family, form url.Values) (*grant, *refusal) {
	if refused := once(form); refused != nil {
		return nil, refused
	}
	client, known := e.clients[form.Get("client_id")]
	if !known {
		return nil, refuse(protocol.CodeClientNotProved)
	}
	if !slices.Contains(client.RedirectURIs, form.Get("redirect_uri")) {
		return nil, refuse(protocol.CodeWrongRedirect)
	}
	if refused := e.checkSigned(family, client, form); refused != nil {
		return nil, refused
	}
	if form.Get("token_type") != "Bearer" {
		return nil, refuse(protocol.CodeNoParameter)
	}
	if code, ok := e.failures.take(Token); ok {
		return nil, refuse(code)
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return e.redeemCode(family, client, form)
	case "refresh_token":
		return e.redeemRefresh(family, client, form)
	case "":
		return nil, refuse(protocol.CodeNoParameter)
	default:
		return nil, refuse(protocol.CodeBadGrantType)
	}
}

// redeemCode takes a code once. Its second use also ends what the first one gave (RFC 6749, 4.1.2).
func (e *Emulator) redeemCode(family protocol.Family, client Client, form url.Values) (*grant, *refusal) {
	if form.Get("code") == "" {
		return nil, refuse(protocol.CodeNoParameter)
	}
	code, ok := e.codes.take(form.Get("code"), func(g *grant) bool { return g.client == client.ID && g.family == family })
	if !ok {
		return nil, refuse(protocol.CodeInvalidGrant)
	}
	defer e.codes.keep(form.Get("code"), &grant{authorizeRequest: code.authorizeRequest, session: code.session, used: true}, CodeLifetime)
	if code.used {
		e.refresh.drop(func(g *grant) bool { return g.session == code.session })
		return nil, refuse(protocol.CodeInvalidGrant)
	}
	if form.Get("redirect_uri") != code.redirectURI || !slices.Equal(strings.Fields(form.Get("scope")), code.scopes) {
		return nil, refuse(protocol.CodeInvalidGrant)
	}
	if form.Get("state") == code.state {
		return nil, refuse(protocol.CodeBadParameter) // the token request carries a state of its own
	}
	if refused := checkVerifier(code.challenge, form.Get("code_verifier")); refused != nil {
		return nil, refused
	}
	return code, nil
}

func checkVerifier(challenge, verifier string) *refusal {
	if challenge == "" && verifier == "" {
		return nil
	}
	if challenge == "" || !verifierPattern.MatchString(verifier) {
		return refuse(protocol.CodeChallengeUnsupported)
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) != 1 {
		return refuse(protocol.CodeWrongVerifier)
	}
	return nil
}

func (e *Emulator) redeemRefresh(family protocol.Family, client Client, form url.Values) (*grant, *refusal) {
	if form.Get("refresh_token") == "" {
		return nil, refuse(protocol.CodeNoParameter)
	}
	granted, ok := e.refresh.take(form.Get("refresh_token"), func(g *grant) bool { return g.client == client.ID && g.family == family })
	if !ok {
		return nil, refuse(protocol.CodeInvalidGrant)
	}
	return granted, nil
}

// issue writes the tokens of a grant.
func (e *Emulator) issue(w http.ResponseWriter, granted *grant, state string) {
	person, ok := e.bySubject(granted.subject)
	if !ok {
		refuse(protocol.CodeInvalidGrant).answer(w, http.StatusBadRequest, state)
		return
	}
	access, err := e.accessToken(granted, person)
	if err != nil {
		refuse(protocol.CodeInternal).answer(w, http.StatusBadRequest, state)
		return
	}
	id, err := e.idToken(granted, person)
	if err != nil {
		refuse(protocol.CodeInternal).answer(w, http.StatusBadRequest, state)
		return
	}
	answer := map[string]any{
		"access_token": access,
		"id_token":     id,
		"state":        state,
		"token_type":   "Bearer",
		"expires_in":   int(AccessLifetime / time.Second),
	}
	if granted.offline {
		answer["refresh_token"] = e.refresh.put(granted, RefreshLifetime)
	}
	writeJSON(w, http.StatusOK, answer)
}

func (e *Emulator) idToken(granted *grant, person persona.Persona) (string, error) {
	now := e.clock.Now()
	subject := map[string]any{
		"urn:esia:sbj:typ": "P",
		"urn:esia:sbj:oid": person.OID,
		"urn:esia:sbj:nam": "OID." + person.Subject(),
		"urn:esia:sbj:lvl": level(person, now),
	}
	if person.Trusted {
		subject["urn:esia:sbj:is_tru"] = true // never false: absent
	}
	return e.sign("id", map[string]any{
		"iss":           e.issuer,
		"aud":           granted.client,
		"sub":           person.OID,
		"iat":           now.Unix(),
		"nbf":           now.Unix(),
		"exp":           now.Add(IDLifetime).Unix(),
		"auth_time":     now.Unix(),
		"amr":           granted.method,
		"urn:esia:amd":  granted.method,
		"urn:esia:sid":  granted.session,
		"urn:esia:sbj":  subject,
		"urn:esia:type": "id",
	})
}

// level is urn:esia:sbj:lvl: KD for a child, PR for a confirmed account, P for the others.
func level(person persona.Persona, now time.Time) string {
	today := calendar.DateOf(now, calendar.Moscow())
	born := person.Profile.BirthDate
	switch {
	case !born.IsZero() && calendar.NewDate(born.Year()+adult, born.Month(), born.Day()).After(today):
		return "KD"
	case person.Trusted:
		return "PR"
	default:
		return "P"
	}
}

func (e *Emulator) accessToken(granted *grant, person persona.Persona) (string, error) {
	now := e.clock.Now()
	return e.sign("access", accessClaims{
		Issuer:    e.issuer,
		Client:    granted.client,
		Scope:     strings.Join(granted.scopes, " "),
		Subject:   person.OID,
		Session:   granted.session,
		IssuedAt:  now.Unix(),
		NotBefore: now.Unix(),
		Expires:   now.Add(AccessLifetime).Unix(),
	})
}

// accessClaims is the payload of an access token, written here and read in rest.go.
type accessClaims struct {
	Issuer    string `json:"iss"`
	Client    string `json:"client_id"`
	Scope     string `json:"scope"`
	Subject   int64  `json:"urn:esia:sbj_id"`
	Session   string `json:"urn:esia:sid"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
}

func (e *Emulator) sign(kind string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("esia emulator: writing a token: %w", err)
	}
	jws, err := e.signers[kind].Sign(payload)
	if err != nil {
		return "", fmt.Errorf("esia emulator: signing a token: %w", err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("esia emulator: writing a token: %w", err)
	}
	return token, nil
}

// readAccess checks a bearer token of the emulator's own making.
func (e *Emulator) readAccess(token string) (accessClaims, bool) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{e.key.algorithm})
	if err != nil || jws.Signatures[0].Header.ExtraHeaders["sbt"] != "access" {
		return accessClaims{}, false
	}
	payload, err := jws.Verify(e.key.verifier)
	if err != nil {
		return accessClaims{}, false
	}
	var claims accessClaims
	if json.Unmarshal(payload, &claims) != nil || e.clock.Now().Unix() >= claims.Expires {
		return accessClaims{}, false
	}
	return claims, true
}
