package esia_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

// unsigned makes a token with alg none, which go-jose refuses to make.
func unsigned(t *testing.T, algorithm string, claims map[string]any) string {
	t.Helper()
	header, err := json.Marshal(map[string]string{"alg": algorithm, "typ": "JWT"})
	if err != nil {
		t.Errorf("writing a token: %v", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Errorf("writing a token: %v", err)
	}
	return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Errorf("writing a key: %v", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestForgedIDTokens(t *testing.T) {
	s := newStand(t)
	now := s.clock.Now()
	set := func(name string, value any) func(any) string {
		return func(token any) string {
			return reissued(t, token, func(c map[string]any) { c[name] = value })
		}
	}
	drop := func(name string) func(any) string {
		return func(token any) string {
			return reissued(t, token, func(c map[string]any) { delete(c, name) })
		}
	}
	for name, forge := range map[string]func(any) string{
		"another issuer":            set("iss", "http://evil.example/"),
		"issuer without slash":      set("iss", strings.TrimSuffix(s.server.URL, "/")),
		"no issuer":                 drop("iss"),
		"another audience":          set("aud", "OTHER"),
		"a second audience":         set("aud", []string{clientID, "OTHER"}),
		"no audience":               drop("aud"),
		"audience of another type":  set("aud", 7),
		"expired":                   set("exp", now.Add(-esia.DefaultLeeway).Unix()),
		"no expiry":                 drop("exp"),
		"expiry of another type":    set("exp", "tomorrow"),
		"not yet valid":             set("nbf", now.Add(esia.DefaultLeeway+time.Second).Unix()),
		"no time of issue":          drop("iat"),
		"issued in the future":      set("iat", now.Add(esia.DefaultLeeway+time.Second).Unix()),
		"no subject":                drop("sub"),
		"subject null":              set("sub", nil),
		"subject zero":              set("sub", 0),
		"subject negative":          set("sub", -5),
		"subject with a fraction":   set("sub", 1.5),
		"subject is a path":         set("sub", "1/../2"),
		"subject is text":           set("sub", "ivanova"),
		"subject too large":         set("sub", "99999999999999999999"),
		"subject with a zero ahead": set("sub", "01000000001"),
		"subject of the two claims": set("sub", 1000000002),
		"about somebody else": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["urn:esia:sbj"].(map[string]any)["urn:esia:sbj:oid"] = 1000000002 })
		},
		"about an organisation": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["urn:esia:sbj"].(map[string]any)["urn:esia:sbj:typ"] = "O" })
		},
		"algorithm none": func(token any) string { return unsigned(t, "none", claimsOf(t, token)) },
		"algorithm None": func(token any) string { return unsigned(t, "None", claimsOf(t, token)) },
		"no algorithm":   func(token any) string { return unsigned(t, "", claimsOf(t, token)) },
		"HS256 with the public key": func(token any) string {
			return signed(t, jose.HS256, publicPEM(t, s.emulator.PublicKey()), claimsOf(t, token))
		},
		"HS256 with the public key without its last newline": func(token any) string {
			return signed(t, jose.HS256, bytes.TrimSpace(publicPEM(t, s.emulator.PublicKey())), claimsOf(t, token))
		},
		"RS512 with the right key": func(token any) string {
			return signed(t, jose.RS512, serverKey(), claimsOf(t, token))
		},
		"unknown RSA key": func(token any) string {
			return signed(t, jose.RS256, otherKey(), claimsOf(t, token))
		},
		"a key that comes with the token": func(token any) string {
			options := (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT")
			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: otherKey()}, options)
			if err != nil {
				t.Errorf("signing: %v", err)
			}
			payload, _ := json.Marshal(claimsOf(t, token))
			jws, err := signer.Sign(payload)
			if err != nil {
				t.Errorf("signing: %v", err)
			}
			text, _ := jws.CompactSerialize()
			return text
		},
		"the access token in its place": func(token any) string {
			return signedAs(t, "access", jose.RS256, serverKey(), claimsOf(t, token))
		},
		"changed after signing": func(token any) string {
			parts := strings.Split(token.(string), ".")
			claims := claimsOf(t, token)
			claims["sub"] = 1000000002
			payload, _ := json.Marshal(claims)
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
		},
		"without signature": func(token any) string {
			return token.(string)[:strings.LastIndex(token.(string), ".")+1]
		},
		"not a token":  func(any) string { return "a.b.c" },
		"endless":      func(token any) string { return token.(string) + strings.Repeat("A", 20<<10) },
		"JSON in JWS":  func(any) string { return `{"payload":"e30","signatures":[]}` },
		"claims: list": func(any) string { return signedRaw(t, `[]`) },
		"claims: text": func(any) string { return signedRaw(t, `hello`) },
	} {
		t.Run(name, func(t *testing.T) {
			s.token = s.tampered(t, func(a map[string]any) { a["id_token"] = forge(a["id_token"]) })
			gets := s.gets.Load()
			_, err := s.login(t, "ivanova")
			require.ErrorIs(t, err, identity.ErrToken)
			require.Equal(t, gets, s.gets.Load(), "nothing is read with a token that was refused")
		})
	}
}

func signedRaw(t *testing.T, payload string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: serverKey()}, nil)
	if err != nil {
		t.Errorf("signing: %v", err)
		return ""
	}
	jws, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Errorf("signing: %v", err)
		return ""
	}
	token, _ := jws.CompactSerialize()
	return token
}

