// Package config is the configuration: one struct, filled from flags and KABINET_* variables, checked before anything starts.
//
// Demo mode needs nothing: what is not given is made and kept in the data directory. Production mode refuses to start
// with a development part, a default secret, an in-process Redis or a public address without TLS.
package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"kabinet/internal/seal"
)

// Mode says for whom the program runs.
type Mode string

// The modes.
const (
	Demo       Mode = "demo"
	Production Mode = "production"
)

// Secret is a value that is never printed.
type Secret string

// masked stands for a secret wherever one would be printed.
const masked = "•••"

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// Format implements fmt.Formatter, for the verbs that pass by String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText keeps the secret out of encoders; it is also what a log shows.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the value.
func (s Secret) Reveal() string { return string(s) }

// Config is the configuration. The tags are kong's; what may hold a password is a Secret.
type Config struct {
	Mode      Mode   `help:"demo or production." enum:"demo,production" default:"production" env:"KABINET_MODE"`
	Addr      string `help:"Where the API is served." default:"127.0.0.1:8080" env:"KABINET_ADDR"`
	AdminAddr string `help:"Where health, metrics and profiles are served." default:"127.0.0.1:8081" env:"KABINET_ADMIN_ADDR"`
	PublicURL string `help:"Address of the cabinet as browsers see it; http://ADDR in demo mode." env:"KABINET_PUBLIC_URL" name:"public-url"`
	DataDir   string `help:"Directory of the demo's state." default:".data" env:"KABINET_DATA_DIR"`

	DatabaseURL Secret `help:"sqlite:/dir/kabinet.db or postgres://…; a file in the data directory in demo mode." env:"KABINET_DATABASE_URL" name:"database-url"`
	RedisURL    Secret `help:"redis://…; empty in demo mode: in-process." env:"KABINET_REDIS_URL" name:"redis-url"`
	BlobURL     Secret `help:"file:///dir; in the data directory in demo mode." env:"KABINET_BLOB_URL" name:"blob-url"`
	Keyset      Secret `help:"Keys that encrypt personal data (kabinet config keyset makes one)." env:"KABINET_KEYSET"`

	SessionIdle     time.Duration `help:"How long a session lives without an action." default:"15m" env:"KABINET_SESSION_IDLE"`
	SessionAbsolute time.Duration `help:"How long a session lives at most." default:"12h" env:"KABINET_SESSION_ABSOLUTE"`
	Origins         []string      `help:"Pages of other hosts that may open a WebSocket, scheme://host[:port]." env:"KABINET_ORIGINS"`

	TrustedProxies  []string `help:"Networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8, or none. Production has to be told: behind a proxy that is not named every client has its address." env:"KABINET_TRUSTED_PROXIES"`
	MobileRedirects []string `help:"Where the mobile app may be answered: scheme.of.the.app:/path or https://host/path. Demo mode adds http://127.0.0.1/callback and http://[::1]/callback, on every port, which production refuses." default:"ru.sfr.kabinet:/callback" env:"KABINET_MOBILE_REDIRECTS"`
	RequiredData    []string `help:"What must be known of everybody who enters; all when empty. INN, SNILS, PASSPORT, PASSPORT_ISSUED_ON, PASSPORT_ISSUER, EMAIL, PHONE, PHONE_CONFIRMATION, REGISTERED_ADDRESS, FUND_UID." env:"KABINET_REQUIRED_DATA"`

	SMSURL   string `help:"Gateway that sends SMS, https://…; in demo mode they are shown at /dev/inbox." env:"KABINET_SMS_URL" name:"sms-url"`
	SMSToken Secret `help:"Bearer token of the gateway." env:"KABINET_SMS_TOKEN" name:"sms-token"`
	MailURL  Secret `help:"Server that sends e-mail, smtp://user:password@host:587; in demo mode it is shown at /dev/inbox." env:"KABINET_MAIL_URL"`
	MailFrom string `help:"Sender of e-mail." env:"KABINET_MAIL_FROM"`

	EsiaEmulatorAddr    string   `help:"Where the emulator of ESIA is served in demo mode." default:"127.0.0.1:8090" env:"KABINET_ESIA_EMULATOR_ADDR"`
	EsiaPortal          string   `help:"Address of ESIA, such as https://esia.gosuslugi.ru/." env:"KABINET_ESIA_PORTAL"`
	EsiaClientID        string   `help:"Mnemonic of the cabinet at ESIA." env:"KABINET_ESIA_CLIENT_ID" name:"esia-client-id"`
	EsiaClientKeyFile   string   `help:"PEM file of the key that signs requests to ESIA." env:"KABINET_ESIA_CLIENT_KEY_FILE"`
	EsiaCertificateFile string   `help:"PEM file of the certificate of that key." env:"KABINET_ESIA_CERTIFICATE_FILE"`
	EsiaFamily          string   `help:"Protocol family of ESIA: current (v2/v3) or legacy." enum:"current,legacy" default:"current" env:"KABINET_ESIA_FAMILY"`
	OidcIssuer          string   `help:"A plain OpenID Connect provider to log in with instead of ESIA: its issuer." env:"KABINET_OIDC_ISSUER"`
	OidcClientID        string   `help:"Client id of the cabinet there." env:"KABINET_OIDC_CLIENT_ID" name:"oidc-client-id"`
	OidcClientSecret    Secret   `help:"Client secret of the cabinet there." env:"KABINET_OIDC_CLIENT_SECRET"`
	OidcTrustedClaim    string   `help:"Claim that is true for people whose identity was confirmed; without it nobody is." env:"KABINET_OIDC_TRUSTED_CLAIM"`
	EsiaTokenKeysFile   string   `help:"PEM file of the keys that sign ESIA's tokens." env:"KABINET_ESIA_TOKEN_KEYS_FILE"`
	FundSecrets         []Secret `help:"Secrets (whsec_…) that sign the fund's events; several while they are rotated. The first signs what is sent to the fund." env:"KABINET_FUND_SECRETS"`
	FundURL             string   `help:"Where the fund takes commands, https://…; in demo mode the demo fund at /dev/fund/." env:"KABINET_FUND_URL" name:"fund-url"`
	DemoFund            string   `help:"What the demo fund does: on, it works; quiet, it only answers what people send; off, what they send waits." enum:"on,quiet,off" default:"on" env:"KABINET_DEMO_FUND"`

	LogLevel  string `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"KABINET_LOG_LEVEL"`
	LogFormat string `help:"json or text." enum:"json,text" default:"json" env:"KABINET_LOG_FORMAT"`
}

