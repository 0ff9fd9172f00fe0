package gost_test

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/gost"
)

func BenchmarkStreebog256(b *testing.B) {
	data := make([]byte, 1<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		gost.Sum256(data)
	}
}

func BenchmarkSignature(b *testing.B) {
	key, err := gost.GenerateKey(rand.Reader, gost.TC26A)
	require.NoError(b, err)
	signature, err := key.SignMessage(rand.Reader, nil)
	require.NoError(b, err)
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			_, _ = key.SignMessage(rand.Reader, nil)
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			key.PublicKey().Verify(nil, signature)
		}
	})
}
