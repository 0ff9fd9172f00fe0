package esia

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/gost"
	protocol "kabinet/internal/identity/esia"
)

// keyBits is the size of generated keys and the least that is accepted.
const keyBits = 2048

// signingKey is a key and what go-jose needs to use it.
type signingKey struct {
	algorithm jose.SignatureAlgorithm
	public    crypto.PublicKey
	private   any // for signing
	verifier  any // for checking
}

func newSigningKey(key crypto.Signer) (signingKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < keyBits {
			return signingKey{}, fmt.Errorf("esia emulator: the key is shorter than %d bits", keyBits)
		}
		return signingKey{jose.RS256, &key.PublicKey, key, &key.PublicKey}, nil
	case *gost.PrivateKey:
		return signingKey{protocol.AlgorithmGOST, key.Public(), gostKey{key}, gostKey{key}}, nil
	default:
		return signingKey{}, errors.New("esia emulator: the key is neither RSA nor GOST")
	}
}

// gostKey lets go-jose use an algorithm that it does not know.
type gostKey struct{ key *gost.PrivateKey }

// Public implements jose.OpaqueSigner. There is no JWK for these keys.
func (gostKey) Public() *jose.JSONWebKey { return nil }

// Algs implements jose.OpaqueSigner.
func (gostKey) Algs() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{protocol.AlgorithmGOST}
}

// SignPayload implements jose.OpaqueSigner.
func (k gostKey) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return k.key.SignMessage(rand.Reader, payload)
}

// VerifyPayload implements jose.OpaqueVerifier.
func (k gostKey) VerifyPayload(payload, signature []byte, _ jose.SignatureAlgorithm) error {
	if !k.key.PublicKey().Verify(payload, signature) {
		return errors.New("esia emulator: the signature is wrong")
	}
	return nil
}

func goodClientKey(key crypto.PublicKey) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key != nil && key.N != nil && key.N.BitLen() >= keyBits
	case *gost.PublicKey:
		return key != nil
	default:
		return false
	}
}

// GenerateKey makes an RSA key. It takes a noticeable part of a second: keep the key.
func GenerateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("esia emulator: making a key: %w", err)
	}
	return key, nil
}

// KeyFromPEM reads an RSA private key of at least 2048 bits (PKCS #8 or PKCS #1).
func KeyFromPEM(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("esia emulator: no PEM block with a key")
	}
	var key *rsa.PrivateKey
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("esia emulator: the key cannot be read")
		}
		key = parsed
	case "PRIVATE KEY":
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("esia emulator: the key cannot be read")
		}
		var ok bool
		if key, ok = parsed.(*rsa.PrivateKey); !ok {
			return nil, errors.New("esia emulator: the key is not RSA")
		}
	default:
		return nil, errors.New("esia emulator: the PEM block is no private key")
	}
	if key.N.BitLen() < keyBits {
		return nil, fmt.Errorf("esia emulator: the key is shorter than %d bits", keyBits)
	}
	return key, nil
}

// KeyToPEM writes a key as KeyFromPEM reads it.
func KeyToPEM(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("esia emulator: writing a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// LoadOrCreateKey reads the key in a file, or makes one and keeps it there, readable by its owner
// only. Tokens then stay good over a restart and a start costs no key generation. Of several
// processes that start at once all get the same key.
func LoadOrCreateKey(path string) (*rsa.PrivateKey, error) {
	key, err := loadKey(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	if key, err = GenerateKey(); err != nil {
		return nil, err
	}
	text, err := KeyToPEM(key)
	if err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("esia emulator: keeping a key: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Close()); err != nil {
		return nil, fmt.Errorf("esia emulator: keeping a key: %w", err)
	}
	// A link, unlike a rename, does not replace what another process has put there meanwhile.
	if err := os.Link(temporary.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("esia emulator: keeping a key: %w", err)
	}
	return loadKey(path)
}

func loadKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("esia emulator: reading a key: %w", err)
	}
	return KeyFromPEM(text)
}

// CertificateHash names a client's key in the place of a certificate's hash: 64 hex characters
// over the public key. The emulator keeps no certificates.
func CertificateHash(key *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("esia emulator: hashing a key: %w", err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:]), nil
}
