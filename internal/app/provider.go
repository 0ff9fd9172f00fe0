package app

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
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
)

// demoClientID is the cabinet's mnemonic at the emulator.
const demoClientID = "KABINET"

// openProvider makes the relying party of ESIA, and in the demo the emulator that it talks to.
func (a *App) openProvider() (identity.Provider, error) {
	if !a.config.IsDemo() {
		return newRelyingParty(a.config, a.clock)
	}
	c := esia.Config{RedirectURI: a.config.CallbackURL(), Clock: a.clock}
	if err := a.startEmulator(&c); err != nil {
		return nil, fmt.Errorf("esia emulator: %w", err)
	}
	return esia.New(c)
}

// newRelyingParty makes the relying party from files and settings.
func newRelyingParty(c *config.Config, now clock.Clock) (*esia.RelyingParty, error) {
	key, err := readRSAKey(c.EsiaClientKeyFile)
	if err != nil {
		return nil, fmt.Errorf("KABINET_ESIA_CLIENT_KEY_FILE: %w", err)
	}
	signer, err := esia.NewRSASigner(key, c.EsiaCertificateHash)
	if err != nil {
		return nil, fmt.Errorf("esia: %w", err)
	}
	text, err := os.ReadFile(c.EsiaTokenKeysFile)
	if err != nil {
		return nil, fmt.Errorf("KABINET_ESIA_TOKEN_KEYS_FILE: %w", err)
	}
	keys, err := esia.ParsePublicKeys(text)
	if err != nil {
		return nil, fmt.Errorf("KABINET_ESIA_TOKEN_KEYS_FILE: %w", err)
	}
	return esia.New(esia.Config{
		Portal: c.EsiaPortal, ClientID: c.EsiaClientID, RedirectURI: c.CallbackURL(), Clock: now, Signer: signer, TokenKeys: keys,
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

func readRSAKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("client key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("client key: no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("client key: not PKCS #8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("client key: not RSA")
	}
	return key, nil
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

  Log in at      %[1]s/auth/login?return_to=/playground/
  or by script   curl -sc jar -o /dev/null -L -H 'X-Demo-Persona: ivanova' '%[1]s/auth/login?return_to=/auth/session'
  People         %[5]s

`, links.Public, links.Admin, links.Emulator, c.DataDir, strings.Join(names(), " "))
}

func names() []string {
	people := persona.All()
	all := make([]string, len(people))
	for i, p := range people {
		all[i] = p.Name
	}
	return all
}
