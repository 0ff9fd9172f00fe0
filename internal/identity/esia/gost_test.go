package esia_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/gost"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

// gostClient is the client of testdata/gost.pem: its key as PEM, its certificate as PEM and DER.
func gostClient(t *testing.T) (text, certificate []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/gost.pem")
	require.NoError(t, err)
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			certificate = block.Bytes
		}
	}
	require.NotEmpty(t, certificate)
	return text, certificate
}

func gostKey(t *testing.T) *gost.PrivateKey {
	t.Helper()
	key, err := gost.GenerateKey(rand.Reader, gost.TC26A)
	require.NoError(t, err)
	return key
}

// certificate makes a self-signed certificate of an RSA key.
func certificate(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "kabinet"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2126, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return der
}

func asPEM(t *testing.T, kind string, der []byte) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return asPEM(t, "PRIVATE KEY", der)
}

func TestClientWithGOST(t *testing.T) {
	text, der := gostClient(t)
	signer, err := esia.ParseSigner(esia.Current, text, text)
	require.NoError(t, err)
	public, err := gost.ParseCertificate(der)
	require.NoError(t, err)
	s := newStandWith(t, func(o *emulator.Options) {
		o.Clients[0].Key, o.Clients[0].CertificateHash = public, signer.CertificateHash()
	}, func(c *esia.Config) { c.Signer = signer })

	login, err := s.login(t, "ivanova")
	require.NoError(t, err)
	tokens, err := s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.NoError(t, err)
	require.NotEqual(t, login.Tokens.Refresh, tokens.Refresh)
}

// The value was computed by `openssl dgst -md_gost12_256` over the certificate in DER.
func TestCertificateHash(t *testing.T) {
	_, der := gostClient(t)
	require.Equal(t, "303a1378fbc01bba15825a94e77e722ec62c3d03ef8098049b446f74e23aa92b", esia.CertificateHash(der))
}

func TestTokensWithGOST(t *testing.T) {
	key := gostKey(t)
	s := newStandWith(t, func(o *emulator.Options) { o.Key = key }, func(c *esia.Config) {
		c.TokenKeys = []crypto.PublicKey{&otherKey().PublicKey, gostKey(t).PublicKey(), key.PublicKey()}
	})
	login, err := s.login(t, "ivanova")
	require.NoError(t, err)
	require.True(t, login.Trusted)
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(login.Tokens.ID, ".")[0])
	require.NoError(t, err)
	require.Contains(t, string(header), esia.AlgorithmGOST)
}

// ESIA may change from one algorithm to the other while sessions live.
func TestKeysOfBothKinds(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"RSA": serverKey(), "GOST": gostKey(t)} {
		t.Run(name, func(t *testing.T) {
			s := newStandWith(t, func(o *emulator.Options) { o.Key = key }, func(c *esia.Config) {
				c.TokenKeys = []crypto.PublicKey{gostKey(t).PublicKey(), &serverKey().PublicKey, key.Public()}
			})
			_, err := s.login(t, "petrov")
			require.NoError(t, err)
		})
	}
}

