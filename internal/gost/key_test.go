package gost_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/gost"
)

// fixture is what OpenSSL made on one curve: see testdata/README.md.
type fixture struct {
	private, public, certificate, signature []byte
}

func fixtures(t testing.TB) map[string]fixture {
	t.Helper()
	names, err := filepath.Glob("testdata/*.pem")
	require.NoError(t, err)
	require.Len(t, names, 9)
	all := make(map[string]fixture)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var f fixture
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			switch block.Type {
			case "PRIVATE KEY":
				f.private = block.Bytes
			case "PUBLIC KEY":
				f.public = block.Bytes
			case "CERTIFICATE":
				f.certificate = block.Bytes
			case "SIGNATURE":
				f.signature = block.Bytes
			}
		}
		all[filepath.Base(name)] = f
	}
	return all
}

func message(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/message.txt")
	require.NoError(t, err)
	return text
}

func TestWhatOpenSSLMade(t *testing.T) {
	for name, f := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			public, err := gost.ParsePublicKey(f.public)
			require.NoError(t, err)
			require.True(t, public.Verify(message(t), f.signature))
			digest := gost.Sum256(message(t))
			require.True(t, public.VerifyDigest(digest[:], f.signature))

			certified, err := gost.ParseCertificate(f.certificate)
			require.NoError(t, err)
			require.True(t, public.Equal(certified))
			certificate, err := x509.ParseCertificate(f.certificate)
			require.NoError(t, err)
			require.True(t, certified.Verify(certificate.RawTBSCertificate, certificate.Signature), "it signed itself")

			private, err := gost.ParsePrivateKey(f.private)
			require.NoError(t, err)
			require.True(t, public.Equal(private.Public()))
			signature, err := private.SignMessage(crand.Reader, message(t))
			require.NoError(t, err)
			require.True(t, public.Verify(message(t), signature))

			again, err := private.Marshal()
			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(f.private), hex.EncodeToString(again), "written as OpenSSL writes it")
			der, err := public.Marshal()
			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(f.public), hex.EncodeToString(der))
		})
	}
}

// The last steps of the counter and of the sum, against OpenSSL.
func TestStreebogOfOpenSSL(t *testing.T) {
	data := bytes.Repeat([]byte{0xff}, 8193)
	short, long := gost.Sum256(data), gost.Sum512(data)
	require.Equal(t, "86f1b3f2d0e8c797825dcb329a5b12df45935ac4e13d86b7d4b8f9df45acc15d", hex.EncodeToString(short[:]))
	require.Equal(t, "89411fb9a9691a4aea0475a43978823779a8e0f6b15d4d2f633d81a56f78e5c1"+
		"67bda8c45bccc849834c57d7962245cabb61fa0eb1e8af6c76e94170753ce6a5", hex.EncodeToString(long[:]))
}

func TestSignatures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.NewChaCha8([32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")))
		on := gost.Curve(rapid.IntRange(int(gost.TC26A), int(gost.CryptoProXchB)).Draw(t, "curve"))
		text := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "message")
		key, err := gost.GenerateKey(random, on)
		require.NoError(t, err)
		signature, err := key.SignMessage(random, text)
		require.NoError(t, err)
		require.Len(t, signature, gost.SignatureSize)
		public := key.PublicKey()
		require.True(t, public.Verify(text, signature))

		flip := func(b []byte, label string) []byte {
			changed := bytes.Clone(b)
			bit := rapid.IntRange(0, 8*len(b)-1).Draw(t, label)
			changed[bit/8] ^= 1 << (bit % 8)
			return changed
		}
		require.False(t, public.Verify(text, flip(signature, "bit of the signature")))
		require.False(t, public.Verify(flip(text, "bit of the message"), signature))
		require.False(t, public.Verify(text, append(bytes.Clone(signature[32:]), signature[:32]...)), "r before s")
	})
}

func TestSignaturesOutOfRange(t *testing.T) {
	key, err := gost.GenerateKey(crand.Reader, gost.CryptoProA)
	require.NoError(t, err)
	text := []byte("text")
	signature, err := key.SignMessage(crand.Reader, text)
	require.NoError(t, err)
	order, _ := new(big.Int).SetString("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893", 16)
	for name, forged := range map[string][]byte{
		"empty":        nil,
		"too short":    signature[:63],
		"too long":     append(bytes.Clone(signature), 0),
		"all zero":     make([]byte, 64),
		"s is zero":    append(make([]byte, 32), signature[32:]...),
		"r is zero":    append(bytes.Clone(signature[:32]), make([]byte, 32)...),
		"s is q":       append(order.FillBytes(make([]byte, 32)), signature[32:]...),
		"r is q":       append(bytes.Clone(signature[:32]), order.FillBytes(make([]byte, 32))...),
		"all ones":     bytes.Repeat([]byte{0xff}, 64),
		"of no digest": append(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)...),
	} {
		require.False(t, key.PublicKey().Verify(text, forged), name)
	}
	require.False(t, key.PublicKey().VerifyDigest(text, signature), "no digest")
	_, err = key.Sign(crand.Reader, text, nil)
	require.ErrorIs(t, err, gost.ErrDigest)
}

// On a curve whose order has room above it, s and s+q would be two signatures of one message.
func TestSignatureIsUnique(t *testing.T) {
	key, err := gost.GenerateKey(crand.Reader, gost.TC26A)
	require.NoError(t, err)
	order, _ := new(big.Int).SetString("400000000000000000000000000000000FD8CDDFC87B6635C115AF556C360C67", 16)
	signature, err := key.SignMessage(crand.Reader, nil)
	require.NoError(t, err)
	for _, half := range []int{0, 32} {
		forged := bytes.Clone(signature)
		part := new(big.Int).SetBytes(forged[half : half+32])
		part.Add(part, order).FillBytes(forged[half : half+32])
		require.False(t, key.PublicKey().Verify(nil, forged), half)
	}
}

