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
// answer, nothing is held to be new.
type SharedMemory struct {
	redis redis.UniversalClient
	clock clock.Clock
}

var _ Replay = (*SharedMemory)(nil)

// NewSharedMemory makes a memory in that Redis.
func NewSharedMemory(r redis.UniversalClient, c clock.Clock) *SharedMemory {
	return &SharedMemory{redis: r, clock: c}
}

// Once implements Replay. Redis learns a hash of the key.
func (m *SharedMemory) Once(ctx context.Context, key string, until time.Time) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	hash := sha256.Sum256([]byte(key))
	life := max(time.Millisecond, until.Sub(m.clock.Now()))
	first, err := m.redis.SetNX(limited, "kabinet:logout-token:"+hex.EncodeToString(hash[:]), "", life).Result()
	if err != nil {
		return false, fmt.Errorf("oidc: remember logout token: %w", err)
	}
	return first, nil
}