// gostToken signs claims; change may spoil the header and the signature.
func gostToken(t *testing.T, key *gost.PrivateKey, header, claims map[string]any, change func([]byte) []byte) string {
	t.Helper()
	part := func(value any) string {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Errorf("writing a token: %v", err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(header) + "." + part(claims)
	signature, err := key.SignMessage(rand.Reader, []byte(text))
	if err != nil {
		t.Errorf("signing: %v", err)
	}
	if change != nil {
		signature = change(signature)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestForgedTokensWithGOST(t *testing.T) {
	key, foreign := gostKey(t), gostKey(t)
	s := newStandWith(t, func(o *emulator.Options) { o.Key = key }, func(c *esia.Config) {
		c.TokenKeys = []crypto.PublicKey{&serverKey().PublicKey, key.PublicKey()}
	})
	der, err := key.PublicKey().Marshal()
	require.NoError(t, err)
	header := func(algorithm string) map[string]any { return map[string]any{"alg": algorithm, "typ": "JWT"} }
	for name, c := range map[string]struct {
		forge func(claims map[string]any) string
		good  bool
	}{
		"as it should be": {func(c map[string]any) string {
			return gostToken(t, key, header(esia.AlgorithmGOST), c, nil)
		}, true},
		"unknown key": {func(c map[string]any) string {
			return gostToken(t, foreign, header(esia.AlgorithmGOST), c, nil)
		}, false},
		"r before s": {func(c map[string]any) string {
			return gostToken(t, key, header(esia.AlgorithmGOST), c, func(s []byte) []byte {
				return append(append([]byte{}, s[32:]...), s[:32]...)
			})
		}, false},
		"no signature": {func(c map[string]any) string {
			return gostToken(t, key, header(esia.AlgorithmGOST), c, func([]byte) []byte { return nil })
		}, false},
		"zero signature": {func(c map[string]any) string {
			return gostToken(t, key, header(esia.AlgorithmGOST), c, func([]byte) []byte { return make([]byte, 64) })
		}, false},
		"said to be RSA": {func(c map[string]any) string {
			return gostToken(t, key, header("RS256"), c, nil)
		}, false},
		"of 512 bits": {func(c map[string]any) string {
			return gostToken(t, key, header("GOST3410_2012_512"), c, nil)
		}, false},
		"in small letters": {func(c map[string]any) string {
			return gostToken(t, key, header(strings.ToLower(esia.AlgorithmGOST)), c, nil)
		}, false},
		"critical extension": {func(c map[string]any) string {
			return gostToken(t, key, map[string]any{"alg": esia.AlgorithmGOST, "crit": []string{"exp"}, "exp": 1}, c, nil)
		}, false},
		"HS256 with the public key": {func(c map[string]any) string {
			return signed(t, jose.HS256, der, c)
		}, false},
		"none": {func(c map[string]any) string { return unsigned(t, "none", c) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s.token = s.tampered(t, func(answer map[string]any) {
				answer["id_token"] = c.forge(claimsOf(t, answer["id_token"]))
			})
			_, err := s.login(t, "ivanova")
			if c.good {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, identity.ErrToken)
		})
	}
	t.Run("changed claims", func(t *testing.T) {
		s.token = s.tampered(t, func(answer map[string]any) {
			parts := strings.Split(answer["id_token"].(string), ".")
			claims := claimsOf(t, answer["id_token"])
			claims["sub"] = 1000000002
			raw, err := json.Marshal(claims)
			if err != nil {
				t.Errorf("writing a token: %v", err)
			}
			answer["id_token"] = parts[0] + "." + base64.RawURLEncoding.EncodeToString(raw) + "." + parts[2]
		})
		_, err := s.login(t, "ivanova")
		require.ErrorIs(t, err, identity.ErrToken)
	})
}

func TestTokenAlgorithmsFollowTheKeys(t *testing.T) {
	key := gostKey(t)
	t.Run("GOST where RSA alone is accepted", func(t *testing.T) {
		s := newStandWith(t, func(o *emulator.Options) { o.Key = key }, func(c *esia.Config) {
			c.TokenKeys = []crypto.PublicKey{key.PublicKey()}
			c.TokenAlgorithms = []string{"RS256"}
		})
		_, err := s.login(t, "ivanova")
		require.ErrorIs(t, err, identity.ErrToken)
	})
	t.Run("RSA where there are GOST keys only", func(t *testing.T) {
		s := newStand(t, func(c *esia.Config) { c.TokenKeys = []crypto.PublicKey{key.PublicKey()} })
		_, err := s.login(t, "ivanova")
		require.ErrorIs(t, err, identity.ErrToken)
	})
}

func TestParsePublicKeysOfBothKinds(t *testing.T) {
	text, der := gostClient(t)
	certified, err := gost.ParseCertificate(der)
	require.NoError(t, err)
	plain, err := gostKey(t).PublicKey().Marshal()
	require.NoError(t, err)
	all := append(asPEM(t, "CERTIFICATE", der), asPEM(t, "PUBLIC KEY", plain)...)
	all = append(all, publicPEM(t, &serverKey().PublicKey)...)
	all = append(all, asPEM(t, "CERTIFICATE", certificate(t, clientKey()))...)
	keys, err := esia.ParsePublicKeys(all)
	require.NoError(t, err)
	require.Len(t, keys, 4)
	require.True(t, certified.Equal(keys[0]))
	require.True(t, serverKey().PublicKey.Equal(keys[2]))
	require.True(t, clientKey().PublicKey.Equal(keys[3]))
	_, err = esia.ParsePublicKeys(text)
	require.ErrorContains(t, err, "private")
}

func TestParseSigner(t *testing.T) {
	text, _ := gostClient(t)
	key, certified := pkcs8(t, clientKey()), asPEM(t, "CERTIFICATE", certificate(t, clientKey()))
	for name, c := range map[string]struct {
		family           esia.Family
		key, certificate []byte
		want             esia.Signer
	}{
		"GOST":                       {esia.Current, text, text, &esia.GOSTSigner{}},
		"RSA":                        {esia.Current, key, certified, &esia.RSASigner{}},
		"legacy":                     {esia.Legacy, key, certified, &esia.CMSSigner{}},
		"legacy GOST":                {esia.Legacy, text, text, nil},
		"another's certificate":      {esia.Current, key, asPEM(t, "CERTIFICATE", certificate(t, otherKey())), nil},
		"another's GOST certificate": {esia.Current, key, text, nil},
		"RSA certificate of GOST":    {esia.Current, text, certified, nil},
		"no certificate":             {esia.Current, text, key, nil},
		"no key":                     {esia.Current, certified, certified, nil},
		"nothing":                    {esia.Current, nil, nil, nil},
		"garbage for a key":          {esia.Current, asPEM(t, "PRIVATE KEY", []byte("x")), certified, nil},
		"garbage for a certificate":  {esia.Current, key, asPEM(t, "CERTIFICATE", []byte("x")), nil},
	} {
		signer, err := esia.ParseSigner(c.family, c.key, c.certificate)
		if c.want == nil {
			require.Error(t, err, name)
			continue
		}
		require.NoError(t, err, name)
		require.IsType(t, c.want, signer, name)
		require.Equal(t, c.family, signer.Family(), name)
		require.Len(t, signer.CertificateHash(), 64, name)
	}
	_, err := esia.NewGOSTSigner(nil, nil)
	require.Error(t, err)
	_, err = esia.NewCMSSigner(nil, nil)
	require.Error(t, err)
}
