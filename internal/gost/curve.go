package gost

import (
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
)

// Curve names one of the standard curves of 256 bits.
type Curve int

// The curves. TC26A is the only one with a cofactor (4), and the only one that came with the
// standard of 2012; the rest were taken over from RFC 4357.
const (
	TC26A         Curve = iota // id-tc26-gost-3410-2012-256-paramSetA
	TC26B                      // the same curve as CryptoProA
	TC26C                      // the same curve as CryptoProB
	TC26D                      // the same curve as CryptoProC
	CryptoProA                 // id-GostR3410-2001-CryptoPro-A-ParamSet
	CryptoProB                 // id-GostR3410-2001-CryptoPro-B-ParamSet
	CryptoProC                 // id-GostR3410-2001-CryptoPro-C-ParamSet
	CryptoProXchA              // the same curve as CryptoProA
	CryptoProXchB              // the same curve as CryptoProC
)

// errCurve says that parameters name no curve that is known here.
var errCurve = errors.New("gost: unknown curve")

// parameters are those of RFC 7091, section 5.2: y² = x³ + ax + b over p, a point of order q.
type parameters struct {
	p, a, b, q, x, y string // hexadecimal
}

// definition is how a curve is called and what it is.
type definition struct {
	curve Curve
	oid   asn1.ObjectIdentifier
	parameters
}

const (
	primeA = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97"
	primeC = "9B9F605F5A858107AB1EC85E6B41C8AACF846E86789051D37998F7B9022D759B"
)

// The curves' numbers, in the order of parameters.
var (
	edwards = parameters{
		primeA,
		"C2173F1513981673AF4892C23035A27CE25E2013BF95AA33B22C656F277E7335",
		"295F9BAE7428ED9CCC20E7C359A9D41A22FCCD9108E17BF7BA9337A6F8AE9513",
		"400000000000000000000000000000000FD8CDDFC87B6635C115AF556C360C67",
		"91E38443A5E82C0D880923425712B2BB658B9196932E02C78B2582FE742DAA28",
		"32879423AB1A0375895786C4BB46E9565FDE0B5344766740AF268ADB32322E5C",
	}
	cryptoProA = parameters{
		primeA,
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD94",
		"A6",
		"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
		"1",
		"8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14",
	}
	cryptoProB = parameters{
		"8000000000000000000000000000000000000000000000000000000000000C99",
		"8000000000000000000000000000000000000000000000000000000000000C96",
		"3E1AF419A269A5F866A7D3C25C3DF80AE979259373FF2B182F49D4CE7E1BBC8B",
		"800000000000000000000000000000015F700CFFF1A624E5E497161BCC8A198F",
		"1",
		"3FA8124359F96680B83D1C3EB2C070E5C545C9858D03ECFB744BF8D717717EFC",
	}
	cryptoProC = parameters{
		primeC,
		"9B9F605F5A858107AB1EC85E6B41C8AACF846E86789051D37998F7B9022D7598",
		"805A",
		"9B9F605F5A858107AB1EC85E6B41C8AA582CA3511EDDFB74F02F3A6598980BB9",
		"0",
		"41ECE55743711A8C3CBF3783CD08C0EE4D4DC440D4641A8F366E550DFDB3BB67",
	}
)

// definitions are all curves (RFC 4357, section 11.4, and RFC 7836, appendix A). Immutable.
var definitions = []definition{
	{TC26A, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 1, 1}, edwards},
	{TC26B, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 1, 2}, cryptoProA},
	{TC26C, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 1, 3}, cryptoProB},
	{TC26D, asn1.ObjectIdentifier{1, 2, 643, 7, 1, 2, 1, 1, 4}, cryptoProC},
	{CryptoProA, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 1}, cryptoProA},
	{CryptoProB, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 2}, cryptoProB},
	{CryptoProC, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 35, 3}, cryptoProC},
	{CryptoProXchA, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 36, 0}, cryptoProA},
	{CryptoProXchB, asn1.ObjectIdentifier{1, 2, 643, 2, 2, 36, 1}, cryptoProC},
}

func curveOf(is func(definition) bool) (*curve, error) {
	i := slices.IndexFunc(definitions, is)
	if i < 0 {
		return nil, errCurve
	}
	c, err := newCurve(definitions[i].parameters)
	if err != nil {
		return nil, err
	}
	c.oid = definitions[i].oid
	return c, nil
}

func curveByName(name Curve) (*curve, error) {
	return curveOf(func(d definition) bool { return d.curve == name })
}

func curveByOID(oid asn1.ObjectIdentifier) (*curve, error) {
	return curveOf(func(d definition) bool { return d.oid.Equal(oid) })
}

// curve is one curve, ready to calculate with.
type curve struct {
	oid      asn1.ObjectIdentifier
	p, q     field   // of the coordinates, of the scalars
	a, b, b3 element // b3 is 3b
	base     point
}

