package app

import (
	"context"
	"crypto"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"kabinet/internal/clock"
	"kabinet/internal/config"
	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/dev/home"
	"kabinet/internal/dev/persona"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/identity/oidc"
)

// demoClientID is the cabinet's mnemonic at the emulator.
const demoClientID = "KABINET"

// openProvider makes the identity provider: a plain one if there is one, in the demo the emulator of ESIA, else ESIA.
func (a *App) openProvider(ctx context.Context) (identity.Provider, error) {
	if a.config.OidcIssuer == "" && a.config.IsDemo() {
		c := esia.Config{RedirectURI: a.config.CallbackURL(), Clock: a.clock}
		if err := a.startEmulator(&c); err != nil {
			return nil, fmt.Errorf("esia emulator: %w", err)
		}
		return esia.New(c)
	}
	if a.config.OidcIssuer == "" {
		return newRelyingParty(a.config, a.clock)
	}
	provider, err := newPlainProvider(a.config, a.clock, oidc.NewSharedMemory(a.redis.client, a.clock))
	if err != nil {
		return nil, err
	}
	// A provider that is away now may be back when the first person comes; discovery is tried again then.
	if err := provider.Discover(ctx); err != nil {
		a.log.WarnContext(ctx, "identity provider not discovered yet", "error", err)
	}
	return provider, nil
}

// newPlainProvider makes the relying party of a plain OpenID Connect provider. Without a replay each process remembers
// logout tokens for itself.
func newPlainProvider(c *config.Config, now clock.Clock, replay oidc.Replay) (*oidc.RelyingParty, error) {
	return oidc.New(oidc.Config{
		Name: "oidc", Issuer: c.OidcIssuer, ClientID: c.OidcClientID, ClientSecret: c.OidcClientSecret.Reveal(),
		TrustedClaim: c.OidcTrustedClaim, AllowPlainHTTP: c.IsDemo(), Clock: now, Replay: replay,
	})
}

// newRelyingParty makes the relying party of ESIA from files and settings.
func newRelyingParty(c *config.Config, now clock.Clock) (*esia.RelyingParty, error) {
	texts := make(map[string][]byte, 3)
	for variable, path := range map[string]string{
		"KABINET_ESIA_CLIENT_KEY_FILE":  c.EsiaClientKeyFile,
		"KABINET_ESIA_CERTIFICATE_FILE": c.EsiaCertificateFile,
		"KABINET_ESIA_TOKEN_KEYS_FILE":  c.EsiaTokenKeysFile,
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", variable, err)
		}
		texts[variable] = text
	}
	family := esia.Current
	if c.EsiaFamily == "legacy" {
		family = esia.Legacy
	}
	signer, err := esia.ParseSigner(family, texts["KABINET_ESIA_CLIENT_KEY_FILE"], texts["KABINET_ESIA_CERTIFICATE_FILE"])
	if err != nil {
		return nil, err
	}
	keys, err := esia.ParsePublicKeys(texts["KABINET_ESIA_TOKEN_KEYS_FILE"])
	if err != nil {
		return nil, fmt.Errorf("KABINET_ESIA_TOKEN_KEYS_FILE: %w", err)
	}
	return esia.New(esia.Config{
		Portal: c.EsiaPortal, ClientID: c.EsiaClientID, RedirectURI: c.CallbackURL(), Family: family,
		Clock: now, Signer: signer, TokenKeys: keys,
	})
}

// startEmulator serves the emulator and makes the configuration point to it.
func (a *App) startEmulator(c *esia.Config) error {
	serverKey, err := emulator.LoadOrCreateKey(filepath.Join(a.config.DataDir, "esia.pem"))
	if err != nil {
		return err
	}
	clientKey, err := emulator.LoadOrCreateKey(filepath.Join(a.config.DataDir, "esia-client.pem"))
	if err != nil {
		return err
	}
	hash, err := emulator.CertificateHash(&clientKey.PublicKey)
	if err != nil {
		return err
	}
	portal := "http://" + a.config.EsiaEmulatorAddr + "/"
	e, err := emulator.New(emulator.Options{
		Issuer: portal, Clock: a.clock, Key: serverKey, Personas: persona.All(),
		Clients: []emulator.Client{{
			ID: demoClientID, Key: &clientKey.PublicKey, CertificateHash: hash, Scopes: esia.DefaultScopes(),
			RedirectURIs: []string{c.RedirectURI}, LogoutURIs: []string{strings.TrimSuffix(a.config.PublicURL, "/") + "/"},
		}},
	})
	if err != nil {
		return err
	}
	if c.Signer, err = esia.NewRSASigner(clientKey, hash); err != nil {
		return err
	}
	c.Portal, c.ClientID, c.AllowPlainHTTP = portal, demoClientID, true
	c.TokenKeys = []crypto.PublicKey{e.PublicKey()}
	return a.listen("emulator", a.config.EsiaEmulatorAddr, e)
}

// home makes the demo's page and the banner.
func (a *App) home() (http.Handler, error) {
	links := home.Links{
		Public: a.config.PublicURL, Admin: "http://" + a.config.AdminAddr, Emulator: "http://" + a.config.EsiaEmulatorAddr,
	}
	a.banner = banner(a.config, links)
	return home.New(links)
}

func banner(c *config.Config, links home.Links) string {
	return fmt.Sprintf(`
  kabinet, demo mode                    data in %[4]s (make reset forgets it)

  start page     %[1]s/dev
  playground     %[1]s/playground/
  API            %[1]s/graphql           POST, GET, WebSocket (graphql-transport-ws), SSE
  schema         %[1]s/schema.graphql
  fund's events  %[1]s/fund/events       send one: bin/kabinet event send docs/events/….json
  health         %[2]s/readyz            also /healthz /metrics /debug/pprof/
  ESIA emulator  %[3]s
  SMS, e-mail    %[1]s/dev/inbox         codes arrive here
  demo fund      %[1]s/dev/fund/         answers what people send (KABINET_DEMO_FUND=%[6]s)

  Log in at      %[1]s/auth/login?return_to=/playground/
  or by script   curl -sc jar -o /dev/null -L -H 'X-Demo-Persona: ivanova' '%[1]s/auth/login?return_to=/auth/session'
  People         %[5]s

`, links.Public, links.Admin, links.Emulator, c.DataDir, strings.Join(names(), " "), c.DemoFund)
}

func names() []string {
	people := persona.All()
	all := make([]string, len(people))
	for i, p := range people {
		all[i] = p.Name
	}
	return all
}
