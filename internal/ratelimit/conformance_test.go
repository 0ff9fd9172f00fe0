package ratelimit_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/ratelimit"
	"kabinet/internal/signal/signaltest"
)

// counter is what both kinds do.
type counter interface {
	Take(ctx context.Context, limit ratelimit.Limit, key string) error
	TakeN(ctx context.Context, limit ratelimit.Limit, key string, n int) error
}

// bench is a counter whose time a test moves. The time of a Redis moves by itself too; the limits here count in hours.
type bench struct {
	counter

	pass func(t require.TestingT, d time.Duration)
	// ran is how much time passed besides.
	ran func() time.Duration
}

// each runs a test on every counter.
func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		c := newClock()
		test(t, &bench{
			counter: ratelimit.NewMemory(c, 100_000), ran: func() time.Duration { return 0 },
			pass: func(_ require.TestingT, d time.Duration) { c.Advance(d) },
		})
	})
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		began := time.Now()
		test(t, &bench{
			counter: ratelimit.New(r, newClock(), slog.New(slog.DiscardHandler)), ran: func() time.Duration { return time.Since(began) },
			pass: func(tt require.TestingT, d time.Duration) { age(t.Context(), tt, r, d) },
		})
	})
}

func newClock() *clock.Fixed {
	return clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
}

// age makes every count older: that is all that time does to them.
func age(ctx context.Context, t require.TestingT, r redis.UniversalClient, d time.Duration) {
	keys, err := r.Keys(ctx, "kabinet:rate:*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		full, err := r.Get(ctx, key).Float64()
		require.NoError(t, err)
		require.NoError(t, r.SetArgs(ctx, key, strconv.FormatFloat(full-d.Seconds(), 'f', -1, 64), redis.SetArgs{KeepTTL: true}).Err())
	}
}

// requireTooMany gives how long to wait.
func requireTooMany(t require.TestingT, err error) time.Duration {
	require.ErrorIs(t, err, ratelimit.ErrTooMany)
	refusal, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok)
	return refusal.RetryAfter
}

func TestABurstAndThenAnEvenRate(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Name: "x", Rate: 2, Per: 2 * time.Hour, Burst: 3}
		for range 3 {
			require.NoError(t, b.Take(t.Context(), limit, "k"))
		}
		for range 5 { // what is refused is not counted
			wait := requireTooMany(t, b.Take(t.Context(), limit, "k"))
			require.InDelta(t, time.Hour, wait, float64(b.ran()+time.Millisecond))
		}
		b.pass(t, time.Hour)
		require.NoError(t, b.Take(t.Context(), limit, "k"))
		requireTooMany(t, b.Take(t.Context(), limit, "k"))
		b.pass(t, 100*time.Hour)
		for range 3 {
			require.NoError(t, b.Take(t.Context(), limit, "k"))
		}
		requireTooMany(t, b.Take(t.Context(), limit, "k"))
	})
}

func TestKeysAndNamesAreCountedApart(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		one := ratelimit.Limit{Name: "one", Rate: 1, Per: time.Hour, Burst: 1}
		two := one
		two.Name = "two"
		for _, limit := range []ratelimit.Limit{one, two} {
			for _, key := range []string{"", "a", "b", "\x00a", strings.Repeat("a", 10_000)} {
				require.NoError(t, b.Take(t.Context(), limit, key))
				requireTooMany(t, b.Take(t.Context(), limit, key))
			}
		}
	})
}

func TestSeveralPassTogetherOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Name: "x", Rate: 1, Per: time.Hour, Burst: 10}
		require.Zero(t, requireTooMany(t, b.TakeN(t.Context(), limit, "k", 11)), "waiting does not help")
		require.NoError(t, b.TakeN(t.Context(), limit, "k", 7))
		wait := requireTooMany(t, b.TakeN(t.Context(), limit, "k", 5))
		require.InDelta(t, 2*time.Hour, wait, float64(b.ran()+time.Millisecond))
		require.NoError(t, b.TakeN(t.Context(), limit, "k", 3), "the refused five have cost nothing")
		requireTooMany(t, b.TakeN(t.Context(), limit, "k", 0))
		requireTooMany(t, b.TakeN(t.Context(), limit, "k", -5))
		b.pass(t, 10*time.Hour)
		require.NoError(t, b.TakeN(t.Context(), limit, "k", 10))
	})
}

