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

// cached reads the copy, in one round trip. With act it moves the idle end, and tells one caller in rowLag that the
// row is due: to write the idle end there, and to see whether the session was ended while Redis was not to be reached.
func (s *Service) cached(ctx context.Context, hash tokenHash, act bool) (copied, error) {
	key := hash.cacheKey()
	pipe := s.redis.Pipeline()
	get, ttl := pipe.Get(ctx, key), pipe.PTTL(ctx, key)
	var due *redis.BoolCmd
	if act {
		pipe.PExpire(ctx, key, s.limits.Idle)
		due = pipe.SetNX(ctx, hash.rowKey(), "", rowLag)
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
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

// cache puts the copy there, unless there is one. written tells that the idle end was just written to the row.
func (s *Service) cache(ctx context.Context, hash tokenHash, sealed []byte, idle time.Duration, written bool) {
	pipe := s.redis.Pipeline()
	pipe.SetNX(ctx, hash.cacheKey(), sealed, idle)
	if written {
		pipe.Set(ctx, hash.rowKey(), "", rowLag)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		s.log.WarnContext(ctx, "session: not cached; the row answers", "error", err)
	}
}

// forget replaces the copy of an ended session. Should it fail, the copy opens nothing for longer than rowLag.
func (s *Service) forget(ctx context.Context, hash tokenHash) {
	if err := s.redis.Set(ctx, hash.cacheKey(), "", s.limits.Idle).Err(); err != nil {
		s.log.WarnContext(ctx, "session: ended, but its copy is not forgotten; the row will tell", "error", err)
	}
}
