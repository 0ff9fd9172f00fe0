package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kabinet/internal/seal"
)

// Complete fills in what demo mode does not need to be told: addresses, its own and the app's, a database and blobs in the data directory,
// and secrets that are made once and kept there. In production mode it changes nothing.
func (c *Config) Complete() error {
	if !c.IsDemo() {
		return nil
	}
	if c.PublicURL == "" {
		if c.PublicURL = c.LocalURL(); c.PublicURL == "" {
			return errors.New("KABINET_ADDR must be host:port")
		}
	}
	for _, redirect := range demoRedirects() {
		if !slices.Contains(c.MobileRedirects, redirect) {
			c.MobileRedirects = append(slices.Clip(c.MobileRedirects), redirect)
		}
	}
	directory, err := filepath.Abs(c.DataDir)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	c.DataDir = directory
	if c.DatabaseURL == "" {
		c.DatabaseURL = Secret("sqlite:" + filepath.Join(directory, "kabinet.db"))
	}
	if c.BlobURL == "" {
		blobs := url.URL{Scheme: "file", Path: filepath.Join(directory, "blobs")} // whatever characters the directory has
		c.BlobURL = Secret(blobs.String())
	}
	if c.Keyset == "" {
		if c.Keyset, err = keep(filepath.Join(directory, "keyset"), NewKeyset); err != nil {
			return err
		}
	}
	if len(c.FundSecrets) == 0 {
		secret, err := keep(filepath.Join(directory, "fund-secret"), newFundSecret)
		if err != nil {
			return err
		}
		c.FundSecrets = []Secret{secret}
	}
	return nil
}

// LocalURL is where this machine reaches the public address; empty when that is none.
func (c *Config) LocalURL() string {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1" // every address of the machine is served; this one is always there
	}
	return "http://" + net.JoinHostPort(host, port)
}

// demoRedirects are where programs under development are answered: on the device, at whatever port.
func demoRedirects() []string { return []string{"http://127.0.0.1/callback", "http://[::1]/callback"} }

// keep reads a secret from its file, or makes it and writes the file. Of two processes that start at once the file's
// first writer wins.
func keep(path string, generate func() (string, error)) (Secret, error) {
	if text, err := os.ReadFile(path); err == nil {
		return Secret(strings.TrimSpace(string(text))), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read secret: %w", err)
	}
	text, err := generate()
	if err != nil {
		return "", err
	}
	partial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*")
	if err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	defer func() { _ = os.Remove(partial.Name()) }()
	_, err = partial.WriteString(text + "\n")
	if err := errors.Join(err, partial.Close()); err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	if err := os.Link(partial.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	return Secret(strings.TrimSpace(string(kept))), nil
}

// NewKeyset makes a value of KABINET_KEYSET.
func NewKeyset() (string, error) {
	keyset, err := seal.GenerateKeyset()
	if err != nil {
		return "", err
	}
	text, err := keyset.MarshalText()
	return string(text), err
}

// fundSecretPrefix marks a secret of Standard Webhooks.
const fundSecretPrefix = "whsec_"

func newFundSecret() (string, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails, by its contract
	return fundSecretPrefix + base64.StdEncoding.EncodeToString(key[:]), nil
}
