package ratelimit

import (
	"context"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"kabinet/internal/breaker"
	"kabinet/internal/clock"
)

const (
	// prefix begins every key of the cabinet in Redis; the counter adds its own "rate:".
	prefix = "kabinet:"
	// askTimeout bounds what a request waits for Redis, in all: attempts, connecting and queueing included.
	askTimeout = 100 * time.Millisecond
	// askPause is how long Redis is left alone after a failure; then one request asks again.
	askPause = time.Second
	// memorySize bounds the keys counted while Redis does not answer; they take some 20 MB.
	memorySize = 100_000
)

// Limiter counts in Redis for all instances; see the package.
type Limiter struct {
	counter *redis_rate.Limiter
	memory  *Memory
	clock   clock.Clock
	log     *slog.Logger
	breaker *breaker.Breaker // of Redis
}

// New makes a limiter. The clock is that of the memory; Redis has its own.
func New(r redis.UniversalClient, c clock.Clock, log *slog.Logger) *Limiter {
	return &Limiter{
		counter: redis_rate.NewLimiter(prefixed{r}), memory: NewMemory(c, memorySize), clock: c, log: log, breaker: breaker.New(1, askPause),
	}
}

// Take counts one. It gives nil, or ErrTooMany with the time to wait, and then counts nothing.
func (l *Limiter) Take(ctx context.Context, limit Limit, key string) error {
	return l.TakeN(ctx, limit, key, 1)
}

// TakeN counts n at once, at least one; all or none. More than the burst never pass; RetryAfter is zero then.
func (l *Limiter) TakeN(ctx context.Context, limit Limit, key string, n int) error {
	if err := limit.check(); err != nil {
		return err
	}
	if n > limit.Burst {
		return tooMany(0)
	}
	if !l.breaker.Allow(l.clock.Now()) {
		return l.memory.TakeN(ctx, limit, key, n)
	}
	// Whoever hangs up counts all the same.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	h := limit.hash(key)
	result, err := l.counter.AllowN(limited, hex.EncodeToString(h[:]),
		redis_rate.Limit{Rate: limit.Rate, Period: limit.Per, Burst: limit.Burst}, max(1, n))
	if err != nil {
		if l.breaker.Failed(l.clock.Now()) {
			l.log.WarnContext(ctx, "rate limits: Redis does not answer; this instance counts by itself", "error", err)
		}
		return l.memory.TakeN(ctx, limit, key, n)
	}
	if l.breaker.Answered() {
		l.log.InfoContext(ctx, "rate limits: Redis answers again")
	}
	if result.RetryAfter >= 0 { // -1 when it passed
		return tooMany(max(time.Millisecond, result.RetryAfter))
	}
	return nil
}

// prefixed puts the counter's keys beside all others of the cabinet.
type prefixed struct{ redis.UniversalClient }

// Eval implements redis.Scripter.
func (p prefixed) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return p.UniversalClient.Eval(ctx, script, within(keys), args...)
}

// EvalSha implements redis.Scripter.
func (p prefixed) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *redis.Cmd {
	return p.UniversalClient.EvalSha(ctx, sha1, within(keys), args...)
}

func within(keys []string) []string {
	own := make([]string, len(keys))
	for i, key := range keys {
		own[i] = prefix + key
	}
	return own
}