// IsDemo tells whether this is the demo.
func (c *Config) IsDemo() bool { return c.Mode == Demo }

// CallbackURL is where ESIA sends browsers back to.
func (c *Config) CallbackURL() string { return strings.TrimSuffix(c.PublicURL, "/") + "/auth/callback" }

// IsSecure tells whether browsers reach the cabinet over TLS.
func (c *Config) IsSecure() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// Check names everything that is wrong, at once. (kong would call a method named Validate before Complete.)
func (c *Config) Check() error {
	var faults []error
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if c.Mode != Demo && c.Mode != Production {
		wrong("KABINET_MODE must be demo or production")
	}
	for _, listens := range []struct{ name, address string }{{"KABINET_ADDR", c.Addr}, {"KABINET_ADMIN_ADDR", c.AdminAddr}} {
		if _, _, err := net.SplitHostPort(listens.address); err != nil {
			wrong("%s must be host:port", listens.name)
		}
	}
	if !isOrigin(strings.TrimSuffix(c.PublicURL, "/")) {
		wrong("KABINET_PUBLIC_URL must be http(s)://host[:port]")
	}
	if c.SessionIdle < time.Minute || c.SessionAbsolute < c.SessionIdle {
		wrong("KABINET_SESSION_IDLE must be at least 1m and KABINET_SESSION_ABSOLUTE no shorter than it")
	}
	if slices.ContainsFunc(c.Origins, func(o string) bool { return !isOrigin(o) }) {
		wrong("KABINET_ORIGINS must be a list of http(s)://host[:port]")
	}
	if _, err := c.Proxies(); err != nil {
		wrong("KABINET_TRUSTED_PROXIES must be a list of networks such as 10.0.0.0/8, or none")
	}
	if c.FundURL != "" && (!isAddress(c.FundURL, "http", "https") || strings.Contains(c.FundURL, "@")) {
		wrong("KABINET_FUND_URL must be http(s)://host[:port]/path")
	}
	if slices.ContainsFunc(c.MobileRedirects, func(r string) bool { return !isRedirect(r) }) {
		wrong("KABINET_MOBILE_REDIRECTS must be a list of scheme.of.the.app:/path, https://host/path or http://127.0.0.1/path")
	}
	if c.Mode != Demo {
		faults = append(faults, c.validateProduction()...)
	}
	return errors.Join(faults...)
}

// isOrigin tells whether a text is http(s)://host[:port], and nothing beside it.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && s == u.Scheme+"://"+u.Host
}

// noProxies says that there are none, which is not the same as saying nothing.
const noProxies = "none"

// Proxies are the networks of the proxies in front of the program.
func (c *Config) Proxies() ([]netip.Prefix, error) {
	if len(c.TrustedProxies) == 1 && c.TrustedProxies[0] == noProxies {
		return nil, nil
	}
	prefixes := make([]netip.Prefix, len(c.TrustedProxies))
	for i, text := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix != prefix.Masked() {
			return nil, errors.New("not a network") //nolint:err113 // Check says the rest
		}
		prefixes[i] = prefix
	}
	return prefixes, nil
}

