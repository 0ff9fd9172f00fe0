// Package breaker leaves a system alone that does not answer: whoever would ask it need not find that out one after
// another. What is done instead belongs to who asks.
package breaker

import (
	"sync"
	"time"
)

// Breaker counts failures in a row, and opens when there are too many; then one attempt in a while is let through, until
// one is answered. It is safe for concurrent use.
type Breaker struct {
	limit int
	pause time.Duration

	mu       sync.Mutex
	failures int       // in a row
	askAt    time.Time // when the next one may ask, while it is open
}

// New makes a Breaker that so many failures in a row open, and that lets one attempt through in each pause then.
func New(limit int, pause time.Duration) *Breaker { return &Breaker{limit: limit, pause: pause} }

// Allow tells whether the system may be asked now.
func (b *Breaker) Allow(now time.Time) bool { return b.AllowN(now, 1) == 1 }

// AllowN tells how many of the wanted attempts may be made now: all, or, while it is open, one in each pause.
func (b *Breaker) AllowN(now time.Time, wanted int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < b.limit || wanted == 0 {
		return wanted
	}
	// A clock that was set back must not keep it open.
	if wait := b.askAt.Sub(now); wait > 0 && wait <= b.pause {
		return 0
	}
	b.askAt = now.Add(b.pause)
	return 1
}

// Failed notes a failure; true when that opens it.
func (b *Breaker) Failed(now time.Time) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.failures >= b.limit {
		b.askAt = now.Add(b.pause)
	}
	return b.failures == b.limit
}

// Answered notes that the system answers; true when it was left alone before.
func (b *Breaker) Answered() (closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	closed = b.failures >= b.limit
	b.failures = 0
	return closed
}