func TestIDTokensThatDifferWithinReason(t *testing.T) {
	s := newStand(t)
	now := s.clock.Now()
	for name, c := range map[string]struct {
		change func(claims map[string]any)
		method identity.Method
	}{
		"untouched":            {func(map[string]any) {}, identity.Password},
		"subject as a string":  {func(c map[string]any) { c["sub"] = "1000000001" }, identity.Password},
		"audience as a list":   {func(c map[string]any) { c["aud"] = []string{clientID} }, identity.Password},
		"no nbf":               {func(c map[string]any) { delete(c, "nbf") }, identity.Password},
		"clock a little ahead": {func(c map[string]any) { c["iat"] = now.Add(esia.DefaultLeeway).Unix() }, identity.Password},
		"amr as a list":        {func(c map[string]any) { c["amr"] = []string{"DS"} }, identity.Signature},
		"only ESIA's own amd":  {func(c map[string]any) { delete(c, "amr"); c["urn:esia:amd"] = "DS" }, identity.Signature},
		"an unknown method": {func(c map[string]any) {
			c["amr"] = "EBS"
			c["urn:esia:amd"] = "EBS"
		}, identity.Other},
	} {
		t.Run(name, func(t *testing.T) {
			s.token = s.tampered(t, func(a map[string]any) { a["id_token"] = reissued(t, a["id_token"], c.change) })
			login, err := s.login(t, "ivanova")
			require.NoError(t, err)
			require.Equal(t, "1000000001", login.Subject)
			require.Equal(t, c.method, login.Method)
			require.True(t, login.Trusted)
		})
	}
}

func TestForgedAccessTokens(t *testing.T) {
	s := newStand(t)
	now := s.clock.Now()
	for name, forge := range map[string]func(any) string{
		"of another person": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["urn:esia:sbj_id"] = 1000000002 })
		},
		"of nobody": func(token any) string {
			return reissued(t, token, func(c map[string]any) { delete(c, "urn:esia:sbj_id") })
		},
		"of another client": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["client_id"] = "OTHER" })
		},
		"of another session": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["urn:esia:sid"] = "other" })
		},
		"of another issuer": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["iss"] = "http://evil.example/" })
		},
		"expired": func(token any) string {
			return reissued(t, token, func(c map[string]any) { c["exp"] = now.Add(-time.Hour).Unix() })
		},
		"signed by another key": func(token any) string {
			return signed(t, jose.RS256, otherKey(), claimsOf(t, token))
		},
		"unsigned": func(token any) string { return unsigned(t, "none", claimsOf(t, token)) },
		"an id_token in its place": func(token any) string {
			return signedAs(t, "id", jose.RS256, serverKey(), claimsOf(t, token))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.token = s.tampered(t, func(a map[string]any) { a["access_token"] = forge(a["access_token"]) })
			_, err := s.login(t, "ivanova")
			require.ErrorIs(t, err, identity.ErrToken)
			require.Zero(t, s.gets.Load())
		})
	}
}

func TestTokensOfTwoPeopleDoNotMix(t *testing.T) {
	s := newStand(t)
	stranger, err := s.login(t, "petrov")
	require.NoError(t, err)
	s.token = s.tampered(t, func(a map[string]any) { a["access_token"] = stranger.Tokens.Access })
	_, err = s.login(t, "ivanova")
	require.ErrorIs(t, err, identity.ErrToken)
}

// ESIA replaces its key: for a while both the old and the new one are configured.
func TestKeyRotation(t *testing.T) {
	next, err := x509.MarshalPKIXPublicKey(&otherKey().PublicKey)
	require.NoError(t, err)
	both := append(publicPEM(t, &serverKey().PublicKey), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: next})...)
	keys, err := esia.ParsePublicKeys(both)
	require.NoError(t, err)
	require.Len(t, keys, 2)

	resign := func(s *stand) http.HandlerFunc {
		return s.tampered(t, func(a map[string]any) {
			for _, name := range []string{"id_token", "access_token"} {
				a[name] = signed(t, jose.RS256, otherKey(), claimsOf(t, a[name]))
			}
		})
	}
	// The person's data is not of interest here, and the emulator does not know the new key.
	person := func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }

	t.Run("both are good", func(t *testing.T) {
		s := newStand(t, func(c *esia.Config) { c.TokenKeys = keys })
		_, err := s.login(t, "ivanova")
		require.NoError(t, err)
		s.token, s.person = resign(s), person
		_, err = s.login(t, "ivanova")
		require.NoError(t, err)
	})
	t.Run("the old one is withdrawn", func(t *testing.T) {
		s := newStand(t, func(c *esia.Config) { c.TokenKeys = keys[1:] })
		_, err := s.login(t, "ivanova")
		require.ErrorIs(t, err, identity.ErrToken)
		s.token, s.person = resign(s), person
		_, err = s.login(t, "ivanova")
		require.NoError(t, err)
	})
}

func TestParsePublicKeysRefuses(t *testing.T) {
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(otherKey())
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"nothing":       nil,
		"no PEM":        []byte("key"),
		"elliptic":      publicPEM(t, &elliptical.PublicKey),
		"private":       pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"garbage":       pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
		"bad document":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
		"another block": pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("x")}),
	} {
		keys, err := esia.ParsePublicKeys(text)
		require.Error(t, err, name)
		require.Empty(t, keys, name)
	}
}
