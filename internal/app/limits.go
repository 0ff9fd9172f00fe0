package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/confirm"
	"kabinet/internal/ratelimit"
	"kabinet/internal/viewer"
)

// The limits of what costs money or can be guessed. Guesses are bounded far more tightly by the locks of package confirm;
// these bound what comes before a lock is looked at. Nobody else can use up what a person has for their own phone: an
// address counts only as long as it is not proved, for anybody may name any.
var (
	codesOfPerson   = ratelimit.Limit{Name: "codes to a person", Rate: 20, Per: time.Hour, Burst: 10}
	unprovedOfOne   = ratelimit.Limit{Name: "codes of a person to unproved addresses", Rate: 20, Per: time.Hour, Burst: 10}
	codesOfUnproved = ratelimit.Limit{Name: "codes to an unproved address", Rate: 10, Per: time.Hour, Burst: 10}
	codesOfAll      = ratelimit.Limit{Name: "codes to all", Rate: 50, Per: time.Second, Burst: 500}
	guessesOfOne    = ratelimit.Limit{Name: "guesses of a person", Rate: 240, Per: time.Hour, Burst: 60}
	guessesOfAll    = ratelimit.Limit{Name: "guesses of all", Rate: 200, Per: time.Second, Burst: 2000}
	alertsOfPerson  = ratelimit.Limit{Name: "alerts to a person", Rate: 1, Per: time.Hour, Burst: 1}
)

// budget is under which key a person's codes and guesses are counted. A viewer who is blocked proved no more than a
// password, and has a budget of their own.
func budget(ctx context.Context, person uuid.UUID) string {
	if viewer.FromContext(ctx).Entry == viewer.Blocked {
		return "blocked " + person.String()
	}
	return person.String()
}

// alertLimit bounds how often a person is told of logins that were blocked.
func alertLimit(l *ratelimit.Limiter) func(ctx context.Context, person uuid.UUID) error {
	return func(ctx context.Context, person uuid.UUID) error { return l.Take(ctx, alertsOfPerson, person.String()) }
}

// codeLimits bound how often codes are sent and guessed.
func codeLimits(l *ratelimit.Limiter) confirm.Limits {
	take := func(ctx context.Context, first ratelimit.Limit, key string, all ratelimit.Limit) error {
		if err := l.Take(ctx, first, key); err != nil {
			return err
		}
		return l.Take(ctx, all, "")
	}
	return confirm.Limits{
		Send: func(ctx context.Context, person uuid.UUID, to confirm.Destination) error {
			if to.Own {
				return take(ctx, codesOfPerson, budget(ctx, person), codesOfAll)
			}
			if err := l.Take(ctx, unprovedOfOne, budget(ctx, person)); err != nil {
				return err
			}
			return take(ctx, codesOfUnproved, to.Address, codesOfAll)
		},
		Attempt: func(ctx context.Context, person uuid.UUID) error {
			return take(ctx, guessesOfOne, budget(ctx, person), guessesOfAll)
		},
	}
}

// The cost of the API that one person may use up. A query of one field costs about a hundred, the dashboard eight hundred:
// a person, with all their devices, gets some five hundred small queries a second, or seventy-five dashboards. It is
// counted on each instance, so that no request waits for it.
const costRemembered = 100_000

var costOfPerson = ratelimit.Limit{Name: "cost of a person", Rate: 60_000, Per: time.Second, Burst: 120_000}

// spend bounds the cost of what one person asks of the API.
func (a *App) spend() func(ctx context.Context, cost int) error {
	memory := ratelimit.NewMemory(a.clock, costRemembered)
	return func(ctx context.Context, cost int) error {
		v := viewer.FromContext(ctx)
		if !v.IsPerson() {
			return nil // and gets nothing but a refusal
		}
		return memory.TakeN(ctx, costOfPerson, v.PersonID.String(), cost)
	}
}
