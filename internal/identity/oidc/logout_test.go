package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/identity"
	"kabinet/internal/identity/oidc"
	"kabinet/internal/signal/signaltest"
)

const event = "http://schemas.openid.net/event/backchannel-logout"

func (p *provider) logoutClaims() object {
	now := p.clock.Now()
	return object{
		"iss": p.config.Issuer, "aud": clientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(),
		"jti": "token-1", "sub": subject, "sid": "session-1", "events": object{event: object{}},
	}
}

func TestVerifyLogoutToken(t *testing.T) {
	for name, c := range map[string]struct {
		change func(object)
		want   error
	}{
		"in order":             {func(object) {}, nil},
		"sub alone":            {func(c object) { delete(c, "sid") }, nil},
		"sid alone":            {func(c object) { delete(c, "sub") }, nil},
		"neither":              {func(c object) { delete(c, "sub"); delete(c, "sid") }, identity.ErrToken},
		"with a nonce":         {func(c object) { c["nonce"] = "x" }, identity.ErrToken},
		"with a null nonce":    {func(c object) { c["nonce"] = nil }, identity.ErrToken},
		"no events":            {func(c object) { delete(c, "events") }, identity.ErrToken},
		"another event":        {func(c object) { c["events"] = object{"http://example.ru/event": object{}} }, identity.ErrToken},
		"event is null":        {func(c object) { c["events"] = object{event: nil} }, identity.ErrToken},
		"event is text":        {func(c object) { c["events"] = object{event: "yes"} }, identity.ErrToken},
		"events are a list":    {func(c object) { c["events"] = []string{event} }, identity.ErrToken},
		"no jti":               {func(c object) { delete(c, "jti") }, identity.ErrToken},
		"no iat":               {func(c object) { delete(c, "iat") }, identity.ErrToken},
		"no exp":               {func(c object) { delete(c, "exp") }, identity.ErrToken},
		"expired":              {func(c object) { c["exp"] = c["iat"].(int64) - 60 }, identity.ErrToken},
		"issued in the future": {func(c object) { c["iat"] = c["iat"].(int64) + 31 }, identity.ErrToken},
		"issued long ago":      {func(c object) { c["iat"] = c["iat"].(int64) - 331 }, identity.ErrToken},
		"another issuer":       {func(c object) { c["iss"] = "https://evil.example" }, identity.ErrToken},
		"another audience":     {func(c object) { c["aud"] = "another" }, identity.ErrToken},
		"no audience":          {func(c object) { delete(c, "aud") }, identity.ErrToken},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			payload := p.logoutClaims()
			c.change(payload)
			told, err := p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", payload))
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.Zero(t, told)
				return
			}
			require.NoError(t, err)
			wantSub, _ := payload["sub"].(string)
			wantSid, _ := payload["sid"].(string)
			require.Equal(t, wantSub, told.Subject)
			require.Equal(t, wantSid, told.ProviderSession)
		})
	}
}

func TestForgedLogoutTokens(t *testing.T) {
	p := newProvider(t)
	c := p.logoutClaims()
	for name, token := range map[string]string{
		"none":                     p.unsigned(object{"alg": "none"}, c),
		"another key":              p.sign(jose.RS256, foreignKey(), "first", c),
		"HS256 with public key":    p.sign(jose.HS256, publicPEM(p), "first", c),
		"unknown kid":              p.sign(jose.RS256, p.key, "unknown", c),
		"id_token in its place":    p.idToken("nonce", "access"),
		"id_token without a nonce": p.idToken("", "access"),
		"nothing":                  "",
	} {
		_, err := p.rp.VerifyLogoutToken(t.Context(), token)
		require.ErrorIs(t, err, identity.ErrToken, name)
	}
	_, err := p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", c))
	require.NoError(t, err, "none of them used up the jti")
}

// TestLogoutTokenServesOnce: until what it asks for is done it may be sent again; then never.
func TestLogoutTokenServesOnce(t *testing.T) {
	p := newProvider(t)
	token := p.sign(jose.RS256, p.key, "first", p.logoutClaims())
	told, err := p.rp.VerifyLogoutToken(t.Context(), token)
	require.NoError(t, err)
	again, err := p.rp.VerifyLogoutToken(t.Context(), token)
	require.NoError(t, err, "nothing was done yet")
	require.Equal(t, told, again)

	require.NoError(t, p.rp.LogoutDone(t.Context(), told))
	require.NoError(t, p.rp.LogoutDone(t.Context(), told), "both may have been")
	for range 400 {
		_, err = p.rp.VerifyLogoutToken(t.Context(), token)
		require.ErrorIs(t, err, identity.ErrToken)
		p.clock.Advance(time.Second) // past exp and past the age: never good again
	}
	other := p.logoutClaims()
	other["jti"] = "token-2"
	_, err = p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", other))
	require.NoError(t, err)
}

