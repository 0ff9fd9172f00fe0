package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// copied is what Redis holds of a session.
type copied struct {
	value []byte        // empty when there is none, or when it opens nothing any more
	ended bool          // it opens nothing any more: no row need be asked
	left  time.Duration // until the idle end
	due   bool          // nobody has asked the row for a while: the caller is to
}

func (c copied) open() bool { return len(c.value) > 0 }

// The copy is what the row holds, and expires with the idle end. That of an ended session, or of a token that another has
// replaced, is empty and stays for a while, so that a check that has read the row before does not bring the copy back.
func (h tokenHash) cacheKey() string { return "kabinet:session:{" + h.hex() + "}" }

// rowKey stands while the row need not be asked again.
func (h tokenHash) rowKey() string { return h.cacheKey() + ":row" }

// breakerPause is how long Redis is left alone after a failure; then one check asks again.
const breakerPause = time.Second

// errLeftAlone tells that Redis was not asked, because it has just failed.
var errLeftAlone = errors.New("session: the cache has failed and is left alone for a moment")

// cacheTimeout bounds what a check waits for Redis, in all: attempts, connecting and queueing included.
const cacheTimeout = 100 * time.Millisecond

// ask sends a pipeline to Redis, unless it has just failed. A caller who has left proves nothing about Redis.
func (s *Service) ask(ctx context.Context, fill func(redis.Pipeliner)) error {
	if !s.breaker.Allow(s.clock.Now()) {
		return errLeftAlone
	}
	limited, cancel := context.WithTimeout(ctx, s.waits.cache)
	defer cancel()
	pipe := s.redis.Pipeline()
	fill(pipe)
	_, err := pipe.Exec(limited)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		if s.breaker.Answered() {
			s.log.InfoContext(ctx, "session: the cache answers again")
		}
		return nil
	case ctx.Err() != nil:
		return err
	}
	if s.breaker.Failed(s.clock.Now()) {
		s.log.WarnContext(ctx, "session: the cache does not answer; the rows do", "error", err)
	}
	return err
}

// cached reads the copy, in one round trip. With act it moves the idle end, and tells one caller in rowLag that the
// row is due: to write the idle end there, and to see whether the session was ended while Redis was not to be reached.
func (s *Service) cached(ctx context.Context, hash tokenHash, act bool) (copied, error) {
	key := hash.cacheKey()
	var get *redis.StringCmd
	var ttl *redis.DurationCmd
	var due *redis.BoolCmd
	if err := s.ask(ctx, func(pipe redis.Pipeliner) {
		get, ttl = pipe.Get(ctx, key), pipe.PTTL(ctx, key)
		if act {
			pipe.PExpire(ctx, key, s.limits.Idle)
			due = pipe.SetNX(ctx, hash.rowKey(), "", rowLag)
		}
	}); err != nil {
		return copied{}, fmt.Errorf("read session: %w", err)
	}
	value, err := get.Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return copied{}, nil
	case err != nil:
		return copied{}, fmt.Errorf("read session: %w", err)
	}
	return copied{value: value, ended: len(value) == 0, left: ttl.Val(), due: due != nil && due.Val()}, nil
}

// cache puts the copy there, unless there is one. written tells that the idle end was just written to the row. A copy
// that is not there is only slower: the row answers.
func (s *Service) cache(ctx context.Context, hash tokenHash, h held, idle time.Duration, written bool) {
	_ = s.ask(ctx, func(pipe redis.Pipeliner) { // has told of a failure itself
		pipe.SetNX(ctx, hash.cacheKey(), h.copy(), idle)
		if written {
			pipe.Set(ctx, hash.rowKey(), "", rowLag)
		}
	})
}

// replaceCopy sets a copy that is there and opens something to another value, and leaves its time alone.
const replaceCopy = `local held = redis.call('GET', KEYS[1])
if held and #held > 0 then
	redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL')
end
return 0`

// replace renews the copy after the row has changed. One that stays as it was is found out by whoever acts on what it
// says, for they ask the row first.
func (s *Service) replace(ctx context.Context, hash tokenHash, h held) {
	_ = s.ask(ctx, func(pipe redis.Pipeliner) { // has told of a failure itself
		pipe.Eval(ctx, replaceCopy, []string{hash.cacheKey()}, h.copy())
	})
}

// forget empties copies that are to open nothing any more, in one round trip. It does not heed the breaker: an end is
// rare, and must be tried.
func (s *Service) forget(ctx context.Context, hashes ...tokenHash) error {
	limited, cancel := context.WithTimeout(ctx, s.waits.cache)
	defer cancel()
	pipe := s.redis.Pipeline()
	for _, hash := range hashes {
		pipe.Set(limited, hash.cacheKey(), "", s.limits.Idle)
	}
	if _, err := pipe.Exec(limited); err != nil {
		return fmt.Errorf("forget session: %w", err)
	}
	return nil
}

// maxStale bounds what is remembered of an outage of Redis. What is left out opens nothing after rowLag either.
const maxStale = 10_000

// stale are the hashes of replaced tokens whose copies could not be forgotten yet. The rows know these tokens no more,
// so that this instance alone can try again.
type stale struct {
	mu     sync.Mutex
	hashes []tokenHash
}

func (s *stale) add(hashes ...tokenHash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashes = append(s.hashes, hashes[:min(len(hashes), maxStale-len(s.hashes))]...)
}

func (s *stale) take() []tokenHash {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.hashes
	s.hashes = nil
	return taken
}
