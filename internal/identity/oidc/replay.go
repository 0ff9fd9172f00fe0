package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"kabinet/internal/clock"
)

// replayTimeout bounds what a logout waits for Redis, in all.
const replayTimeout = 500 * time.Millisecond

// SharedMemory is a Replay in Redis, which all instances share. It is safe for concurrent use. When Redis does not
// answer, that is an error, and nothing is held to be new.
type SharedMemory struct {
	redis redis.UniversalClient
	clock clock.Clock
}

var _ Replay = (*SharedMemory)(nil)

// NewSharedMemory makes a memory in that Redis.
func NewSharedMemory(r redis.UniversalClient, c clock.Clock) *SharedMemory {
	return &SharedMemory{redis: r, clock: c}
}

// Seen implements Replay.
func (m *SharedMemory) Seen(ctx context.Context, key string) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	n, err := m.redis.Exists(limited, redisKey(key)).Result()
	if err != nil {
		return false, fmt.Errorf("oidc: look for logout token: %w", err)
	}
	return n > 0, nil
}

// Remember implements Replay.
func (m *SharedMemory) Remember(ctx context.Context, key string, until time.Time) error {
	limited, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	life := max(time.Millisecond, until.Sub(m.clock.Now()))
	if err := m.redis.Set(limited, redisKey(key), "", life).Err(); err != nil {
		return fmt.Errorf("oidc: remember logout token: %w", err)
	}
	return nil
}

// redisKey is what Redis learns of a key: a hash.
func redisKey(key string) string {
	hash := sha256.Sum256([]byte(key))
	return "kabinet:logout-token:" + hex.EncodeToString(hash[:])
}
