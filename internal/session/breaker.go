package session

import (
	"errors"
	"sync"
	"time"
)

// breakerPause is how long Redis is left alone after a failure; then one check asks again.
const breakerPause = time.Second

// errLeftAlone tells that Redis was not asked, because it has just failed.
var errLeftAlone = errors.New("session: the cache has failed and is left alone for a moment")

// breaker keeps checks from waiting, one after another, for a Redis that does not answer.
type breaker struct {
	mu      sync.Mutex
	failing bool
	askAt   time.Time // when the next one may ask, while failing
}

// allow tells whether Redis may be asked now. While it fails, one caller in breakerPause is let through.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.failing {
		return true
	}
	// A clock that was set back must not keep the breaker open.
	if wait := b.askAt.Sub(now); wait > 0 && wait <= breakerPause {
		return false
	}
	b.askAt = now.Add(breakerPause)
	return true
}

// failed notes a failure; true for the first one of an outage.
func (b *breaker) failed(now time.Time) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first = !b.failing
	b.failing, b.askAt = true, now.Add(breakerPause)
	return first
}

// answered notes that Redis answers; true for the first answer after an outage.
func (b *breaker) answered() (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first = b.failing
	b.failing = false
	return first
}
