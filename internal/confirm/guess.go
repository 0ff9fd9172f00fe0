package confirm

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/storage"
)

// ErrWrong refuses a wrong guess. It comes within a Wrong.
var ErrWrong = fault.New(fault.BadInput,
	locale.Text{Ru: "Код не подходит.", En: "The code does not fit."}, locale.Text{})

// Wrong is a guess that was counted.
type Wrong struct { //nolint:errname // read as a noun: a wrong guess
	Left int // guesses that are left before the lock
}

// Error implements error.
func (w *Wrong) Error() string { return w.Unwrap().Error() }

// Unwrap gives the refusal, for a caller who shows it as it is.
func (w *Wrong) Unwrap() error { return withAttempts(ErrWrong, w.Left) }

// Guess lets a person try to enter a secret of theirs: the only way for other rooms to check one.
//
// check runs in a transaction under the owner's lock and says whether what was entered is right. When it is, whatever
// check has written is committed together with the end of earlier failures. When it is not, check must have written
// nothing that is not to stay, and the failure is committed before Guess answers: a *Wrong, or ErrLocked if it was one
// too many. While the secret is locked, check does not run and the answer is ErrLocked, which says for how long. An
// error of check undoes everything and is given back; no failure is counted and none forgotten then, so it must not
// depend on the secret.
//
// The transaction is Guess's own, so that no caller's error undoes a failure. It must not be called within another.
func (s *Service) Guess(ctx context.Context, person uuid.UUID, secret Secret,
	check func(ctx context.Context, tx *storage.Tx) (right bool, err error),
) error {
	if err := s.mayAttempt(ctx, person); err != nil {
		return err
	}
	var refusal error
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		l, err := s.takeLock(ctx, tx, person, secret)
		if err != nil {
			return err
		}
		if wait := l.wait(s.clock.Now()); wait > 0 {
			refusal = locked(wait)
			return s.shut(ctx, tx, l, actionEnter)
		}
		right, err := check(ctx, tx)
		switch {
		case err != nil:
			return err
		case right:
			return s.succeeded(ctx, tx, l)
		}
		if err := s.deny(ctx, tx, person, actionEnter, reasonWrong, string(secret)); err != nil {
			return err
		}
		l, err = s.failed(ctx, tx, l)
		refusal = l.refusal(s.clock.Now(), func(left int) error { return &Wrong{Left: left} })
		return err
	}); err != nil {
		return fmt.Errorf("guess a secret: %w", err)
	}
	return refusal
}
