package confirm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent/confirmation"
	"kabinet/ent/secretlock"
	"kabinet/internal/confirm"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// requireLocked checks that an error is the lock's, and for how long.
func requireLocked(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	require.ErrorIs(t, err, confirm.ErrLocked)
	refusal, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok)
	require.Equal(t, fault.RateLimited, refusal.Code)
	require.Equal(t, wait, refusal.RetryAfter)
}

// requireWrong checks that an error is that of a wrong code, and how many attempts it leaves.
func requireWrong(t *testing.T, err error, left int) {
	t.Helper()
	require.ErrorIs(t, err, confirm.ErrWrongCode)
	required, ok := errors.AsType[*confirm.Required](err)
	require.True(t, ok)
	require.Equal(t, left, required.Challenge.AttemptsLeft)
	refusal, ok := errors.AsType[*fault.Error](err)
	require.True(t, ok)
	require.Contains(t, refusal.Message(locale.Russian), fmt.Sprintf("осталось попыток: %d.", left))
	require.Contains(t, refusal.Message(locale.English), fmt.Sprintf("attempts left: %d.", left))
}

func TestThreeWrongCodesLockForLongerAndLonger(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		for _, wait := range []time.Duration{15 * time.Minute, 22 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
			c := challenged(t, p, ctx, request())
			code := p.lastCode(t)
			wrong := &confirm.Answer{ID: c.ID, Code: other(code)}
			requireWrong(t, p.Require(ctx, request(), wrong), 2)
			requireWrong(t, p.Require(ctx, request(), wrong), 1)
			requireLocked(t, p.Require(ctx, request(), wrong), wait)

			// Nothing is compared, and nothing is sent, in whatever session.
			sent := len(p.inbox.Messages())
			p.now.Advance(time.Second)
			for _, ctx := range []context.Context{ctx, as(t, p.ann, uuid.New())} {
				requireLocked(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: code}), wait-time.Second)
				requireLocked(t, p.Require(ctx, request(), nil), wait-time.Second)
			}
			require.Len(t, p.inbox.Messages(), sent)

			p.now.Advance(wait - time.Second - time.Microsecond)
			requireLocked(t, p.Require(ctx, request(), nil), time.Microsecond)
			p.now.Advance(time.Microsecond) // and it lifts
		}
		c := challenged(t, p, ctx, request())
		require.Equal(t, 3, c.AttemptsLeft)
		require.NoError(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: p.lastCode(t)}))

		// A success begins anew.
		c = challenged(t, p, ctx, request())
		wrong := &confirm.Answer{ID: c.ID, Code: other(p.lastCode(t))}
		requireWrong(t, p.Require(ctx, request(), wrong), 2)
		requireWrong(t, p.Require(ctx, request(), wrong), 1)
		requireLocked(t, p.Require(ctx, request(), wrong), 15*time.Minute)
	})
}

func TestFailuresCountOverChallengesAndSessions(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		for i := range 3 {
			ctx := as(t, p.ann, uuid.New())
			r := request()
			r.Payload = []byte{byte(i)}
			c := challenged(t, p, ctx, r)
			require.Equal(t, 3-i, c.AttemptsLeft)
			err := p.Require(ctx, r, &confirm.Answer{ID: c.ID, Code: other(p.lastCode(t))})
			if i < 2 {
				requireWrong(t, err, 2-i)
			} else {
				requireLocked(t, err, 15*time.Minute)
			}
			row, err := p.store.Confirmation.Query().Where(confirmation.ID(uuid.MustParse(c.ID))).Only(persontest.System(t))
			require.NoError(t, err)
			require.Equal(t, 1, row.Failures)
		}
		lock, err := p.store.SecretLock.Query().Where(secretlock.OwnerID(p.ann)).Only(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, "CODE", lock.Secret)
		require.Equal(t, 1, lock.Times)
		require.Equal(t, p.now.Now(), lock.FailedAt.UTC())
		require.Equal(t, []string{
			"confirmation.send approveNetwork", "!confirmation.accept WRONG approveNetwork",
			"confirmation.send approveNetwork", "!confirmation.accept WRONG approveNetwork",
			"confirmation.send approveNetwork", "!confirmation.accept WRONG approveNetwork", "!secret.lock TOO_MANY_FAILURES CODE",
		}, p.lines(t))

		bob := persontest.New(t, p.store)
		require.Equal(t, 3, challenged(t, p, as(t, bob, uuid.New()), request()).AttemptsLeft, "a lock is one person's")
	})
}

// What has not the form of a code is as wrong as any other.
func TestEveryWrongCodeCounts(t *testing.T) {
	for _, wrong := range []string{"", "12345", "1234567", "      ", "００００００", "12345\n", "\x00", "000000 "} {
		p := newPlace(t, storagetest.OpenSQLite(t))
		ctx := as(t, p.ann, uuid.New())
		c := challenged(t, p, ctx, request())
		requireWrong(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: wrong}), 2)
		requireWrong(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: " " + p.lastCode(t)}), 1)
		requireLocked(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: wrong}), 15*time.Minute)
	}
}

