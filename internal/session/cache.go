package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// copied is what Redis holds of a session.
type copied struct {
	sealed []byte        // empty when there is none, or when the session was ended
	ended  bool          // the session was ended: no row need be asked
	left   time.Duration // until the idle end
	due    bool          // nobody has asked the row for a while: the caller is to
}

// The copy is the sealed data, which expires with the idle end. An ended session's is empty and stays for a while, so
// that a check that has read the row before the end does not bring the copy back after it.
func (h tokenHash) cacheKey() string { return "kabinet:session:{" + h.hex() + "}" }

// rowKey stands while the row need not be asked again.
func (h tokenHash) rowKey() string { return h.cacheKey() + ":row" }

// cacheTimeout bounds what a check waits for Redis, in all: attempts, connecting and queueing included.
const cacheTimeout = 100 * time.Millisecond

// ask sends a pipeline to Redis, unless it has just failed. A caller who has left proves nothing about Redis.
func (s *Service) ask(ctx context.Context, fill func(redis.Pipeliner)) error {
	if !s.breaker.allow(s.clock.Now()) {
		return errLeftAlone
	}
	limited, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	pipe := s.redis.Pipeline()
	fill(pipe)
	_, err := pipe.Exec(limited)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		if s.breaker.answered() {
			s.log.InfoContext(ctx, "session: the cache answers again")
		}
		return nil
	case ctx.Err() != nil:
		return err
	}
	if s.breaker.failed(s.clock.Now()) {
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
	sealed, err := get.Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return copied{}, nil
	case err != nil:
		return copied{}, fmt.Errorf("read session: %w", err)
	}
	return copied{sealed: sealed, ended: len(sealed) == 0, left: ttl.Val(), due: due != nil && due.Val()}, nil
}

// cache puts the copy there, unless there is one. written tells that the idle end was just written to the row. A copy
// that is not there is only slower: the row answers.
func (s *Service) cache(ctx context.Context, hash tokenHash, sealed []byte, idle time.Duration, written bool) {
	_ = s.ask(ctx, func(pipe redis.Pipeliner) { // has told of a failure itself
		pipe.SetNX(ctx, hash.cacheKey(), sealed, idle)
		if written {
			pipe.Set(ctx, hash.rowKey(), "", rowLag)
		}
	})
}

// forget replaces the copies of ended sessions, in one round trip. It does not heed the breaker: an end is rare, and
// must be tried.
func (s *Service) forget(ctx context.Context, hashes ...tokenHash) error {
	limited, cancel := context.WithTimeout(ctx, cacheTimeout)
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
