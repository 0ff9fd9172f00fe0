package gost

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func parse(t *testing.T, text string) number {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 16)
	require.True(t, ok)
	return numberOf(n)
}

func integer(n number) *big.Int { return new(big.Int).SetBytes(n.bigEndian()) }

// The example of RFC 7091, section 7.1, with its own curve and nonce.
func TestSignatureOfTheStandard(t *testing.T) {
	c, err := newCurve(parameters{
		p: "8000000000000000000000000000000000000000000000000000000000000431",
		a: "7",
		b: "5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E",
		q: "8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3",
		x: "2",
		y: "8E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8",
	})
	require.NoError(t, err)
	key, err := newPrivateKey(c, parse(t, "7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28"))
	require.NoError(t, err)
	require.Equal(t, parse(t, "7F2B49E270DB6D90D8595BEC458B50C58585BA1D4E9B788F6689DBD8E56FD80B"), key.public.x)
	require.Equal(t, parse(t, "26F1B489D6701DD185C8413A977B3CBBAF64D1C593D26627DFFB101A87FF77DA"), key.public.y)

	e := parse(t, "2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5")
	nonce := parse(t, "77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3")
	r, s, ok := c.sign(key.d, e, nonce)
	require.True(t, ok)
	require.Equal(t, parse(t, "41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493"), r)
	require.Equal(t, parse(t, "1456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40"), s)
	require.True(t, c.verify(c.affine(key.public.x, key.public.y), e, r, s))
	require.False(t, c.verify(c.affine(key.public.x, key.public.y), e, s, r))
}

// The arithmetic of fixed width agrees with math/big.
func TestField(t *testing.T) {
	draw := rapid.Custom(func(t *rapid.T) number {
		var n number
		for i := range n {
			n[i] = rapid.OneOf(rapid.Uint64(), rapid.Just[uint64](0), rapid.Just(^uint64(0))).Draw(t, "word")
		}
		return n
	})
	var fields []field
	for _, d := range definitions {
		c, err := curveByOID(d.oid)
		require.NoError(t, err)
		fields = append(fields, c.p, c.q)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(fields).Draw(t, "field")
		m := integer(f.m)
		n, k := draw.Draw(t, "n"), draw.Draw(t, "k")
		a, b := f.enter(n), f.enter(k)
		check := func(want *big.Int, got element) {
			require.Equal(t, want.Mod(want, m).String(), integer(f.leave(got)).String())
		}
		check(integer(n), a)
		check(new(big.Int).Add(integer(n), integer(k)), f.add(a, b))
		check(new(big.Int).Sub(integer(n), integer(k)), f.sub(a, b))
		check(new(big.Int).Mul(integer(n), integer(k)), f.mul(a, b))
		if inverse := new(big.Int).ModInverse(integer(n), m); inverse != nil {
			check(inverse, f.invert(a))
		}
		require.Equal(t, integer(n).Cmp(integer(k)) < 0, n.less(k))
		require.Equal(t, n, fromLittleEndian(n.littleEndian()))
		require.Equal(t, n, fromBigEndian(n.bigEndian()))
	})
}

func TestCurves(t *testing.T) {
	for _, d := range definitions {
		c, err := curveByOID(d.oid)
		require.NoError(t, err)
		require.True(t, integer(c.p.m).ProbablyPrime(20), d.oid)
		require.True(t, integer(c.q.m).ProbablyPrime(20), d.oid)
		x, y, ok := c.coordinates(c.base)
		require.True(t, ok)
		require.True(t, c.contains(x, y), d.oid)
		require.True(t, c.inGroup(c.base), d.oid)

		// Addition holds where others need cases of their own.
		require.True(t, c.add(c.neutral(), c.neutral()).isNeutral())
		opposite := point{c.base.x, c.p.sub(element{}, c.base.y), c.base.z}
		require.True(t, c.add(c.base, opposite).isNeutral())
		sameX, sameY, ok := c.coordinates(c.add(c.base, c.neutral()))
		require.True(t, ok)
		require.Equal(t, [2]number{x, y}, [2]number{sameX, sameY})
		_, _, ok = c.coordinates(c.neutral())
		require.False(t, ok)
		require.False(t, c.contains(c.p.m, y), "coordinates are below p")
	}
	_, err := curveByName(Curve(len(definitions)))
	require.ErrorIs(t, err, errCurve)
	_, err = newCurve(parameters{p: "x"})
	require.ErrorIs(t, err, errCurve)
}

// The curve with a cofactor has points that are no multiples of the base point. No key may be one.
func TestPointsOutsideTheGroup(t *testing.T) {
	c, err := curveByName(TC26A)
	require.NoError(t, err)
	outside := 0
	for i := range uint64(64) {
		x := number{i}
		a := c.affine(x, x)
		square := c.p.add(c.p.mul(c.p.add(c.p.mul(a.x, a.x), c.a), a.x), c.b)
		root := new(big.Int).ModSqrt(integer(c.p.leave(square)), integer(c.p.m))
		if root == nil {
			continue // no point has this x
		}
		y := numberOf(root)
		require.True(t, c.contains(x, y))
		fourfold := c.multiply(number{4}, c.affine(x, y))
		require.True(t, c.inGroup(fourfold), "four times anything is in the group")
		if !c.inGroup(c.affine(x, y)) {
			outside++
			_, err = newPublicKey(c, x, y)
			require.ErrorIs(t, err, ErrKey)
		}
	}
	require.Positive(t, outside)
}
