package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

const (
	keyBytes = 32
	// wrappedBytes is the length of a wrapped key: nonce, key, the session's id, tag.
	wrappedBytes = 12 + keyBytes + len(uuid.UUID{}) + 16
)

// dataKey is that under which a session's data is sealed. Like a token it stays in memory only while a request is served.
type dataKey struct {
	secret  [keyBytes]byte
	session uuid.UUID // to which the data is bound
}

// errHeld is given for what no token of ours has wrapped, or has been changed since.
var errHeld = errors.New("session: what is held does not open")

func newDataKey(session uuid.UUID) dataKey {
	k := dataKey{session: session}
	_, _ = rand.Read(k.secret[:]) // never fails, by its contract
	return k
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// aead is the cipher whose key comes from the token.
func (t token) aead() (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, t.secret[:], nil, "kabinet session key: "+string(t.kind), keyBytes)
	if err != nil {
		return nil, fmt.Errorf("session: derive key: %w", err)
	}
	return aead(key)
}

// wrap encrypts a data key for whoever has the token.
func (t token) wrap(k dataKey) ([]byte, error) {
	a, err := t.aead()
	if err != nil {
		return nil, err
	}
	hash := t.hash()
	return a.Seal(nil, nil, append(k.secret[:], k.session[:]...), hash[:]), nil //nolint:gosec // the cipher makes a random nonce itself
}

func (t token) unwrap(wrapped []byte) (dataKey, error) {
	a, err := t.aead()
	if err != nil {
		return dataKey{}, err
	}
	hash := t.hash()
	plain, err := a.Open(nil, nil, wrapped, hash[:])
	if err != nil || len(plain) != keyBytes+len(uuid.UUID{}) {
		return dataKey{}, errHeld
	}
	return dataKey{secret: [keyBytes]byte(plain), session: uuid.UUID(plain[keyBytes:])}, nil
}

func (k dataKey) seal(d data) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	a, err := aead(k.secret[:])
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, plain, k.session[:]), nil //nolint:gosec // the cipher makes a random nonce itself
}

func (k dataKey) open(sealed []byte) (data, error) {
	a, err := aead(k.secret[:])
	if err != nil {
		return data{}, err
	}
	plain, err := a.Open(nil, nil, sealed, k.session[:])
	if err != nil {
		return data{}, errHeld
	}
	var d data
	if err := json.Unmarshal(plain, &d); err != nil {
		return data{}, errors.New("session: the data is not readable")
	}
	return d, nil
}

// held is a session's data as it is kept: sealed, with the key wrapped for one token.
type held struct {
	wrapped, sealed []byte
}

// hold seals data and wraps its key.
func (t token) hold(k dataKey, d data) (held, error) {
	wrapped, err := t.wrap(k)
	if err != nil {
		return held{}, err
	}
	sealed, err := k.seal(d)
	return held{wrapped, sealed}, err
}

func (t token) open(h held) (dataKey, data, error) {
	k, err := t.unwrap(h.wrapped)
	if err != nil {
		return dataKey{}, data{}, err
	}
	d, err := k.open(h.sealed)
	return k, d, err
}

// copy is what Redis holds of it. It is never empty.
func (h held) copy() []byte {
	return append(append(make([]byte, 0, len(h.wrapped)+len(h.sealed)), h.wrapped...), h.sealed...)
}

func heldIn(copied []byte) (held, error) {
	if len(copied) < wrappedBytes {
		return held{}, errHeld
	}
	return held{copied[:wrappedBytes], copied[wrappedBytes:]}, nil
}
