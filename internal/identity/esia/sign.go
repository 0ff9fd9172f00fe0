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

	"github.com/smallstep/pkcs7"

	"kabinet/internal/gost"
)

// Signer signs the requests of the cabinet with the key of its certificate. ESIA itself wants
// GOST R 34.10-2012; the emulator and some test stands take RSA.
type Signer interface {
	// Family is the protocol family that signs so.
	Family() Family
	// Sign gives the signature over the message: a raw one for the current family, detached CMS
	// with the certificate for the legacy one.
	Sign(message []byte) ([]byte, error)
	// CertificateHash is the hash of the DER certificate that is registered at ESIA, 64 hex
	// characters: Streebog-256. (The hash of the PEM text is refused as ESIA-007053.)
	CertificateHash() string
}

// minimalModulus is the shortest RSA key that is accepted, in bits.
const minimalModulus = 2048

var errOtherCertificate = errors.New("esia: the certificate belongs to another key than the signing one")

// RSASigner signs with RSA PKCS #1 v1.5 over SHA-256.
type RSASigner struct {
	key  *rsa.PrivateKey
	hash string
}

// NewRSASigner takes a key of at least 2048 bits and the certificate hash as registered.
func NewRSASigner(key *rsa.PrivateKey, certificateHash string) (*RSASigner, error) {
	if err := checkSigningKey(key); err != nil {
		return nil, err
	}
	if err := checkCertificateHash(certificateHash); err != nil {
		return nil, err
	}
	return &RSASigner{key: key, hash: certificateHash}, nil
}

func checkSigningKey(key *rsa.PrivateKey) error {
	switch {
	case key == nil:
		return errors.New("esia: no signing key")
	case key.N.BitLen() < minimalModulus:
		return fmt.Errorf("esia: the signing key is shorter than %d bits", minimalModulus)
	}
	return nil
}

func checkCertificateHash(hash string) error {
	raw, err := hex.DecodeString(hash)
	if err != nil || len(raw) != 32 {
		return errors.New("esia: the certificate hash must be 64 hex characters")
	}
	return nil
}

// Family implements Signer.
func (*RSASigner) Family() Family { return Current }

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

// GOSTSigner signs with GOST R 34.10-2012 over Streebog-256: what ESIA takes of the systems that
// are registered there.
//
// The signature is 64 bytes, s before r, each big-endian, as OpenSSL and X.509 have it. Public
// clients that work with ESIA through CryptoPro CSP reverse what it gives, byte by byte, and CSP
// gives this form reversed. ESIA's guidelines do not name the order.
type GOSTSigner struct {
	key  *gost.PrivateKey
	hash string
}

// NewGOSTSigner takes a key and its certificate in DER, as it is registered at ESIA.
func NewGOSTSigner(key *gost.PrivateKey, certificate []byte) (*GOSTSigner, error) {
	if key == nil {
		return nil, errors.New("esia: no signing key")
	}
	certified, err := gost.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("esia: the certificate of the signing key: %w", err)
	}
	if !certified.Equal(key.Public()) {
		return nil, errOtherCertificate
	}
	return &GOSTSigner{key: key, hash: CertificateHash(certificate)}, nil
}

// Family implements Signer.
func (*GOSTSigner) Family() Family { return Current }

// Sign implements Signer.
func (s *GOSTSigner) Sign(message []byte) ([]byte, error) {
	signature, err := s.key.SignMessage(rand.Reader, message)
	if err != nil {
		return nil, fmt.Errorf("esia: signing a request: %w", err)
	}
	return signature, nil
}

// CertificateHash implements Signer.
func (s *GOSTSigner) CertificateHash() string { return s.hash }

// CMSSigner signs for the legacy family: detached CMS with the certificate inside, RSA over SHA-256.
// It holds no attributes, and so no time: the timestamp is among what is signed.
type CMSSigner struct {
	key         *rsa.PrivateKey
	certificate *x509.Certificate
}

// NewCMSSigner takes an RSA key of at least 2048 bits and its certificate in DER.
func NewCMSSigner(key *rsa.PrivateKey, certificate []byte) (*CMSSigner, error) {
	if err := checkSigningKey(key); err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("esia: the certificate of the signing key: %w", err)
	}
	if !key.PublicKey.Equal(parsed.PublicKey) {
		return nil, errOtherCertificate
	}
	return &CMSSigner{key: key, certificate: parsed}, nil
}

// Family implements Signer.
func (*CMSSigner) Family() Family { return Legacy }

// Sign implements Signer.
func (s *CMSSigner) Sign(message []byte) ([]byte, error) {
	signed, err := pkcs7.NewSignedData(message)
	if err != nil {
		return nil, fmt.Errorf("esia: signing a request: %w", err)
	}
	signed.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := signed.SignWithoutAttr(s.certificate, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		return nil, fmt.Errorf("esia: signing a request: %w", err)
	}
	signed.Detach()
	cms, err := signed.Finish()
	if err != nil {
		return nil, fmt.Errorf("esia: signing a request: %w", err)
	}
	return cms, nil
}

// CertificateHash implements Signer.
func (s *CMSSigner) CertificateHash() string { return CertificateHash(s.certificate.Raw) }

// CertificateHash is the hash by which ESIA knows a certificate in DER: Streebog-256 in hex,
// whatever the certificate's own algorithm is.
func CertificateHash(certificate []byte) string {
	sum := gost.Sum256(certificate)
	return hex.EncodeToString(sum[:])
}

// ParseSigner reads the key (PKCS #8) and the certificate from PEM texts and makes the signer that
// fits them: for the current family GOST or RSA, as the key is, for the legacy one CMS with RSA.
func ParseSigner(family Family, key, certificate []byte) (Signer, error) {
	keyBlock, _ := pem.Decode(key)
	if keyBlock == nil || keyBlock.Type != "PRIVATE KEY" {
		return nil, errors.New("esia: the signing key is no PEM with a PRIVATE KEY")
	}
	certified := findBlock(certificate, "CERTIFICATE")
	if certified == nil {
		return nil, errors.New("esia: no PEM block with the certificate of the signing key")
	}
	if private, err := gost.ParsePrivateKey(keyBlock.Bytes); err == nil {
		if family == Legacy {
			return nil, errors.New("esia: the legacy family is signed with RSA only")
		}
		return NewGOSTSigner(private, certified)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, errors.New("esia: the signing key cannot be read")
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("esia: the signing key is neither GOST nor RSA")
	}
	// It also checks that key and certificate belong together, for either family.
	signer, err := NewCMSSigner(private, certified)
	if err != nil || family == Legacy {
		return signer, err
	}
	return NewRSASigner(private, signer.CertificateHash())
}

func findBlock(text []byte, kind string) []byte {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == kind {
			return block.Bytes
		}
	}
	return nil
}
