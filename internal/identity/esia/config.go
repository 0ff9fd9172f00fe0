package esia

import (
	"crypto"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/clock"
)

// Defaults of Config.
const (
	DefaultTimeout       = 10 * time.Second
	DefaultLoginLifetime = 15 * time.Minute
	DefaultLeeway        = 30 * time.Second
	maxLeeway            = 5 * time.Minute
)

// DefaultScopes is what the cabinet asks for: everything that an identity.Profile holds.
func DefaultScopes() []string {
	return []string{
		"openid", "fullname", "birthdate", "gender", "snils", "inn", "id_doc",
		"email", "mobile", "contacts", "addresses", "usr_org",
	}
}

// Config is what a relying party needs. Fields that say so may be left zero.
type Config struct {
	// Portal is the base address of ESIA as browsers see it, such as https://esia.gosuslugi.ru.
	Portal string
	// Backchannel is the base address for the cabinet's own requests when it differs from Portal.
	Backchannel string
	// Issuer is `iss` of the tokens; when empty, http://<host of Portal>/, as ESIA writes it.
	Issuer string
	// Family is the protocol family that the cabinet is registered for.
	Family Family
	// ClientID is the mnemonic of the cabinet at ESIA.
	ClientID string
	// RedirectURI is the registered callback; it goes into refresh requests. Begin may name another registered one.
	RedirectURI string
	// Scopes are what is asked for; when empty, DefaultScopes.
	Scopes []string
	// OrganisationScopes become scope_org; may be empty. The legacy family has none.
	OrganisationScopes []string
	// Signer makes client_secret, as the family wants it.
	Signer Signer
	// TokenKeys are the keys, *rsa.PublicKey and *gost.PublicKey, that may have signed a token: the
	// present one and, around a replacement, the next one.
	TokenKeys []crypto.PublicKey
	// KeySet checks token signatures instead of TokenKeys, for algorithms that are not known here.
	KeySet oidc.KeySet
	// TokenAlgorithms are the accepted `alg`. When empty, RS256 and AlgorithmGOST as far as there are
	// keys for them, or RS256 with a KeySet. Never none nor a symmetric one.
	TokenAlgorithms []string
	// Timeout limits every single request; when zero, DefaultTimeout.
	Timeout time.Duration
	// LoginLifetime is how long a person may take between Begin and Complete; when zero, DefaultLoginLifetime.
	LoginLifetime time.Duration
	// Leeway is how far ESIA's clock may be off; when zero, DefaultLeeway; at most 5 minutes.
	Leeway time.Duration
	// AllowPlainHTTP lets addresses be http, for the emulator.
	AllowPlainHTTP bool
	// Clock tells the time; when nil, the machine's.
	Clock clock.Clock
	// Transport carries the requests; when nil, one of its own. Redirects are never followed.
	Transport http.RoundTripper
}

// Validate names everything that is wrong with the configuration.
func (c Config) Validate() error {
	var faults []error
	add := func(field string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("esia: %s: %w", field, err))
		}
	}
	add("portal", checkBase(c.Portal, c.AllowPlainHTTP))
	if c.Backchannel != "" {
		add("backchannel", checkBase(c.Backchannel, c.AllowPlainHTTP))
	}
	add("redirect address", checkRedirect(c.RedirectURI, c.AllowPlainHTTP))
	if c.ClientID == "" {
		add("client id", errors.New("is missing"))
	}
	add("scopes", checkScopes(c.Scopes))
	add("organisation scopes", checkWords(c.OrganisationScopes))
	add("family", c.checkFamily())
	if c.Signer == nil {
		add("signer", errors.New("is missing"))
	} else if err := checkCertificateHash(c.Signer.CertificateHash()); err != nil {
		faults = append(faults, err)
	}
	add("token keys", c.checkKeys())
	add("token algorithms", c.checkAlgorithms())
	if c.Timeout < 0 || c.LoginLifetime < 0 || c.Leeway < 0 {
		add("times", errors.New("must not be negative"))
	}
	if c.Leeway > maxLeeway {
		add("leeway", fmt.Errorf("is more than %s", maxLeeway))
	}
	return errors.Join(faults...)
}

