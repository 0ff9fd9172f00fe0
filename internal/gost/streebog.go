package gost

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// Sizes in bytes.
const (
	Size256   = 32 // of a Streebog-256 digest
	Size512   = 64 // of a Streebog-512 digest
	BlockSize = 64
)

// block is 512 bits as eight words, the least significant first.
type block [BlockSize / 8]uint64

// streebog is a hash.Hash. What has been written is h, n and sigma for the whole blocks, and the
// rest of fewer than 64 bytes in pending.
type streebog struct {
	size    int
	h       block
	n       block // bits hashed so far
	sigma   block // sum of the blocks
	pending [BlockSize]byte
	length  int // of pending
}

// New256 makes a Streebog-256 hash.
func New256() hash.Hash { return newStreebog(Size256) }

// New512 makes a Streebog-512 hash.
func New512() hash.Hash { return newStreebog(Size512) }

// Sum256 is the Streebog-256 digest of data.
func Sum256(data []byte) [Size256]byte {
	s := newStreebog(Size256)
	s.write(data)
	return [Size256]byte(s.Sum(nil))
}

// Sum512 is the Streebog-512 digest of data.
func Sum512(data []byte) [Size512]byte {
	s := newStreebog(Size512)
	s.write(data)
	return [Size512]byte(s.Sum(nil))
}

func newStreebog(size int) *streebog {
	s := &streebog{size: size}
	s.Reset()
	return s
}

// Reset implements hash.Hash.
func (s *streebog) Reset() {
	*s = streebog{size: s.size}
	if s.size == Size256 {
		for i := range s.h {
			s.h[i] = 0x0101010101010101
		}
	}
}

// Size implements hash.Hash.
func (s *streebog) Size() int { return s.size }

// BlockSize implements hash.Hash.
func (s *streebog) BlockSize() int { return BlockSize }

// Write implements hash.Hash. It never fails.
func (s *streebog) Write(data []byte) (int, error) {
	s.write(data)
	return len(data), nil
}

func (s *streebog) write(data []byte) {
	for len(data) > 0 {
		n := copy(s.pending[s.length:], data)
		data = data[n:]
		if s.length += n; s.length == BlockSize {
			s.absorb(load(&s.pending), BlockSize)
			s.length = 0
		}
	}
}

// Sum implements hash.Hash.
func (s *streebog) Sum(prefix []byte) []byte {
	final := *s // more may be written to s afterwards
	clear(final.pending[final.length:])
	final.pending[final.length] = 1
	final.absorb(load(&final.pending), final.length)
	final.h = compress(block{}, final.h, final.n)
	final.h = compress(block{}, final.h, final.sigma)
	var digest [Size512]byte
	for i, word := range final.h {
		binary.LittleEndian.PutUint64(digest[8*i:], word)
	}
	return append(prefix, digest[Size512-s.size:]...)
}

// absorb takes in one block that holds so many bytes of the message.
func (s *streebog) absorb(m block, length int) {
	s.h = compress(s.n, s.h, m)
	s.n = add(s.n, block{uint64(length) * 8}) //nolint:gosec // 0–64
	s.sigma = add(s.sigma, m)
}

func load(b *[BlockSize]byte) (m block) {
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return m
}

// add is addition modulo 2^512.
func add(a, b block) (sum block) {
	var carry uint64
	for i := range a {
		sum[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return sum
}

func xor(a, b block) block {
	for i := range a {
		a[i] ^= b[i]
	}
	return a
}

// compress is g of RFC 6986, section 8.
func compress(n, h, m block) block {
	key := lps(xor(h, n))
	state := xor(key, m)
	for i := range iterationConstants {
		key = lps(xor(key, iterationConstants[i]))
		state = xor(key, lps(state))
	}
	return xor(xor(state, h), m)
}

// lps is the substitution, the transposition and the linear transformation at once: byte i of
// word j goes through row j of the table into word i.
func lps(in block) (out block) {
	for i := range out {
		for j, word := range in {
			out[i] ^= substituted[j][word>>(8*i)&0xff]
		}
	}
	return out
}