// Whoever posts tokens with invented key ids does not make us ask the provider each time.
func TestUnknownKeysAreNotFetchedEachTime(t *testing.T) {
	p := newProvider(t)
	for i := range 50 {
		token := p.sign(jose.RS256, foreignKey(), fmt.Sprintf("invented-%d", i), p.logoutClaims())
		_, err := p.rp.VerifyLogoutToken(t.Context(), token)
		require.ErrorIs(t, err, identity.ErrToken)
	}
	require.Equal(t, int32(1), p.requests["/keys"].Load())
}

// deadMemory is one that does not answer, or only takes nothing.
type deadMemory struct{ seen bool }

func (m deadMemory) Seen(context.Context, string) (bool, error) {
	if m.seen {
		return false, nil
	}
	return false, errors.New("no connection")
}

func (deadMemory) Remember(context.Context, string, time.Time) error {
	return errors.New("no connection")
}

func TestWithoutAMemoryNoLogoutTokenIsGood(t *testing.T) {
	p := newProvider(t, func(p *provider) { p.config.Replay = deadMemory{} })
	_, err := p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", p.logoutClaims()))
	require.ErrorIs(t, err, identity.ErrUnavailable)

	p = newProvider(t, func(p *provider) { p.config.Replay = deadMemory{seen: true} })
	told, err := p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", p.logoutClaims()))
	require.NoError(t, err)
	require.ErrorIs(t, p.rp.LogoutDone(t.Context(), told), identity.ErrUnavailable, "it must be sent again")
}

// TestEveryMemory is what each Replay does.
func TestEveryMemory(t *testing.T) {
	test := func(t *testing.T, now *clock.Fixed, memory oidc.Replay, pass func(d time.Duration)) {
		t.Helper()
		seen := func(key string) bool {
			known, err := memory.Seen(t.Context(), key)
			require.NoError(t, err)
			return known
		}
		remember := func(key string) { require.NoError(t, memory.Remember(t.Context(), key, now.Now().Add(time.Minute))) }
		require.False(t, seen("a"))
		require.False(t, seen("a"), "asking remembers nothing")
		remember("a")
		require.True(t, seen("a"))
		require.False(t, seen("b"))
		pass(time.Minute - time.Second)
		require.True(t, seen("a"))
		remember("a")
		pass(time.Minute - time.Second)
		require.True(t, seen("a"), "the later time counts")
		pass(time.Second)
		require.False(t, seen("a"), "what has run out is forgotten")

		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := memory.Remember(t.Context(), "c", now.Now().Add(time.Minute)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.True(t, seen("c"))
		require.NoError(t, memory.Remember(t.Context(), "late", now.Now().Add(-time.Minute)), "that it is too late is not the memory's to say")
	}
	t.Run("of the process", func(t *testing.T) {
		now := newClock()
		test(t, now, oidc.NewMemory(now), now.Advance)
	})
	t.Run("shared", func(t *testing.T) {
		now := newClock()
		server, client := signaltest.Miniredis(t)
		test(t, now, oidc.NewSharedMemory(client, now), func(d time.Duration) { now.Advance(d); server.FastForward(d) })
	})
}

func newClock() *clock.Fixed {
	return clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
}

func TestTheSharedMemoryIsSharedAndLearnsNoKey(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		now := newClock()
		one, other := oidc.NewSharedMemory(r, now), oidc.NewSharedMemory(r, now)
		require.NoError(t, one.Remember(t.Context(), "https://issuer\njti", now.Now().Add(time.Minute)))
		seen, err := other.Seen(t.Context(), "https://issuer\njti")
		require.NoError(t, err)
		require.True(t, seen)
		keys, err := r.Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.Regexp(t, `^kabinet:logout-token:[0-9a-f]{64}$`, keys[0])
		left, err := r.PTTL(t.Context(), keys[0]).Result()
		require.NoError(t, err)
		require.Positive(t, left)
		require.LessOrEqual(t, left, time.Minute)
	})
}

// TestAHungMemoryHoldsNothingToBeNew: the client has no time limits of its own here.
func TestAHungMemoryHoldsNothingToBeNew(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	client := redis.NewClient(&redis.Options{
		Addr: listener.Addr().String(), ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	p := newProvider(t, func(p *provider) { p.config.Replay = oidc.NewSharedMemory(client, p.clock) })
	_, err = p.rp.VerifyLogoutToken(t.Context(), p.sign(jose.RS256, p.key, "first", p.logoutClaims()))
	require.ErrorIs(t, err, identity.ErrUnavailable)
}
