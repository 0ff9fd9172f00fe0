package outbox

import (
	"context"
	"time"

	"kabinet/internal/viewer"
)

// Lease is for how long a courier has a command to itself.
const Lease = lease

// The times that the tests walk through.
const (
	Window       = window
	Overdue      = overdue
	BreakerPause = breakerPause
	BreakerLimit = breakerLimit
	Longest      = longest
)

// Die does what a courier does that is killed after it has sent what was due and before it has written that down. It
// tells how many commands it had claimed.
func (c *Courier) Die(ctx context.Context) (int, error) {
	ctx = viewer.NewSystemContext(ctx, "command delivery")
	mine, err := c.claim(ctx, parallel)
	for _, one := range mine {
		if _, err := c.attempt(ctx, one.row); err != nil {
			return len(mine), err
		}
	}
	return len(mine), err
}

// Delay is how long to wait after so many attempts.
func Delay(attempts int, chance float64, least time.Duration) time.Duration {
	return delay(attempts, chance, least)
}

// Next is when a command is tried again.
func Next(since, now time.Time, pause time.Duration) (time.Time, bool) {
	return next(since, now, pause)
}

// Judge judges an answer of the fund.
func Judge(status int, retryAfter string) (ErrorCode, time.Duration) {
	a := judge(status, retryAfter)
	return a.code, a.after
}