// Whatever a person does in whatever order, the locks are what a plain count says they are.
func TestLocksFollowTheCount(t *testing.T) {
	store := storagetest.OpenSQLite(t)
	rapid.Check(t, func(r *rapid.T) {
		p := newPlace(t, store)
		ctx := as(t, p.ann, uuid.New())
		failures, times, until := 0, 0, p.now.Now()
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			p.now.Advance(time.Duration(rapid.IntRange(0, 20).Draw(r, "minutes")) * time.Minute)
			right := rapid.Bool().Draw(r, "right")
			err := p.Guess(ctx, p.ann, confirm.AccessCode, func(context.Context, *storage.Tx) (bool, error) { return right, nil })
			now := p.now.Now()
			switch {
			case now.Before(until):
				requireLocked(t, err, until.Sub(now))
				continue
			case right:
				require.NoError(t, err)
				failures, times = 0, 0
				continue
			}
			if failures++; failures < confirm.Attempts {
				wrong, ok := errors.AsType[*confirm.Wrong](err)
				require.True(t, ok)
				require.Equal(t, confirm.Attempts-failures, wrong.Left)
				continue
			}
			wait := []time.Duration{15 * time.Minute, 22 * time.Minute, 30 * time.Minute}[min(times, 2)]
			failures, times, until = 0, times+1, now.Add(wait)
			requireLocked(t, err, wait)
		}
	})
}

// Of many guesses at once three are compared, and the right one does not slip in after them.
func TestGuessesAtOnceAreGuessesOneAfterTheOther(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		const guessers = 16
		session := uuid.New()
		c := challenged(t, p, as(t, p.ann, session), request())
		code := p.lastCode(t)
		results := atOnce(guessers, func(i int) error {
			return p.Require(as(t, p.ann, session), request(), &confirm.Answer{ID: c.ID, Code: otherOf(code, i)})
		})
		var left []int
		lockedOut := 0
		for _, err := range results {
			if required, ok := errors.AsType[*confirm.Required](err); ok {
				left = append(left, required.Challenge.AttemptsLeft)
				continue
			}
			requireLocked(t, err, 15*time.Minute)
			lockedOut++
		}
		require.ElementsMatch(t, []int{2, 1}, left)
		require.Equal(t, guessers-2, lockedOut)
		row, err := p.store.Confirmation.Get(persontest.System(t), uuid.MustParse(c.ID))
		require.NoError(t, err)
		require.Equal(t, 3, row.Failures)
		requireLocked(t, p.Require(as(t, p.ann, session), request(), &confirm.Answer{ID: c.ID, Code: code}), 15*time.Minute)
		require.Equal(t, []string{
			"confirmation.send approveNetwork",
			"!confirmation.accept WRONG approveNetwork", "!confirmation.accept WRONG approveNetwork", "!confirmation.accept WRONG approveNetwork",
			"!secret.lock TOO_MANY_FAILURES CODE", "!confirmation.accept LOCKED CODE",
		}, p.lines(t), "what a lock refuses stands there once")
	})
}

func TestOfManyRightAnswersAtOnceOneIsTakenAndTheOthersAreItsRetries(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		session := uuid.New()
		c := challenged(t, p, as(t, p.ann, session), request())
		answer := &confirm.Answer{ID: c.ID, Code: p.lastCode(t)}
		for _, err := range atOnce(16, func(int) error { return p.Require(as(t, p.ann, session), request(), answer) }) {
			require.NoError(t, err)
		}
		require.Equal(t, []string{"confirmation.send approveNetwork", "confirmation.accept approveNetwork"}, p.lines(t))
	})
}

func TestAskingAtOnceSendsOnce(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		session := uuid.New()
		ids := map[string]bool{}
		for _, err := range atOnce(16, func(int) error { return p.Require(as(t, p.ann, session), request(), nil) }) {
			required, ok := errors.AsType[*confirm.Required](err)
			require.True(t, ok, "%v", err)
			ids[required.Challenge.ID] = true
		}
		require.Len(t, ids, 1)
		require.Len(t, p.inbox.Messages(), 1)
	})
}

// otherOf is the ith code that is not this one.
func otherOf(code string, i int) string {
	for range i % 9 {
		code = other(code)
	}
	return other(code)
}

// atOnce runs f many times at once, in any order.
func atOnce(n int, f func(i int) error) []error {
	results := make([]error, n)
	start := make(chan struct{})
	done := make(chan struct{})
	for _, i := range rand.Perm(n) {
		go func() {
			<-start
			results[i] = f(i)
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return results
}
