package esia_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/esia"
)

func TestKeyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "esia.pem")
	var group sync.WaitGroup
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		group.Go(func() {
			key, err := esia.LoadOrCreateKey(path)
			if err != nil {
				t.Errorf("making a key: %v", err)
			}
			keys[i] = key
		})
	}
	group.Wait()
	for _, key := range keys {
		require.True(t, keys[0].Equal(key), "all get the same one")
	}
	again, err := esia.LoadOrCreateKey(path)
	require.NoError(t, err)
	require.True(t, keys[0].Equal(again))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left lying about")

	require.NoError(t, os.WriteFile(path, []byte("broken"), 0o600))
	_, err = esia.LoadOrCreateKey(path)
	require.Error(t, err, "a broken key is not silently replaced")
	_, err = esia.LoadOrCreateKey(filepath.Join(path, "below"))
	require.Error(t, err)
}

func TestKeyFromPEM(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(elliptical)
	require.NoError(t, err)
	old := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(serverKey())})
	key, err := esia.KeyFromPEM(old)
	require.NoError(t, err)
	require.True(t, serverKey().Equal(key))
	for name, text := range map[string][]byte{
		"nothing":  nil,
		"elliptic": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"garbage":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}),
		"old":      pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("x")}),
		"public":   pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
	} {
		_, err := esia.KeyFromPEM(text)
		require.Error(t, err, name)
	}
}

// neither is a key that the emulator cannot use.
type neither struct{ crypto.Signer }