// A digest that is a multiple of the order counts as one (RFC 7091, section 6.1).
func TestDigestOfZero(t *testing.T) {
	key, err := gost.GenerateKey(crand.Reader, gost.TC26A)
	require.NoError(t, err)
	zero := make([]byte, gost.Size256)
	signature, err := key.Sign(crand.Reader, zero, nil)
	require.NoError(t, err)
	require.True(t, key.PublicKey().VerifyDigest(zero, signature))
	one := make([]byte, gost.Size256)
	one[0] = 1
	require.True(t, key.PublicKey().VerifyDigest(one, signature))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

func TestWithoutRandomness(t *testing.T) {
	_, err := gost.GenerateKey(broken{}, gost.TC26A)
	require.ErrorContains(t, err, "no randomness")
	key, err := gost.GenerateKey(crand.Reader, gost.TC26A)
	require.NoError(t, err)
	_, err = key.SignMessage(broken{}, nil)
	require.ErrorContains(t, err, "no randomness")
	_, err = key.SignMessage(bytes.NewReader(make([]byte, 1<<16)), nil)
	require.ErrorIs(t, err, gost.ErrRandomness)
	_, err = gost.GenerateKey(crand.Reader, gost.Curve(-1))
	require.Error(t, err)
}

func TestPrivateKeyIsNotPrinted(t *testing.T) {
	key, err := gost.GenerateKey(crand.Reader, gost.TC26A)
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "[hidden]", fmt.Sprintf(verb, key))
	}
}

func TestFormsOfAPrivateKey(t *testing.T) {
	type algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters struct{ Curve, Digest asn1.ObjectIdentifier }
	}
	type info struct {
		Version   int
		Algorithm algorithm
		Key       []byte
	}
	f := fixtures(t)["a.pem"]
	want, err := gost.ParsePrivateKey(f.private)
	require.NoError(t, err)
	var plain info
	_, err = asn1.Unmarshal(f.private, &plain)
	require.NoError(t, err)
	number := bytes.Clone(plain.Key)
	for i, j := 0, len(number)-1; i < j; i, j = i+1, j-1 {
		number[i], number[j] = number[j], number[i]
	}
	form := func(key any) []byte {
		changed := plain
		var err error
		changed.Key, err = asn1.Marshal(key)
		require.NoError(t, err)
		der, err := asn1.Marshal(changed)
		require.NoError(t, err)
		return der
	}
	for name, der := range map[string][]byte{
		"octet string": form(plain.Key),
		"integer":      form(new(big.Int).SetBytes(number)),
	} {
		key, err := gost.ParsePrivateKey(der)
		require.NoError(t, err, name)
		require.True(t, want.PublicKey().Equal(key.Public()), name)
	}
	for name, der := range map[string][]byte{
		"zero":     form(0),
		"negative": form(-5),
		"too big":  form(new(big.Int).Lsh(big.NewInt(1), 256)),
		"masked":   form(make([]byte, 64)),
		"text":     form("key"),
		"trailing": append(bytes.Clone(f.private), 0),
		"cut off":  f.private[:20],
		"public":   f.public,
		"nothing":  nil,
	} {
		_, err := gost.ParsePrivateKey(der)
		require.ErrorIs(t, err, gost.ErrKey, name)
	}
}

func TestForeignPublicKeys(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	require.NoError(t, err)
	foreign, err := x509.MarshalPKIXPublicKey(&other.PublicKey)
	require.NoError(t, err)
	good := fixtures(t)["a.pem"].public
	changed := func(from, to string) []byte {
		der := bytes.Replace(good, unhex(t, from), unhex(t, to), 1)
		require.NotEqual(t, good, der)
		return der
	}
	offCurve := bytes.Clone(good)
	offCurve[len(offCurve)-1] ^= 1
	for name, der := range map[string][]byte{
		"elliptic":        foreign,
		"off the curve":   offCurve,
		"trailing":        append(bytes.Clone(good), 0),
		"cut off":         good[:len(good)-1],
		"nothing":         nil,
		"512 bits":        changed("06082a85030701010101", "06082a85030701010102"),
		"hash of 512":     changed("06082a85030701010202", "06082a85030701010203"),
		"unknown curve":   changed("06072a850302022301", "06072a850302022309"),
		"unused bits":     changed("034300", "034301"),
		"not a string":    changed("0440", "0540"),
		"another's curve": changed("06072a850302022301", "06072a850302022302"),
	} {
		_, err := gost.ParsePublicKey(der)
		require.Error(t, err, name)
	}
	_, err = gost.ParseCertificate(good)
	require.Error(t, err)
	key, err := gost.ParsePublicKey(good)
	require.NoError(t, err)
	require.False(t, key.Equal(&other.PublicKey))
	require.False(t, key.Equal((*gost.PublicKey)(nil)))
}

func FuzzParse(f *testing.F) {
	for _, fixture := range fixtures(f) {
		f.Add(fixture.private)
		f.Add(fixture.public)
		f.Add(fixture.certificate)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if key, err := gost.ParsePublicKey(der); err == nil {
			again, err := key.Marshal()
			require.NoError(t, err)
			same, err := gost.ParsePublicKey(again)
			require.NoError(t, err)
			require.True(t, key.Equal(same))
		}
		if key, err := gost.ParsePrivateKey(der); err == nil {
			signature, err := key.SignMessage(crand.Reader, der)
			require.NoError(t, err)
			require.True(t, key.PublicKey().Verify(der, signature))
		}
		_, _ = gost.ParseCertificate(der)
	})
}
