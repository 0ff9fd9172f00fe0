package gost

import (
	"encoding/binary"
	"math/big"
	"math/bits"
	"slices"
)

// number is an integer below 2^256, the least significant word first.
type number [4]uint64

// element is a member of a field in Montgomery's form: times 2^256.
type element number

// field calculates modulo an odd number of 255 or 256 bits. The time of its operations depends on
// the modulus alone.
type field struct {
	m       number
	inverse uint64  // −1/m modulo 2^64
	square  element // 2^512, the step into Montgomery's form
	one     element
	minus2  number // m − 2
}

func newField(m *big.Int) field {
	f := field{m: numberOf(m), minus2: numberOf(new(big.Int).Sub(m, big.NewInt(2)))}
	inverse := f.m[0] // right in three bits; each step doubles them
	for range 5 {
		inverse *= 2 - f.m[0]*inverse
	}
	f.inverse = -inverse
	power := new(big.Int).Lsh(big.NewInt(1), 256)
	f.one = element(numberOf(new(big.Int).Mod(power, m)))
	f.square = element(numberOf(power.Mod(power.Mul(power, power), m)))
	return f
}

func numberOf(n *big.Int) number {
	return fromBigEndian(n.FillBytes(make([]byte, numberSize)))
}

func fromLittleEndian(raw []byte) (n number) {
	for i := range n {
		n[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return n
}

func fromBigEndian(raw []byte) number {
	turned := slices.Clone(raw)
	slices.Reverse(turned)
	return fromLittleEndian(turned)
}

func (n number) littleEndian() []byte {
	raw := make([]byte, 0, numberSize)
	for _, word := range n {
		raw = binary.LittleEndian.AppendUint64(raw, word)
	}
	return raw
}

func (n number) bigEndian() []byte {
	raw := n.littleEndian()
	slices.Reverse(raw)
	return raw
}

func (n number) bit(i int) uint64 { return n[i/64] >> (i % 64) & 1 }

func (n number) isZero() bool { return n == number{} }

// less tells whether n is below m.
func (n number) less(m number) bool {
	var borrow uint64
	for i := range n {
		_, borrow = bits.Sub64(n[i], m[i], borrow)
	}
	return borrow == 1
}

// enter brings any number into the field, reduced.
func (f *field) enter(n number) element { return f.mul(element(n), f.square) }

// leave gives the number below the modulus that an element stands for.
func (f *field) leave(a element) number { return number(f.mul(a, element{1})) }

// once subtracts the modulus once from a sum with its carry, if it is not below it.
func (f *field) once(sum element, carry uint64) element {
	var less element
	var borrow uint64
	for i := range sum {
		less[i], borrow = bits.Sub64(sum[i], f.m[i], borrow)
	}
	_, borrow = bits.Sub64(carry, 0, borrow)
	return choose(borrow, sum, less)
}

// choose is a for 1 and b for 0.
func choose(which uint64, a, b element) element {
	mask := -which
	for i := range a {
		b[i] ^= mask & (a[i] ^ b[i])
	}
	return b
}

func (f *field) add(a, b element) element {
	var carry uint64
	for i := range a {
		a[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return f.once(a, carry)
}

func (f *field) sub(a, b element) element {
	var borrow, carry uint64
	for i := range a {
		a[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	mask := -borrow
	for i := range a {
		a[i], carry = bits.Add64(a[i], mask&f.m[i], carry)
	}
	return a
}

// mul is Montgomery's product a·b/2^256. One factor has to be below the modulus.
func (f *field) mul(a, b element) element {
	var t [6]uint64
	for i := range b {
		var carry, c uint64
		for j := range a {
			t[j], carry = multiplyAdd(a[j], b[i], t[j], carry)
		}
		t[4], c = bits.Add64(t[4], carry, 0)
		t[5] = c

		factor := t[0] * f.inverse
		_, carry = multiplyAdd(factor, f.m[0], t[0], 0)
		for j := 1; j < len(f.m); j++ {
			t[j-1], carry = multiplyAdd(factor, f.m[j], t[j], carry)
		}
		t[3], c = bits.Add64(t[4], carry, 0)
		t[4] = t[5] + c
	}
	return f.once(element(t[:4]), t[4])
}

// multiplyAdd is a·b + c + d, in two words.
func multiplyAdd(a, b, c, d uint64) (low, high uint64) {
	high, low = bits.Mul64(a, b)
	var carry uint64
	low, carry = bits.Add64(low, c, 0)
	high += carry
	low, carry = bits.Add64(low, d, 0)
	return low, high + carry
}

// invert is 1/a by Fermat's theorem, and 0 for 0. The modulus is prime.
func (f *field) invert(a element) element {
	result := f.one
	for i := 255; i >= 0; i-- {
		result = f.mul(result, result)
		if f.minus2.bit(i) == 1 { // of the modulus, which is no secret
			result = f.mul(result, a)
		}
	}
	return result
}
