package esia

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/gost"
)

// AlgorithmGOST is `alg` of tokens that ESIA signs with GOST R 34.10-2012 over Streebog-256. The
// signature has the byte order of GOSTSigner.
const AlgorithmGOST = "GOST3410_2012_256"

// ParsePublicKeys reads the keys that sign ESIA's tokens from PEM text, one or several blocks,
// each a CERTIFICATE or a PUBLIC KEY with RSA of at least 2048 bits or GOST R 34.10-2012 of 256.
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
	der := block.Bytes
	switch {
	case block.Type == "CERTIFICATE":
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate: %w", err)
		}
		der = certificate.RawSubjectPublicKeyInfo
	case block.Type == "PUBLIC KEY":
	case strings.Contains(block.Type, "PRIVATE"):
		return nil, errors.New("a private key has no place here")
	default:
		return nil, errors.New("neither CERTIFICATE nor PUBLIC KEY")
	}
	if key, err := gost.ParsePublicKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading the public key: %w", err)
	}
	return key, nil
}

func checkTokenKey(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key == nil || key.N == nil || key.N.BitLen() < minimalModulus {
			return fmt.Errorf("shorter than %d bits", minimalModulus)
		}
		return nil
	case *gost.PublicKey:
		if key == nil {
			return errors.New("is missing")
		}
		return nil
	default:
		return errors.New("neither an RSA nor a GOST key")
	}
}

// keySet is an oidc.KeySet of RSA and GOST keys. A signature is good when any of the keys that its
// algorithm is for made it.
type keySet struct {
	algorithms []jose.SignatureAlgorithm
	keys       []crypto.PublicKey
}

// VerifySignature implements oidc.KeySet.
func (s keySet) VerifySignature(_ context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, s.algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errForm
	}
	for _, key := range s.keys {
		var by any = key
		if public, ok := key.(*gost.PublicKey); ok {
			by = gostVerifier{public}
		}
		// A key of one kind refuses the algorithm of the other.
		if payload, err := jws.Verify(by); err == nil {
			return payload, nil
		}
	}
	return nil, errSignature
}

// gostVerifier lets go-jose check a signature that it does not know.
type gostVerifier struct{ key *gost.PublicKey }

// VerifyPayload implements jose.OpaqueVerifier.
func (v gostVerifier) VerifyPayload(payload, signature []byte, algorithm jose.SignatureAlgorithm) error {
	if algorithm != AlgorithmGOST || !v.key.Verify(payload, signature) {
		return errSignature
	}
	return nil
}

// algorithmsFor are the algorithms of the kinds of keys that are there.
func algorithmsFor(keys []crypto.PublicKey) []string {
	var forRSA, forGOST []string
	for _, key := range keys {
		if _, ok := key.(*gost.PublicKey); ok {
			forGOST = []string{AlgorithmGOST}
		} else {
			forRSA = []string{string(jose.RS256)}
		}
	}
	return append(forRSA, forGOST...)
}
