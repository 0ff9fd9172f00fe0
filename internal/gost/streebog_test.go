package gost_test

import (
	"bytes"
	"encoding/hex"
	"hash"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/gost"
)

// The messages of RFC 6986, section 10, in the order of bytes in which they are stored.
const (
	firstMessage  = "012345678901234567890123456789012345678901234567890123456789012"
	secondMessage = "d1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece820ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

func TestStreebogOfTheStandard(t *testing.T) {
	second := unhex(t, secondMessage)
	for _, c := range []struct {
		name    string
		message []byte
		of256   string
		of512   string
	}{
		{
			"M1", []byte(firstMessage),
			"9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
			"1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa" +
				"00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48",
		},
		{
			"M2", second,
			"9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50",
			"1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376" +
				"035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28",
		},
	} {
		short, long := gost.Sum256(c.message), gost.Sum512(c.message)
		require.Equal(t, c.of256, hex.EncodeToString(short[:]), c.name)
		require.Equal(t, c.of512, hex.EncodeToString(long[:]), c.name)
	}
}

// A message may come in any pieces, be summed up in between, and the hash be used again.
func TestStreebogInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "message")
		want256, want512 := gost.Sum256(message), gost.Sum512(message)
		for want, h := range map[string]hash.Hash{string(want256[:]): gost.New256(), string(want512[:]): gost.New512()} {
			for range 2 {
				for rest := message; len(rest) > 0; {
					n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
					written, err := h.Write(rest[:n])
					require.NoError(t, err)
					require.Equal(t, n, written)
					rest = rest[n:]
					h.Sum(nil)
				}
				require.Equal(t, want, string(h.Sum([]byte("prefix"))[len("prefix"):]))
				require.Len(t, want, h.Size())
				require.Equal(t, gost.BlockSize, h.BlockSize())
				h.Reset()
			}
		}
	})
}

// The counter and the sum carry over all 512 bits.
func TestStreebogCarries(t *testing.T) {
	var last []byte
	for _, size := range []int{63, 64, 65, 128, 8192, 8193} {
		digest := gost.Sum512(bytes.Repeat([]byte{0xff}, size))
		require.NotEqual(t, last, digest[:])
		last = digest[:]
	}
}
