package confirm_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/confirm"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
)

// enter tries to enter an access code, and keeps something when it is right.
func enter(t *testing.T, p *place, right bool) error {
	t.Helper()
	return p.Guess(as(t, p.ann, uuid.New()), p.ann, confirm.AccessCode, func(_ context.Context, tx *storage.Tx) (bool, error) {
		if !right {
			return false, nil
		}
		return true, tx.SetUpStep.Create().SetOwnerID(p.ann).SetStep(uuid.NewString()).SetDoneAt(p.now.Now()).Exec(persontest.System(t))
	})
}

func kept(t *testing.T, p *place) int {
	t.Helper()
	n, err := p.store.SetUpStep.Query().Count(persontest.System(t))
	require.NoError(t, err)
	return n
}

func TestAFailureIsKeptAndASuccessWithWhatItDid(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		for _, left := range []int{2, 1} {
			err := enter(t, p, false)
			wrong, ok := errors.AsType[*confirm.Wrong](err)
			require.True(t, ok)
			require.Equal(t, left, wrong.Left)
			require.ErrorIs(t, err, confirm.ErrWrong)
			require.Equal(t, fault.BadInput, fault.CodeOf(err))
		}
		require.NoError(t, enter(t, p, true))
		require.Equal(t, 1, kept(t, p))

		require.ErrorIs(t, enter(t, p, false), confirm.ErrWrong)
		require.ErrorIs(t, enter(t, p, false), confirm.ErrWrong)
		requireLocked(t, enter(t, p, false), 15*time.Minute)
		requireLocked(t, enter(t, p, true), 15*time.Minute)
		require.Equal(t, 1, kept(t, p), "a locked secret is not looked at")
		challenged(t, p, as(t, p.ann, uuid.New()), request()) // each secret has a lock of its own

		p.now.Advance(15 * time.Minute)
		require.NoError(t, enter(t, p, true))
		require.Equal(t, []string{
			"!secret.enter WRONG ACCESS_CODE", "!secret.enter WRONG ACCESS_CODE",
			"!secret.enter WRONG ACCESS_CODE", "!secret.enter WRONG ACCESS_CODE",
			"!secret.enter WRONG ACCESS_CODE", "!secret.lock TOO_MANY_FAILURES ACCESS_CODE",
			"!secret.enter LOCKED ACCESS_CODE", "confirmation.send approveNetwork",
		}, p.lines(t))
	})
}

func TestAnErrorOfACheckUndoesItAndCountsNothing(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		broken := errors.New("broken")
		for range 5 {
			err := p.Guess(as(t, p.ann, uuid.New()), p.ann, confirm.AccessCode, func(_ context.Context, tx *storage.Tx) (bool, error) {
				if err := tx.SetUpStep.Create().SetOwnerID(p.ann).SetStep(uuid.NewString()).SetDoneAt(p.now.Now()).Exec(persontest.System(t)); err != nil {
					return false, err
				}
				return true, broken
			})
			require.ErrorIs(t, err, broken)
		}
		require.Zero(t, kept(t, p))
		require.NoError(t, enter(t, p, true))
	})
}

func TestChecksAtOnceAreThree(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		var checked atomic.Int64
		for _, err := range atOnce(16, func(int) error {
			return p.Guess(as(t, p.ann, uuid.New()), p.ann, confirm.AccessCode, func(context.Context, *storage.Tx) (bool, error) {
				checked.Add(1)
				return false, nil
			})
		}) {
			require.Error(t, err)
		}
		require.EqualValues(t, 3, checked.Load())
	})
}

func TestNobodyGuessesForAnother(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		bob := persontest.New(t, p.store)
		err := p.Guess(as(t, bob, uuid.New()), p.ann, confirm.AccessCode, func(context.Context, *storage.Tx) (bool, error) {
			t.Error("checked")
			return true, nil
		})
		require.ErrorIs(t, err, fault.ErrNotFound)
	})
}