func (c Config) checkFamily() error {
	switch {
	case c.Family != Current && c.Family != Legacy:
		return errors.New("is neither the current nor the legacy one")
	case c.Signer != nil && c.Signer.Family() != c.Family:
		return errors.New("its signatures are not made by this signer")
	case c.Family == Legacy && len(c.OrganisationScopes) > 0:
		return errors.New("has no organisation scopes")
	}
	return nil
}

func (c Config) checkKeys() error {
	if c.KeySet != nil {
		if len(c.TokenKeys) > 0 {
			return errors.New("a key set and a list of keys exclude each other")
		}
		return nil
	}
	if len(c.TokenKeys) == 0 {
		return errors.New("there is none")
	}
	for i, key := range c.TokenKeys {
		if err := checkTokenKey(key); err != nil {
			return fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Portal = strings.TrimSuffix(c.Portal, "/")
	c.Backchannel = strings.TrimSuffix(c.Backchannel, "/")
	if c.Backchannel == "" {
		c.Backchannel = c.Portal
	}
	if c.Issuer == "" {
		if portal, err := url.Parse(c.Portal); err == nil {
			c.Issuer = "http://" + portal.Host + "/"
		}
	}
	if len(c.Scopes) == 0 {
		c.Scopes = DefaultScopes()
	}
	if len(c.TokenAlgorithms) == 0 {
		c.TokenAlgorithms = algorithmsFor(c.TokenKeys)
	}
	if len(c.TokenAlgorithms) == 0 {
		c.TokenAlgorithms = []string{oidc.RS256}
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.LoginLifetime == 0 {
		c.LoginLifetime = DefaultLoginLifetime
	}
	if c.Leeway == 0 {
		c.Leeway = DefaultLeeway
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	return c
}

// checkBase accepts scheme and host with nothing after them.
func checkBase(base string, plain bool) error {
	u, err := parseAddress(base, plain)
	if err != nil {
		return err
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return errors.New("must end after the host")
	}
	return nil
}

// checkRedirect accepts an absolute address that a code may be sent to.
func checkRedirect(address string, plain bool) error {
	_, err := parseAddress(address, plain)
	return err
}

func parseAddress(address string, plain bool) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("is no absolute address")
	}
	if u.Scheme == "https" || (u.Scheme == "http" && plain) {
		return u, nil
	}
	return nil, errors.New("must begin with https://")
}

func checkScopes(scopes []string) error {
	if len(scopes) > 0 && !slices.Contains(scopes, "openid") {
		return errors.New("openid is missing")
	}
	return checkWords(scopes)
}

func checkWords(words []string) error {
	for _, word := range words {
		if word == "" || strings.ContainsAny(word, " \t\r\n") {
			return errors.New("a scope is one word")
		}
	}
	return nil
}

// checkAlgorithms keeps out everything that is not a signature by a key of ESIA.
func (c Config) checkAlgorithms() error {
	for _, algorithm := range c.TokenAlgorithms {
		switch jose.SignatureAlgorithm(algorithm) {
		case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512:
		case "", "none", jose.HS256, jose.HS384, jose.HS512:
			return errors.New("none and symmetric algorithms are not allowed")
		case AlgorithmGOST:
			if c.KeySet == nil && !slices.Contains(algorithmsFor(c.TokenKeys), AlgorithmGOST) {
				return errors.New("there is no GOST key")
			}
		default:
			if c.KeySet == nil {
				return errors.New("an algorithm other than RSA and GOST needs its own key set")
			}
		}
	}
	return nil
}

// signatureAlgorithms are TokenAlgorithms in go-jose's type.
func (c Config) signatureAlgorithms() []jose.SignatureAlgorithm {
	algorithms := make([]jose.SignatureAlgorithm, len(c.TokenAlgorithms))
	for i, name := range c.TokenAlgorithms {
		algorithms[i] = jose.SignatureAlgorithm(name)
	}
	return algorithms
}

// newTransport is for a host far away that may hang: every phase has its limit, and the request
// as a whole has Config.Timeout.
func newTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}
