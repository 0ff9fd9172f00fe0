package esia

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	protocol "kabinet/internal/identity/esia"
)

var (
	uuidPattern      = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	verifierPattern  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	orgScopePattern  = regexp.MustCompile(`^http://esia\.gosuslugi\.ru/[a-z_]+\?org_oid=([0-9]{1,19})$`)
)

func knownScopes() []string {
	return []string{
		"openid", "fullname", "birthdate", "gender", "snils", "inn", "id_doc",
		"email", "mobile", "contacts", "addresses", "usr_org",
	}
}

// once finds a parameter that is given twice: nobody can say which one was meant.
func once(parameters url.Values) *refusal {
	for _, values := range parameters {
		if len(values) > 1 {
			return refuse(protocol.CodeBadParameter)
		}
	}
	return nil
}

// checkSigned is what the authorize and the token endpoint have in common, after the client and
// the return address are known.
func (e *Emulator) checkSigned(client Client, parameters url.Values) *refusal {
	for _, name := range []string{"client_secret", "client_certificate_hash", "timestamp", "state"} {
		if parameters.Get(name) == "" {
			return refuse(protocol.CodeNoParameter)
		}
	}
	if parameters.Get("scope") == "" {
		return refuse(protocol.CodeNoScope)
	}
	if !uuidPattern.MatchString(parameters.Get("state")) {
		return refuse(protocol.CodeBadParameter)
	}
	if r := e.checkHash(client, parameters.Get("client_certificate_hash")); r != nil {
		return r
	}
	sent, err := time.Parse("2006.01.02 15:04:05 -0700", parameters.Get("timestamp"))
	if err != nil || e.clock.Now().Sub(sent).Abs() > TimestampWindow {
		return refuse(protocol.CodeWrongTime)
	}
	for scope := range strings.FieldsSeq(parameters.Get("scope")) {
		if !slices.Contains(client.Scopes, scope) {
			return refuse(protocol.CodeBadScope)
		}
	}
	for scope := range strings.FieldsSeq(parameters.Get("scope_org")) {
		if !orgScopePattern.MatchString(scope) {
			return refuse(protocol.CodeBadScope)
		}
	}
	return checkSecret(client, parameters)
}

func (e *Emulator) checkHash(client Client, hash string) *refusal {
	hash = strings.ToLower(hash)
	if subtle.ConstantTimeCompare([]byte(hash), []byte(strings.ToLower(client.CertificateHash))) == 1 {
		return nil
	}
	for _, other := range e.clients {
		if strings.EqualFold(other.CertificateHash, hash) {
			return refuse(protocol.CodeWrongCertificate)
		}
	}
	return refuse(protocol.CodeWrongSecret)
}

// checkSecret verifies client_secret: base64url with or without padding, over the values in ESIA's order.
func checkSecret(client Client, p url.Values) *refusal {
	signature, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(p.Get("client_secret"), "="))
	if err != nil {
		return refuse(protocol.CodeWrongSecret)
	}
	message := p.Get("client_id") + p.Get("scope") + p.Get("scope_org") + p.Get("timestamp") +
		p.Get("state") + p.Get("redirect_uri") + p.Get("code")
	digest := sha256.Sum256([]byte(message))
	if rsa.VerifyPKCS1v15(client.Key, crypto.SHA256, digest[:], signature) != nil {
		return refuse(protocol.CodeWrongSecret)
	}
	return nil
}

// organisations are the accounts that scope_org names.
func organisations(scopeOrg string) []string {
	var oids []string
	for scope := range strings.FieldsSeq(scopeOrg) {
		if m := orgScopePattern.FindStringSubmatch(scope); m != nil {
			oids = append(oids, m[1])
		}
	}
	return oids
}
