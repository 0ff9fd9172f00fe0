package gost

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// SignatureSize is the length of a signature, in bytes.
const SignatureSize = 64

// numberSize is the length of a coordinate, of a scalar and of half a signature, in bytes.
const numberSize = 32

// maxDraws is how often a random number may be out of range. Good randomness needs two draws on
// average, and comes here by a chance of 2⁻¹²⁸.
const maxDraws = 128

var (
	// ErrKey says that the key is none of GOST R 34.10-2012 with 256 bits, or malformed.
	ErrKey = errors.New("gost: not a key of GOST R 34.10-2012 with 256 bits")
	// ErrDigest says that what is to be signed is not as long as a Streebog-256 digest.
	ErrDigest = errors.New("gost: the digest must have 32 bytes")
	// ErrRandomness says that the source of randomness gives the same unusable number again and again.
	ErrRandomness = errors.New("gost: the source of randomness is broken")
)

// PublicKey checks signatures. It is immutable.
type PublicKey struct {
	curve *curve
	x, y  number
}

// newPublicKey accepts only points of the group that the base point makes: others would let a
// signature be checked where the standard promises nothing.
func newPublicKey(c *curve, x, y number) (*PublicKey, error) {
	if !c.contains(x, y) || !c.inGroup(c.affine(x, y)) {
		return nil, fmt.Errorf("%w: it is no point of its curve", ErrKey)
	}
	return &PublicKey{curve: c, x: x, y: y}, nil
}

// Equal tells whether two keys are the same, as other public keys of the standard library do.
func (k *PublicKey) Equal(other crypto.PublicKey) bool {
	o, ok := other.(*PublicKey)
	return ok && o != nil && k.x == o.x && k.y == o.y && k.curve.sameAs(o.curve)
}

// Verify tells whether the signature over the message was made by this key.
func (k *PublicKey) Verify(message, signature []byte) bool {
	digest := Sum256(message)
	return k.VerifyDigest(digest[:], signature)
}

// VerifyDigest is Verify for the Streebog-256 digest of a message.
func (k *PublicKey) VerifyDigest(digest, signature []byte) bool {
	if len(digest) != Size256 || len(signature) != SignatureSize {
		return false
	}
	s, r := fromBigEndian(signature[:numberSize]), fromBigEndian(signature[numberSize:])
	return k.curve.verify(k.curve.affine(k.x, k.y), fromLittleEndian(digest), r, s)
}

// PrivateKey signs. It is immutable, and a crypto.Signer.
type PrivateKey struct {
	public PublicKey
	d      number
}

var _ crypto.Signer = (*PrivateKey)(nil)

// GenerateKey makes a key on a curve.
func GenerateKey(random io.Reader, on Curve) (*PrivateKey, error) {
	c, err := curveByName(on)
	if err != nil {
		return nil, err
	}
	d, err := c.scalar(random)
	if err != nil {
		return nil, err
	}
	return newPrivateKey(c, d)
}

func newPrivateKey(c *curve, d number) (*PrivateKey, error) {
	if d.isZero() || !d.less(c.q.m) {
		return nil, fmt.Errorf("%w: its number is out of range", ErrKey)
	}
	x, y, ok := c.coordinates(c.multiply(d, c.base))
	if !ok {
		return nil, ErrKey
	}
	return &PrivateKey{public: PublicKey{curve: c, x: x, y: y}, d: d}, nil
}

// Public implements crypto.Signer; it gives a *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return k.PublicKey() }

// PublicKey is the key that checks what this one signs.
func (k *PrivateKey) PublicKey() *PublicKey { return &k.public }

// String hides the key from fmt.
func (*PrivateKey) String() string { return "[hidden]" }

// GoString hides the key from %#v.
func (*PrivateKey) GoString() string { return "[hidden]" }

// SignMessage signs a message. random has to be cryptographically good: a nonce that repeats, or
// can be guessed, gives the key away.
func (k *PrivateKey) SignMessage(random io.Reader, message []byte) ([]byte, error) {
	digest := Sum256(message)
	return k.Sign(random, digest[:], nil)
}

// Sign implements crypto.Signer for the Streebog-256 digest of a message. The options are of no
// use: crypto.Hash has no number for Streebog.
func (k *PrivateKey) Sign(random io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	if len(digest) != Size256 {
		return nil, ErrDigest
	}
	c := k.public.curve
	for range maxDraws {
		nonce, err := c.scalar(random)
		if err != nil {
			return nil, err
		}
		// A digest is a little-endian number.
		if r, s, ok := c.sign(k.d, fromLittleEndian(digest), nonce); ok {
			return append(s.bigEndian(), r.bigEndian()...), nil
		}
	}
	return nil, ErrRandomness
}

// scalar draws a number from 1 to q−1, each with the same chance.
func (c *curve) scalar(random io.Reader) (number, error) {
	var raw [numberSize]byte
	for range maxDraws {
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return number{}, fmt.Errorf("gost: drawing a number: %w", err)
		}
		n := fromLittleEndian(raw[:])
		n[len(n)-1] &= 1<<bits.Len64(c.q.m[len(n)-1]) - 1
		if !n.isZero() && n.less(c.q.m) {
			return n, nil
		}
	}
	return number{}, ErrRandomness
}

// hashed is e of RFC 7091, section 6.1, step 2.
func (c *curve) hashed(digest number) element {
	if e := c.q.enter(digest); e != (element{}) {
		return e
	}
	return c.q.one
}

// sign is RFC 7091, section 6.1. It fails for one nonce in 2^254.
func (c *curve) sign(d, digest, nonce number) (r, s number, ok bool) {
	x, _, ok := c.coordinates(c.multiply(nonce, c.base))
	q := &c.q
	reduced := q.enter(x)
	r = q.leave(reduced)
	s = q.leave(q.add(q.mul(reduced, q.enter(d)), q.mul(q.enter(nonce), c.hashed(digest))))
	return r, s, ok && !r.isZero() && !s.isZero()
}

// verify is RFC 7091, section 6.2.
func (c *curve) verify(public point, digest, r, s number) bool {
	if r.isZero() || s.isZero() || !r.less(c.q.m) || !s.less(c.q.m) {
		return false
	}
	q := &c.q
	v := q.invert(c.hashed(digest))
	z1 := q.mul(q.enter(s), v)
	z2 := q.sub(element{}, q.mul(q.enter(r), v))
	x, _, ok := c.coordinates(c.multiplyTwo(q.leave(z1), c.base, q.leave(z2), public))
	return ok && q.leave(q.enter(x)) == r
}
