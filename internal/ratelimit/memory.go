package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"kabinet/internal/clock"
)

// Memory counts in this process. It is safe for concurrent use.
type Memory struct {
	clock clock.Clock

	mu sync.Mutex
	// full tells, of each key, when its whole burst is there again.
	full *simplelru.LRU[hash, time.Time]
}

// NewMemory makes a memory of at most size keys. When there are more, the key that was not heard of for the longest time
// begins anew: choose a size that a flood of keys takes longer to fill than the limits take to recover.
func NewMemory(c clock.Clock, size int) *Memory {
	full, _ := simplelru.NewLRU[hash, time.Time](max(1, size), nil) // fails for no size above zero
	return &Memory{clock: c, full: full}
}

// Take counts one. It gives nil, or ErrTooMany with the time to wait, and then counts nothing.
func (m *Memory) Take(ctx context.Context, limit Limit, key string) error {
	return m.TakeN(ctx, limit, key, 1)
}

// TakeN counts n at once, at least one; all or none. More than the burst never pass; RetryAfter is zero then.
func (m *Memory) TakeN(_ context.Context, limit Limit, key string, n int) error {
	return m.weigh(limit, key, n, true)
}

// Ask tells what Take would answer, and counts nothing.
func (m *Memory) Ask(_ context.Context, limit Limit, key string) error {
	return m.weigh(limit, key, 1, false)
}

func (m *Memory) weigh(limit Limit, key string, n int, take bool) error {
	if err := limit.check(); err != nil {
		return err
	}
	if n > limit.Burst {
		return tooMany(0)
	}
	interval := limit.interval()
	h := limit.hash(key)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	full, known := m.full.Get(h)
	if !known || full.Before(now) {
		full = now
	}
	full = full.Add(time.Duration(max(1, n)) * interval)
	if wait := full.Sub(now) - time.Duration(limit.Burst)*interval; wait > 0 {
		return tooMany(wait)
	}
	if take {
		m.full.Add(h, full)
	}
	return nil
}

// Len is the number of keys that are remembered.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.full.Len()
}
