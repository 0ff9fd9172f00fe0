// Package clock is injected time: the only place of the program that asks the machine what time it is.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time. Everything that depends on it takes one.
type Clock interface {
	// Now is the present moment in UTC, cut to microseconds: what the databases can keep.
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed is a clock that moves only when told to; it is safe for concurrent use.
type Fixed struct {
	mu  sync.Mutex
	now time.Time
}

// NewFixed returns a clock that stands at t.
func NewFixed(t time.Time) *Fixed {
	return &Fixed{now: t.UTC().Truncate(time.Microsecond)}
}

// Now implements Clock.
func (f *Fixed) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock forward.
func (f *Fixed) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}
