package session

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatIsHeldOpensWithItsTokenOnly(t *testing.T) {
	one, other := newToken(accessToken), newToken(accessToken)
	sameBytes := token{kind: refreshToken, secret: one.secret}
	key := newDataKey(uuid.New())
	d := data{Session: key.session, Person: uuid.New(), Tokens: tokens{Access: "a", Refresh: "r", ID: "i"}}
	h, err := one.hold(key, d)
	require.NoError(t, err)
	require.Len(t, h.wrapped, wrappedBytes)

	k, opened, err := one.open(h)
	require.NoError(t, err)
	require.Equal(t, key, k)
	require.Equal(t, d, opened)
	back, err := heldIn(h.copy())
	require.NoError(t, err)
	require.Equal(t, h, back)
	for _, wrong := range []token{other, sameBytes, {}} {
		_, _, err := wrong.open(h)
		require.ErrorIs(t, err, errHeld)
	}

	// Another token of the session opens the same data, once it is given the key; another session's does not.
	wrapped, err := sameBytes.wrap(key)
	require.NoError(t, err)
	_, opened, err = sameBytes.open(held{wrapped, h.sealed})
	require.NoError(t, err)
	require.Equal(t, d, opened)
	foreign, err := other.hold(newDataKey(uuid.New()), d)
	require.NoError(t, err)
	_, _, err = other.open(held{foreign.wrapped, h.sealed})
	require.ErrorIs(t, err, errHeld)
	_, _, err = other.open(held{h.wrapped, foreign.sealed})
	require.ErrorIs(t, err, errHeld)
	// The data is bound to its session even under its own key.
	moved := key
	moved.session = uuid.New()
	_, err = moved.open(h.sealed)
	require.ErrorIs(t, err, errHeld)
}

func TestWhatIsHeldDoesNotOpenWhenItWasChanged(t *testing.T) {
	one, key := newToken(accessToken), newDataKey(uuid.New())
	h, err := one.hold(key, data{Session: key.session})
	require.NoError(t, err)
	whole := h.copy()
	rapid.Check(t, func(t *rapid.T) {
		changed := append([]byte(nil), whole...)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "at")
		changed[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		h, err := heldIn(changed[:rapid.SampledFrom([]int{len(changed), len(changed) - 1, wrappedBytes, wrappedBytes - 1, i}).Draw(t, "length")])
		if err == nil {
			_, _, err = one.open(h)
		}
		require.ErrorIs(t, err, errHeld)
	})
}

func TestATokenTellsNothingByItsHash(t *testing.T) {
	secret := newToken(accessToken).secret
	seen := make(map[tokenHash]bool)
	for _, kind := range []tokenKind{accessToken, loginCode, refreshToken} {
		one := token{kind: kind, secret: secret}
		require.False(t, seen[one.hash()], "each kind has its own")
		seen[one.hash()] = true
		parsed, err := parseToken(kind, one.text())
		require.NoError(t, err)
		require.Equal(t, one, parsed)
	}
}
