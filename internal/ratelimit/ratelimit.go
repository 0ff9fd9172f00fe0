package ratelimit

import (
	"crypto/sha256"
	"errors"
	"time"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// ErrTooMany refuses what exceeds a limit; RetryAfter of the refusal given tells when it passes.
var ErrTooMany = fault.New(fault.RateLimited,
	locale.Text{Ru: "Слишком много запросов за короткое время.", En: "Too many requests in a short time."},
	locale.Text{Ru: "Подождите указанное время и повторите.", En: "Wait for the time given, then try again."})

var errLimit = errors.New("ratelimit: a limit needs a name, and a rate, a time and a burst above zero")

// Limit is how often something may happen: Burst times at once, and Rate times in each Per over time. What was not used
// adds up to no more than Burst.
type Limit struct {
	// Name keeps the counts of different limits apart.
	Name  string
	Rate  int
	Per   time.Duration
	Burst int
}

// interval is the time in which one more is allowed; rounded up, so that never more than Rate in Per are.
func (l Limit) interval() time.Duration {
	return (l.Per + time.Duration(l.Rate) - 1) / time.Duration(l.Rate)
}

func (l Limit) check() error {
	if l.Name == "" || l.Rate <= 0 || l.Per <= 0 || l.Burst <= 0 {
		return errLimit
	}
	return nil
}

// hash is what stands for a key wherever it is kept.
type hash [sha256.Size]byte

func (l Limit) hash(key string) hash { return sha256.Sum256([]byte(l.Name + "\x00" + key)) }

func tooMany(retryAfter time.Duration) error {
	refusal := *ErrTooMany
	refusal.RetryAfter = retryAfter
	return &refusal
}
