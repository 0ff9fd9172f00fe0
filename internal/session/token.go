package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
)

// tokenBytes is the length of a token: 256 bits from the system's generator.
const tokenBytes = 32

// tokenKind is what a token is for. One of another kind has another hash and another key, though its text be the same.
type tokenKind string

// The kinds; the last two are kept as rows of their own.
const (
	accessToken  tokenKind = "session"
	loginCode    tokenKind = "CODE"
	refreshToken tokenKind = "REFRESH"
)

// token is a secret that opens a session. It stays in memory only while a request is served.
type token struct {
	kind   tokenKind
	secret [tokenBytes]byte
}

// errToken is for the program alone: a client that sends a malformed token is simply not signed in.
var errToken = errors.New("session: malformed token")

func newToken(kind tokenKind) token {
	t := token{kind: kind}
	_, _ = rand.Read(t.secret[:]) // never fails, by its contract
	return t
}

func parseToken(kind tokenKind, s string) (token, error) {
	t := token{kind: kind}
	if len(s) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return t, errToken
	}
	if n, err := base64.RawURLEncoding.Strict().Decode(t.secret[:], []byte(s)); err != nil || n != tokenBytes {
		return t, errToken
	}
	return t, nil
}

// text is what the client keeps.
func (t token) text() string { return base64.RawURLEncoding.EncodeToString(t.secret[:]) }

// tokenHash finds a session. It tells nothing of the token.
type tokenHash [sha256.Size]byte

func (t token) hash() tokenHash {
	return sha256.Sum256(append([]byte("kabinet "+string(t.kind)+"\x00"), t.secret[:]...))
}

func (h tokenHash) hex() string { return hex.EncodeToString(h[:]) }

// hashOf reads the column of a row; false for one that no token can have.
func hashOf(column []byte) (tokenHash, bool) {
	if len(column) != len(tokenHash{}) {
		return tokenHash{}, false
	}
	return tokenHash(column), true
}
