package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// tokenBytes is the length of a token: 256 bits from the system's generator.
const tokenBytes = 32

// token is a session's secret. It stays in memory only while a request is served.
type token [tokenBytes]byte

// errToken is for the program alone: a client that sends a malformed token is simply not signed in.
var errToken = errors.New("session: malformed token")

func newToken() token {
	var t token
	_, _ = rand.Read(t[:]) // never fails, by its contract
	return t
}

func parseToken(s string) (token, error) {
	var t token
	if len(s) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return t, errToken
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(t[:], []byte(s)); err != nil || n != tokenBytes {
		return t, errToken
	}
	return t, nil
}

// text is what the client keeps.
func (t token) text() string { return base64.RawURLEncoding.EncodeToString(t[:]) }

// tokenHash finds a session. It tells nothing of the token.
type tokenHash [sha256.Size]byte

func (t token) hash() tokenHash {
	return sha256.Sum256(append([]byte("kabinet session\x00"), t[:]...))
}

func (h tokenHash) hex() string { return hex.EncodeToString(h[:]) }

// aead is the cipher whose key comes from the token.
func (t token) aead() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, t[:], nil, "kabinet session data", 32)
	if err != nil {
		return nil, fmt.Errorf("session: derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (t token) seal(d data) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	aead, err := t.aead()
	if err != nil {
		return nil, err
	}
	hash := t.hash()
	return aead.Seal(nil, nil, plain, hash[:]), nil //nolint:gosec // the cipher makes a random nonce itself
}

func (t token) open(sealed []byte) (data, error) {
	aead, err := t.aead()
	if err != nil {
		return data{}, err
	}
	hash := t.hash()
	plain, err := aead.Open(nil, nil, sealed, hash[:])
	if err != nil {
		return data{}, fmt.Errorf("session: open: %w", err)
	}
	var d data
	if err := json.Unmarshal(plain, &d); err != nil {
		return data{}, errors.New("session: the data is not readable")
	}
	return d, nil
}
