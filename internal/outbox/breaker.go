package outbox

import (
	"sync"
	"time"
)

const (
	// breakerLimit is after how many failures in a row the fund is left alone.
	breakerLimit = 5
	// breakerPause is how often it is asked then.
	breakerPause = 30 * time.Second
)

// breaker keeps a courier from hammering at a fund that does not answer.
type breaker struct {
	mu       sync.Mutex
	failures int       // in a row
	askAt    time.Time // when the next one may ask, while it is open
}

// allow tells how many of the wanted attempts may be made now: all, or, while the fund is left alone, one in
// breakerPause.
func (b *breaker) allow(now time.Time, wanted int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakerLimit || wanted == 0 {
		return wanted
	}
	// A clock that was set back must not keep it open.
	if wait := b.askAt.Sub(now); wait > 0 && wait <= breakerPause {
		return 0
	}
	b.askAt = now.Add(breakerPause)
	return 1
}

// failed notes a failure; true when that opens it.
func (b *breaker) failed(now time.Time) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures++
	if b.failures >= breakerLimit {
		b.askAt = now.Add(breakerPause)
	}
	return b.failures == breakerLimit
}

// answered notes that the fund answers; true when it was left alone before.
func (b *breaker) answered() (closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	closed = b.failures >= breakerLimit
	b.failures = 0
	return closed
}
