package ratelimit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/ratelimit"
	"kabinet/internal/signal/signaltest"
)

func few() ratelimit.Limit { return ratelimit.Limit{Name: "few", Rate: 1, Per: time.Hour, Burst: 2} }

func TestTheMemoryIsBounded(t *testing.T) {
	m := ratelimit.NewMemory(newClock(), 10)
	for i := range 1000 {
		require.NoError(t, m.Take(t.Context(), few(), fmt.Sprint(i)))
	}
	require.Equal(t, 10, m.Len())
	require.NotNil(t, ratelimit.NewMemory(newClock(), 0), "a size of nothing is one")
}

func TestAskingCountsNothing(t *testing.T) {
	c := newClock()
	m := ratelimit.NewMemory(c, 10)
	for range 5 {
		require.NoError(t, m.Ask(t.Context(), few(), "k"))
	}
	require.Zero(t, m.Len(), "and remembers nothing")
	require.NoError(t, m.Take(t.Context(), few(), "k"))
	require.NoError(t, m.Ask(t.Context(), few(), "k"))
	require.NoError(t, m.Take(t.Context(), few(), "k"))
	require.Equal(t, time.Hour, requireTooMany(t, m.Ask(t.Context(), few(), "k")))
	require.NoError(t, m.Ask(t.Context(), few(), "other"))
	c.Advance(time.Hour)
	require.NoError(t, m.Ask(t.Context(), few(), "k"))
	require.Error(t, m.Ask(t.Context(), ratelimit.Limit{}, "k"), "a limit of nothing")
}

func TestAClockThatIsSetBackLetsNobodyThrough(t *testing.T) {
	c := newClock()
	m := ratelimit.NewMemory(c, 10)
	require.NoError(t, m.TakeN(t.Context(), few(), "k", 2))
	c.Advance(-24 * time.Hour)
	requireTooMany(t, m.Take(t.Context(), few(), "k"))
}

func TestInstancesCountTogether(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		log := slog.New(slog.DiscardHandler)
		one, other := ratelimit.New(r, newClock(), log), ratelimit.New(r, newClock(), log)
		require.NoError(t, one.Take(t.Context(), few(), "k"))
		require.NoError(t, other.Take(t.Context(), few(), "k"))
		requireTooMany(t, one.Take(t.Context(), few(), "k"))
		requireTooMany(t, other.Take(t.Context(), few(), "k"))
	})
}

func TestRedisLearnsNoKeyAndKeepsNoneForever(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		require.NoError(t, ratelimit.New(r, newClock(), slog.New(slog.DiscardHandler)).Take(t.Context(), few(), "192.0.2.1"))
		keys, err := r.Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		require.Len(t, keys, 1)
		require.Regexp(t, `^kabinet:rate:[0-9a-f]{64}$`, keys[0])
		left, err := r.PTTL(t.Context(), keys[0]).Result()
		require.NoError(t, err)
		require.Positive(t, left)
		require.LessOrEqual(t, left, 2*time.Hour)
	})
}

func TestWithoutRedisTheMemoryCounts(t *testing.T) {
	server, client := signaltest.Miniredis(t)
	c := newClock()
	var log bytes.Buffer
	l := ratelimit.New(client, c, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, l.TakeN(t.Context(), few(), "k", 2))
	server.Close()
	for range 2 {
		require.NoError(t, l.Take(t.Context(), few(), "k"), "not shut")
	}
	for range 10 {
		requireTooMany(t, l.Take(t.Context(), few(), "k"))
	}
	require.Equal(t, 1, strings.Count(log.String(), "does not answer"), "an outage is told once")

	require.NoError(t, server.Restart())
	require.NoError(t, l.Take(t.Context(), few(), "other"))
	require.Len(t, server.Keys(), 1, "left alone for a moment")
	c.Advance(time.Second)
	require.NoError(t, l.Take(t.Context(), few(), "other"))
	require.Len(t, server.Keys(), 2)
	requireTooMany(t, l.Take(t.Context(), few(), "k"))
	require.Equal(t, 1, strings.Count(log.String(), "answers again"))
}

// TestAHungRedisHoldsNobodyUp: the client has no time limits of its own here, so that without the limiter's this would
// never end.
func TestAHungRedisHoldsNobodyUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	client := redis.NewClient(&redis.Options{
		Addr: listener.Addr().String(), ReadTimeout: -1, WriteTimeout: -1, MaxRetries: -1, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	l := ratelimit.New(client, newClock(), slog.New(slog.DiscardHandler))
	require.NoError(t, l.TakeN(t.Context(), few(), "k", 2))
	requireTooMany(t, l.Take(t.Context(), few(), "k"))
}

func TestWhoHangsUpIsCounted(t *testing.T) {
	_, client := signaltest.Miniredis(t)
	l := ratelimit.New(client, newClock(), slog.New(slog.DiscardHandler))
	gone, leave := context.WithCancel(t.Context())
	leave()
	require.NoError(t, l.Take(gone, few(), "k"))
	require.NoError(t, l.Take(gone, few(), "k"))
	requireTooMany(t, l.Take(t.Context(), few(), "k"))
}
