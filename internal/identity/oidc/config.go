package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/clock"
)

// Defaults of Config.
const (
	DefaultTimeout       = 10 * time.Second
	DefaultLoginLifetime = 15 * time.Minute
	DefaultLeeway        = 30 * time.Second
	DefaultSnilsClaim    = "snils"
	DefaultInnClaim      = "inn"

	maxLeeway      = 5 * time.Minute
	minimalModulus = 2048 // bits
)

// DefaultScopes ask for every claim that an identity.Profile has a place for, and for a refresh token.
func DefaultScopes() []string {
	return []string{"openid", "profile", "email", "phone", "address", "offline_access"}
}

// Config is what a relying party needs. Fields that say so may be left zero.
type Config struct {
	// Name is Login.Provider of everybody who comes through this provider.
	Name string
	// Issuer is the provider's name for itself, exactly as it writes it; discovery begins there.
	Issuer string
	// ClientID is the cabinet's name at the provider.
	ClientID string
	// ClientSecret proves it by client_secret_basic, Key by private_key_jwt. Exactly one is given.
	ClientSecret string
	// Key is *rsa.PrivateKey of at least 2048 bits (RS256) or *ecdsa.PrivateKey on P-256 (ES256).
	Key crypto.Signer
	// KeyID is `kid` of Key as registered; may be empty.
	KeyID string
	// Scopes are what is asked for; when empty, DefaultScopes.
	Scopes []string
	// Algorithms are the accepted `alg` of tokens; when empty RS256, PS256 and ES256. Of these, those
	// count that the provider announces. Never none nor a symmetric one.
	Algorithms []string
	// SnilsClaim and InnClaim are where the provider tells these numbers; when empty, DefaultSnilsClaim and DefaultInnClaim.
	SnilsClaim, InnClaim string
	// TrustedClaim is a claim that is true for people whose identity was confirmed in person,
	// TrustedACR are values of `acr` that say so. With neither, nobody is.
	TrustedClaim string
	TrustedACR   []string
	// Timeout limits every single request; when zero, DefaultTimeout.
	Timeout time.Duration
	// LoginLifetime is how long a person may take between Begin and Complete; when zero, DefaultLoginLifetime.
	LoginLifetime time.Duration
	// Leeway is how far the provider's clock may be off; when zero, DefaultLeeway; at most 5 minutes.
	Leeway time.Duration
	// Replay remembers logout tokens; when nil, a memory of this process alone.
	Replay Replay
	// AllowPlainHTTP lets addresses be http, for development.
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
			faults = append(faults, fmt.Errorf("oidc: %s: %w", field, err))
		}
	}
	missing := errors.New("is missing")
	if c.Name == "" {
		add("name", missing)
	}
	add("issuer", checkAddress(c.Issuer, c.AllowPlainHTTP))
	if strings.ContainsAny(c.Issuer, "?#") {
		add("issuer", errors.New("must not have a query"))
	}
	if c.ClientID == "" {
		add("client id", missing)
	}
	switch {
	case c.ClientSecret == "" && c.Key == nil:
		add("client secret or key", missing)
	case c.ClientSecret != "" && c.Key != nil:
		add("client secret and key", errors.New("exclude each other"))
	case c.Key != nil:
		_, err := algorithmOf(c.Key)
		add("key", err)
	}
	if len(c.Scopes) > 0 && !slices.Contains(c.Scopes, "openid") {
		add("scopes", errors.New("openid is missing"))
	}
	for _, scope := range c.Scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n") {
			add("scopes", errors.New("a scope is one word"))
		}
	}
	for _, algorithm := range c.Algorithms {
		if !slices.Contains(knownAlgorithms(), algorithm) {
			add("algorithms", errors.New("only RSA and elliptic signatures are accepted"))
		}
	}
	if c.Timeout < 0 || c.LoginLifetime < 0 || c.Leeway < 0 {
		add("times", errors.New("must not be negative"))
	}
	if c.Leeway > maxLeeway {
		add("leeway", fmt.Errorf("is more than %s", maxLeeway))
	}
	return errors.Join(faults...)
}

func knownAlgorithms() []string {
	return []string{
		string(jose.RS256), string(jose.RS384), string(jose.RS512), string(jose.PS256), string(jose.PS384),
		string(jose.PS512), string(jose.ES256), string(jose.ES384), string(jose.ES512),
	}
}

func algorithmOf(key crypto.Signer) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key == nil || key.N == nil || key.N.BitLen() < minimalModulus {
			return "", fmt.Errorf("is shorter than %d bits", minimalModulus)
		}
		return jose.RS256, nil
	case *ecdsa.PrivateKey:
		if key == nil || key.Curve != elliptic.P256() {
			return "", errors.New("is on another curve than P-256")
		}
		return jose.ES256, nil
	default:
		return "", errors.New("is neither RSA nor elliptic")
	}
}

func (c Config) withDefaults() Config {
	if len(c.Scopes) == 0 {
		c.Scopes = DefaultScopes()
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{string(jose.RS256), string(jose.PS256), string(jose.ES256)}
	}
	if c.SnilsClaim == "" {
		c.SnilsClaim = DefaultSnilsClaim
	}
	if c.InnClaim == "" {
		c.InnClaim = DefaultInnClaim
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
	if c.Replay == nil {
		c.Replay = NewMemory(c.Clock)
	}
	return c
}

func checkAddress(address string, plain bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("is no absolute address")
	}
	if u.Scheme == "https" || (u.Scheme == "http" && plain) {
		return nil
	}
	return errors.New("must begin with https://")
}
