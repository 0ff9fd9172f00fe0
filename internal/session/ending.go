package session

import (
	"context"
	"math"
	"time"
)

// warnBefore is how long before the end of a session its client is warned.
const warnBefore = 2 * time.Minute

// EndCause is why a session ends by itself.
type EndCause string

// The causes.
const (
	IdleEnd     EndCause = "IDLE"     // nothing was done in it; an act puts it off
	AbsoluteEnd EndCause = "ABSOLUTE" // it has lasted as long as it may
)

// EndCauses lists all causes.
func EndCauses() []EndCause { return []EndCause{IdleEnd, AbsoluteEnd} }

// Ending is the end of a session, as it is to be expected.
type Ending struct {
	EndsAt      time.Time
	SecondsLeft int // whole seconds until then, by the server's clock
	Cause       EndCause
}

// Ending gives the end of the session when it is near, and again when one that was given has been put off. The channel is
// closed when the session has ended or the context is done.
func (s *Service) Ending(ctx context.Context, open Open) <-chan *Ending {
	warnings := make(chan *Ending)
	go func() {
		defer close(warnings)
		s.warn(ctx, open, warnings)
	}()
	return warnings
}

func (s *Service) warn(ctx context.Context, open Open, warnings chan<- *Ending) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var w warning
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		end, isOpen := s.look(ctx, open)
		if !isOpen {
			return
		}
		open.IdleEndsAt = end
		near := end.Sub(s.clock.Now()) <= warnBefore
		if w.isDue(end, near) {
			select {
			case <-ctx.Done():
				return
			case warnings <- s.ending(open, end):
			}
		}
		timer.Reset(s.untilLook(end, near))
	}
}

// warning is what a client was told: the end that it expects; zero when it need not think of any.
type warning struct{ of time.Time }

// isDue tells whether the client is to be told of an end now, and takes it for told.
func (w *warning) isDue(end time.Time, near bool) bool {
	if w.of.IsZero() && !near || !w.of.IsZero() && !end.After(w.of) {
		return false
	}
	w.of = time.Time{}
	if near {
		w.of = end
	}
	return true
}

// How often the end of a session is looked at once its client was warned: that it was put off must be told soon, and
// nothing else tells it.
const (
	lookWhileNear = 5 * time.Second
	lookAtLeast   = 50 * time.Millisecond
)

func (s *Service) untilLook(end time.Time, near bool) time.Duration {
	left := end.Sub(s.clock.Now())
	if near {
		return max(lookAtLeast, min(lookWhileNear, left/4))
	}
	return min(recheck, left-warnBefore)
}

func (s *Service) ending(open Open, end time.Time) *Ending {
	cause := IdleEnd
	if !end.Before(open.AbsoluteEndsAt) {
		cause = AbsoluteEnd
	}
	left := end.Sub(s.clock.Now())
	return &Ending{EndsAt: end, SecondsLeft: max(0, int(math.Floor(left.Seconds()))), Cause: cause}
}