func newCurve(from parameters) (*curve, error) {
	numbers := make([]*big.Int, 0, 6)
	for _, text := range []string{from.p, from.q, from.a, from.b, from.x, from.y} {
		n, ok := new(big.Int).SetString(text, 16)
		if !ok || n.BitLen() > 8*numberSize {
			return nil, errCurve
		}
		numbers = append(numbers, n)
	}
	c := &curve{p: newField(numbers[0]), q: newField(numbers[1])}
	c.a, c.b = c.p.enter(numberOf(numbers[2])), c.p.enter(numberOf(numbers[3]))
	c.b3 = c.p.add(c.p.add(c.b, c.b), c.b)
	c.base = c.affine(numberOf(numbers[4]), numberOf(numbers[5]))
	return c, nil
}

func (c *curve) sameAs(o *curve) bool { return c.p.m == o.p.m && c.a == o.a && c.b == o.b }

// point is a point in homogeneous coordinates; the neutral element is 0:1:0.
type point struct{ x, y, z element }

func (c *curve) affine(x, y number) point { return point{c.p.enter(x), c.p.enter(y), c.p.one} }

func (c *curve) neutral() point { return point{y: c.p.one} }

// isNeutral is false for 0:0:0, which the addition gives where it does not hold.
func (a point) isNeutral() bool { return a.z == element{} && a.y != element{} }

// contains tells whether x and y are a point of the curve.
func (c *curve) contains(x, y number) bool {
	if !x.less(c.p.m) || !y.less(c.p.m) {
		return false
	}
	a, p := c.affine(x, y), &c.p
	right := p.mul(p.add(p.mul(a.x, a.x), c.a), a.x)
	return p.mul(a.y, a.y) == p.add(right, c.b)
}

// inGroup tells whether a point of the curve is a multiple of the base point.
func (c *curve) inGroup(a point) bool { return c.multiply(c.q.m, a).isNeutral() }

// cross is (a1 + b1)(a2 + b2) − m − n, the mixed product a1·b2 + a2·b1 where m and n are the others.
func (c *curve) cross(a1, b1, a2, b2, m, n element) element {
	p := &c.p
	return p.sub(p.sub(p.mul(p.add(a1, b1), p.add(a2, b2)), m), n)
}

// add adds any two points whose difference is not of order two, which no two points of a group of
// odd order have: equal, opposite and neutral ones take the same way.
func (c *curve) add(a, b point) point {
	p := &c.p
	xx, yy, zz := p.mul(a.x, b.x), p.mul(a.y, b.y), p.mul(a.z, b.z)
	xy := c.cross(a.x, a.y, b.x, b.y, xx, yy)
	xz := c.cross(a.x, a.z, b.x, b.z, xx, zz)
	yz := c.cross(a.y, a.z, b.y, b.z, yy, zz)

	shift := p.add(p.mul(c.a, xz), p.mul(c.b3, zz))
	minus, plus := p.sub(yy, shift), p.add(yy, shift)
	azz := p.mul(c.a, zz)
	slope := p.add(p.add(p.add(xx, xx), xx), azz)
	rest := p.add(p.mul(c.a, p.sub(xx, azz)), p.mul(c.b3, xz))
	return point{
		x: p.sub(p.mul(xy, minus), p.mul(yz, rest)),
		y: p.add(p.mul(minus, plus), p.mul(slope, rest)),
		z: p.add(p.mul(yz, plus), p.mul(xy, slope)),
	}
}

// multiply is scalar·a. Every bit costs the same: it doubles, adds, and keeps what is needed.
func (c *curve) multiply(scalar number, a point) point {
	result := c.neutral()
	for i := 8*numberSize - 1; i >= 0; i-- {
		doubled := c.add(result, result)
		added, bit := c.add(doubled, a), scalar.bit(i)
		result = point{
			x: choose(bit, added.x, doubled.x),
			y: choose(bit, added.y, doubled.y),
			z: choose(bit, added.z, doubled.z),
		}
	}
	return result
}

// multiplyTwo is m·a + n·b. Its time depends on m and n: for public numbers only.
func (c *curve) multiplyTwo(m number, a point, n number, b point) point {
	sum, result := c.add(a, b), c.neutral()
	for i := 8*numberSize - 1; i >= 0; i-- {
		result = c.add(result, result)
		switch [2]uint64{m.bit(i), n.bit(i)} {
		case [2]uint64{1, 0}:
			result = c.add(result, a)
		case [2]uint64{0, 1}:
			result = c.add(result, b)
		case [2]uint64{1, 1}:
			result = c.add(result, sum)
		}
	}
	return result
}

// coordinates gives x and y of a point that is not the neutral one.
func (c *curve) coordinates(a point) (x, y number, ok bool) {
	p := &c.p
	inverse := p.invert(a.z)
	return p.leave(p.mul(a.x, inverse)), p.leave(p.mul(a.y, inverse)), a.z != element{}
}
