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

	"github.com/smallstep/pkcs7"

	"kabinet/internal/gost"
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
func (e *Emulator) checkSigned(family protocol.Family, client Client, parameters url.Values) *refusal {
	required := []string{"client_secret", "timestamp", "state"}
	if family == protocol.Current {
		required = append(required, "client_certificate_hash")
	}
	for _, name := range required {
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
	if family == protocol.Current {
		if r := e.checkHash(client, parameters.Get("client_certificate_hash")); r != nil {
			return r
		}
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
	return checkSecret(family, client, parameters)
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

// checkSecret verifies client_secret: base64url with or without padding, over the values in the
// family's order.
func checkSecret(family protocol.Family, client Client, p url.Values) *refusal {
	signature, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(p.Get("client_secret"), "="))
	if err != nil {
		return refuse(protocol.CodeWrongSecret)
	}
	var good bool
	if family == protocol.Legacy {
		message := p.Get("scope") + p.Get("timestamp") + p.Get("client_id") + p.Get("state")
		good = verifyDetached(client.Key, []byte(message), signature)
	} else {
		message := p.Get("client_id") + p.Get("scope") + p.Get("scope_org") + p.Get("timestamp") +
			p.Get("state") + p.Get("redirect_uri") + p.Get("code")
		good = verifyRaw(client.Key, []byte(message), signature)
	}
	if !good {
		return refuse(protocol.CodeWrongSecret)
	}
	return nil
}

func verifyRaw(key crypto.PublicKey, message, signature []byte) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		digest := sha256.Sum256(message)
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	case *gost.PublicKey:
		return key.Verify(message, signature)
	default:
		return false
	}
}

// verifyDetached checks CMS that brings its certificate along: whose key it holds is what counts,
// as there is nobody here who issues certificates.
func verifyDetached(key crypto.PublicKey, message, cms []byte) bool {
	signed, err := pkcs7.Parse(cms)
	if err != nil || len(signed.Content) > 0 || len(signed.Signers) != 1 {
		return false
	}
	certificate := signed.GetOnlySigner()
	known, ok := key.(*rsa.PublicKey)
	if certificate == nil || !ok || !known.Equal(certificate.PublicKey) {
		return false
	}
	signed.Content = message
	return signed.Verify() == nil
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
