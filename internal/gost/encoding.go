package gost

import (
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
)

// The identifiers of RFC 9215.
var (
	oidKey256    = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 1} // id-tc26-gost3410-12-256
	oidDigest256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 2} // id-tc26-gost3411-12-256
)

// keyParameters are GostR3410-2012-PublicKeyParameters.
type keyParameters struct {
	Curve  asn1.ObjectIdentifier
	Digest asn1.ObjectIdentifier `asn1:"optional"`
	Cipher asn1.ObjectIdentifier `asn1:"optional"`
}

type algorithm struct {
	OID        asn1.ObjectIdentifier
	Parameters keyParameters
}

// curve finds the curve, and refuses keys of another algorithm or for another hash.
func (a algorithm) curve() (*curve, error) {
	if !a.OID.Equal(oidKey256) {
		return nil, ErrKey
	}
	if len(a.Parameters.Digest) > 0 && !a.Parameters.Digest.Equal(oidDigest256) {
		return nil, fmt.Errorf("%w: it is for another hash", ErrKey)
	}
	return curveByOID(a.Parameters.Curve)
}

func (c *curve) algorithm() algorithm {
	a := algorithm{OID: oidKey256, Parameters: keyParameters{Curve: c.oid}}
	// The curves under TC 26's own arc imply the hash, the older ones name it (RFC 9215, section 4.2).
	if c.oid[3] != oidKey256[3] {
		a.Parameters.Digest = oidDigest256
	}
	return a
}

type subjectPublicKeyInfo struct {
	Algorithm algorithm
	Key       asn1.BitString
}

// privateKeyInfo is that of PKCS #8 (RFC 5208); attributes are not looked at.
type privateKeyInfo struct {
	Version    int
	Algorithm  algorithm
	Key        []byte
	Attributes asn1.RawValue `asn1:"optional,tag:0"`
	PublicKey  asn1.RawValue `asn1:"optional,tag:1"`
}

// ParsePublicKey reads a SubjectPublicKeyInfo in DER.
func ParsePublicKey(der []byte) (*PublicKey, error) {
	var info subjectPublicKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, ErrKey
	}
	c, err := info.Algorithm.curve()
	if err != nil {
		return nil, err
	}
	var raw []byte
	rest, err := asn1.Unmarshal(info.Key.RightAlign(), &raw)
	if err != nil || len(rest) > 0 || info.Key.BitLength%8 != 0 || len(raw) != 2*numberSize {
		return nil, ErrKey
	}
	return newPublicKey(c, fromLittleEndian(raw[:numberSize]), fromLittleEndian(raw[numberSize:]))
}

// ParseCertificate reads the key of a certificate in DER. Nothing else of it is checked.
func ParseCertificate(der []byte) (*PublicKey, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("gost: reading a certificate: %w", err)
	}
	return ParsePublicKey(certificate.RawSubjectPublicKeyInfo)
}

// ParsePrivateKey reads an unencrypted PKCS #8 key in DER, in any of the three forms in use: the
// number little-endian, as it stands or in an OCTET STRING, or as an INTEGER. Masked keys are refused.
func ParsePrivateKey(der []byte) (*PrivateKey, error) {
	var info privateKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 || info.Version < 0 || info.Version > 1 {
		return nil, ErrKey
	}
	c, err := info.Algorithm.curve()
	if err != nil {
		return nil, err
	}
	if len(info.Key) == numberSize {
		return newPrivateKey(c, fromLittleEndian(info.Key))
	}
	var raw []byte
	if rest, err := asn1.Unmarshal(info.Key, &raw); err == nil && len(rest) == 0 && len(raw) == numberSize {
		return newPrivateKey(c, fromLittleEndian(raw))
	}
	var d *big.Int
	if rest, err := asn1.Unmarshal(info.Key, &d); err == nil && len(rest) == 0 &&
		d.Sign() > 0 && d.BitLen() <= 8*numberSize {
		return newPrivateKey(c, numberOf(d))
	}
	return nil, ErrKey
}

// Marshal writes the key as ParsePublicKey reads it.
func (k *PublicKey) Marshal() ([]byte, error) {
	inner, err := asn1.Marshal(append(k.x.littleEndian(), k.y.littleEndian()...))
	if err != nil {
		return nil, fmt.Errorf("gost: writing a key: %w", err)
	}
	der, err := asn1.Marshal(subjectPublicKeyInfo{k.curve.algorithm(), asn1.BitString{Bytes: inner, BitLength: 8 * len(inner)}})
	if err != nil {
		return nil, fmt.Errorf("gost: writing a key: %w", err)
	}
	return der, nil
}

// Marshal writes the key as ParsePrivateKey reads it, unencrypted.
func (k *PrivateKey) Marshal() ([]byte, error) {
	der, err := asn1.Marshal(privateKeyInfo{Algorithm: k.public.curve.algorithm(), Key: k.d.littleEndian()})
	if err != nil {
		return nil, fmt.Errorf("gost: writing a key: %w", err)
	}
	return der, nil
}