// isRedirect tells whether the app may be answered there (RFC 8252, section 7): at a scheme of its own, which has a dot, at
// an address over TLS, or on the device itself.
func isRedirect(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#") {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Hostname() != ""
	case "http":
		return u.Host == "127.0.0.1" || u.Host == "[::1]"
	}
	return strings.Contains(u.Scheme, ".") && u.Host == "" && strings.HasPrefix(u.Path, "/")
}

// isLoopback tells whether a redirect stays on the device of whoever opens it, where any program may listen.
func isLoopback(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http"
}

// isAddress tells whether a text is an address of one of the schemes, with a host.
func isAddress(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Hostname() != ""
}

func (c *Config) validateProduction() []error {
	var faults []error
	required := func(ok bool, what string) {
		if !ok {
			faults = append(faults, errors.New("production: "+what))
		}
	}
	required(c.IsSecure(), "KABINET_PUBLIC_URL must begin with https://")
	required(!slices.ContainsFunc(c.Origins, func(o string) bool { return !strings.HasPrefix(o, "https://") }),
		"KABINET_ORIGINS must begin with https://")
	required(len(c.TrustedProxies) > 0, "KABINET_TRUSTED_PROXIES must name the networks of the proxies, or be none")
	required(!slices.ContainsFunc(c.MobileRedirects, isLoopback),
		"KABINET_MOBILE_REDIRECTS must not begin with http://; addresses of the device itself are for the demo")
	// An address of several hosts is one for PostgreSQL and none for net/url.
	database := c.DatabaseURL.Reveal()
	required(strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://"), "KABINET_DATABASE_URL must be postgres://…")
	required(isAddress(c.RedisURL.Reveal(), "redis", "rediss"),
		"KABINET_REDIS_URL must be redis://… or rediss://…; the in-process Redis is for the demo")
	required(c.BlobURL != "", "KABINET_BLOB_URL is required")
	required(new(seal.Keyset).UnmarshalText([]byte(c.Keyset.Reveal())) == nil,
		"KABINET_KEYSET must be a set of keys; kabinet config keyset makes one")
	if c.OidcIssuer != "" {
		required(isAddress(c.OidcIssuer, "https"), "KABINET_OIDC_ISSUER must begin with https://")
		required(c.OidcClientID != "", "KABINET_OIDC_CLIENT_ID is required")
		required(c.OidcClientSecret != "", "KABINET_OIDC_CLIENT_SECRET is required")
	} else {
		required(isAddress(c.EsiaPortal, "https"), "KABINET_ESIA_PORTAL must begin with https://")
		required(c.EsiaClientID != "", "KABINET_ESIA_CLIENT_ID is required")
		required(c.EsiaClientKeyFile != "", "KABINET_ESIA_CLIENT_KEY_FILE is required")
		required(c.EsiaCertificateFile != "", "KABINET_ESIA_CERTIFICATE_FILE is required")
		required(c.EsiaTokenKeysFile != "", "KABINET_ESIA_TOKEN_KEYS_FILE is required")
	}
	required(isAddress(c.SMSURL, "https") && c.SMSToken != "", "KABINET_SMS_URL must begin with https:// and KABINET_SMS_TOKEN be set")
	required(isAddress(c.MailURL.Reveal(), "smtp") && strings.Contains(c.MailFrom, "@"),
		"KABINET_MAIL_URL must be smtp://… and KABINET_MAIL_FROM an address")
	required(len(c.FundSecrets) > 0 && !slices.ContainsFunc(c.FundSecrets, isWeakFundSecret),
		"KABINET_FUND_SECRETS must be whsec_ and at least 24 bytes in base64, each of them")
	required(isAddress(c.FundURL, "https"), "KABINET_FUND_URL must begin with https://")
	return faults
}

// isWeakFundSecret tells whether a secret is shorter than Standard Webhooks wants, or none at all.
func isWeakFundSecret(s Secret) bool {
	const fewest = 24 // bytes
	text, marked := strings.CutPrefix(s.Reveal(), fundSecretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	return !marked || err != nil || len(key) < fewest
}

// Print writes every setting as the variable that sets it, secrets masked.
func (c *Config) Print(w io.Writer) error {
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("env")
		if _, err := fmt.Fprintf(w, "%s=%s\n", name, shown(v.Field(i).Interface())); err != nil {
			return err
		}
	}
	return nil
}

func shown(value any) string {
	switch value := value.(type) {
	case []Secret:
		return strings.Repeat(masked+" ", len(value))
	case []string:
		return strings.Join(value, ",")
	}
	return fmt.Sprint(value)
}
