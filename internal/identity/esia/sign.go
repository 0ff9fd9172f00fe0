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
	"strings"
)

// Signer signs the requests of the cabinet with the key of its certificate. ESIA itself wants
// GOST R 34.10-2012; the emulator and some test stands take RSA.
type Signer interface {
	// Sign gives the raw signature over the message, not CMS.
	Sign(message []byte) ([]byte, error)
	// CertificateHash is the hash of the DER certificate that is registered at ESIA, 64 hex
	// characters: Streebog-256. (The hash of the PEM text is refused as ESIA-007053.)
	CertificateHash() string
}

// minimalModulus is the shortest RSA key that is accepted, in bits.
const minimalModulus = 2048

// RSASigner signs with RSA PKCS #1 v1.5 over SHA-256.
type RSASigner struct {
	key  *rsa.PrivateKey
	hash string
}

// NewRSASigner takes a key of at least 2048 bits and the certificate hash as registered.
func NewRSASigner(key *rsa.PrivateKey, certificateHash string) (*RSASigner, error) {
	if key == nil {
		return nil, errors.New("esia: no signing key")
	}
	if key.N.BitLen() < minimalModulus {
		return nil, fmt.Errorf("esia: the signing key is shorter than %d bits", minimalModulus)
	}
	if err := checkCertificateHash(certificateHash); err != nil {
		return nil, err
	}
	return &RSASigner{key: key, hash: certificateHash}, nil
}

func checkCertificateHash(hash string) error {
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != 32 {
		return errors.New("esia: the certificate hash must be 64 hex characters")
	}
	return nil
}

// Sign implements Signer.
func (s *RSASigner) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return nil, fmt.Errorf("esia: signing a request: %w", err)
	}
	return signature, nil
}

// CertificateHash implements Signer.
func (s *RSASigner) CertificateHash() string { return s.hash }

// ParsePublicKeys reads the keys that sign ESIA's tokens from PEM text, one or several blocks,
// each a CERTIFICATE or a PUBLIC KEY with RSA of at least 2048 bits.
func ParsePublicKeys(text []byte) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		key, err := publicKey(block)
		if err != nil {
			return nil, fmt.Errorf("esia: token key %d: %w", len(keys)+1, err)
		}
		if err := checkTokenKey(key); err != nil {
			return nil, fmt.Errorf("esia: token key %d: %w", len(keys)+1, err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("esia: no PEM block with a token key")
	}
	return keys, nil
}

func publicKey(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate: %w", err)
		}
		return certificate.PublicKey, nil
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading the public key: %w", err)
		}
		return key, nil
	default:
		if strings.Contains(block.Type, "PRIVATE") {
			return nil, errors.New("a private key has no place here")
		}
		return nil, errors.New("neither CERTIFICATE nor PUBLIC KEY")
	}
}

func checkTokenKey(key crypto.PublicKey) error {
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return errors.New("not an RSA key")
	}
	if public == nil || public.N == nil || public.N.BitLen() < minimalModulus {
		return fmt.Errorf("shorter than %d bits", minimalModulus)
	}
	return nil
}