func TestALimitWithoutSenseIsAFaultOfOurs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, limit := range []ratelimit.Limit{
			{},
			{Rate: 1, Per: time.Hour, Burst: 1},
			{Name: "x", Per: time.Hour, Burst: 1},
			{Name: "x", Rate: 1, Burst: 1},
			{Name: "x", Rate: 1, Per: time.Hour},
			{Name: "x", Rate: -1, Per: time.Hour, Burst: 1},
		} {
			err := b.Take(t.Context(), limit, "k")
			require.Error(t, err)
			require.Equal(t, fault.Internal, fault.CodeOf(err))
		}
	})
}

func TestAtTheSameTimeNoMoreThanTheBurst(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		limit := ratelimit.Limit{Name: "x", Rate: 1, Per: time.Hour, Burst: 20}
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				if b.Take(t.Context(), limit, "k") == nil {
					passed.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 20, passed.Load())
	})
}

// TestNeverMoreThanTheLimitAllows: in whatever window, and whoever waits as long as they were told passes.
func TestNeverMoreThanTheLimitAllows(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		rapid.Check(t, func(rt *rapid.T) {
			limit := ratelimit.Limit{
				Name: "x", Rate: rapid.IntRange(1, 50).Draw(rt, "rate"), Per: time.Duration(rapid.IntRange(1, 100).Draw(rt, "hours")) * time.Hour,
				Burst: rapid.IntRange(1, 20).Draw(rt, "burst"),
			}
			interval := limit.Per / time.Duration(limit.Rate)
			key := uuid.NewString()
			ran := b.ran()
			type passage struct {
				at time.Duration
				n  int
			}
			var now time.Duration
			var passages []passage
			for range rapid.IntRange(1, 15).Draw(rt, "steps") {
				n := rapid.IntRange(1, limit.Burst).Draw(rt, "n")
				err := b.TakeN(t.Context(), limit, key, n)
				if err != nil {
					wait := requireTooMany(rt, err)
					require.Positive(rt, wait)
					require.LessOrEqual(rt, wait, time.Duration(n)*(interval+1)+time.Millisecond)
					if rapid.Bool().Draw(rt, "patient") {
						wait += time.Millisecond
						b.pass(rt, wait)
						now += wait
						require.NoError(rt, b.TakeN(t.Context(), limit, key, n), "waited as told")
						passages = append(passages, passage{now, n})
					}
				} else {
					passages = append(passages, passage{now, n})
				}
				d := time.Duration(rapid.Int64Range(0, int64(3*interval)).Draw(rt, "pass"))
				b.pass(rt, d)
				now += d
			}
			slack := b.ran() - ran + time.Millisecond
			for i := range passages {
				sum := 0
				for _, p := range passages[i:] {
					sum += p.n
					window := p.at - passages[i].at + slack
					require.LessOrEqual(rt, float64(sum), float64(limit.Burst)+float64(window)/float64(interval))
				}
			}
		})
	})
}

func TestTheRefusalSaysWhatToDo(t *testing.T) {
	for _, l := range []locale.Language{locale.Russian, locale.English} {
		require.NotEmpty(t, ratelimit.ErrTooMany.Reason.In(l))
		require.NotEmpty(t, ratelimit.ErrTooMany.Remedy.In(l))
	}
	require.Equal(t, fault.RateLimited, ratelimit.ErrTooMany.Code)
	m := ratelimit.NewMemory(newClock(), 10)
	limit := ratelimit.Limit{Name: "x", Rate: 1, Per: time.Hour, Burst: 1}
	require.NoError(t, m.Take(t.Context(), limit, "k"))
	require.Error(t, m.Take(t.Context(), limit, "k"))
	require.Zero(t, ratelimit.ErrTooMany.RetryAfter, "the sentinel is not written to")
}
