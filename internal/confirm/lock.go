package confirm

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/ent/secretlock"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Secret is a kind of thing that a person enters and others could guess. Each kind has a lock of its own.
type Secret string

// The secrets.
const (
	Code       Secret = "CODE"        // one-time code of this package
	EntryCode  Secret = "ENTRY_CODE"  // one-time code too, of a viewer who is still blocked
	AccessCode Secret = "ACCESS_CODE" // of the fund's record of the person
)

// Attempts is how many wrong guesses lock a secret.
const Attempts = 3

// lock counts the wrong guesses at one secret of one person. The zero id is that of a lock without a row.
type lock struct {
	id       uuid.UUID
	owner    uuid.UUID
	secret   Secret
	failures int       // since the last success or lock
	times    int       // how often it was locked since the last success
	failedAt time.Time // when the last wrong guess was; while it is locked, when that began
	until    time.Time // when the last lock lifts
}

// lockFor is for how long the secret is locked the nth time in a row, counted from 1.
func lockFor(n int) time.Duration {
	switch n {
	case 1:
		return 15 * time.Minute
	case 2:
		return 22 * time.Minute
	default:
		return 30 * time.Minute
	}
}

// wait is for how long the secret is still locked; zero if it is not.
func (l lock) wait(now time.Time) time.Duration { return max(l.until.Sub(now), 0) }

// left is how many guesses there are before the next lock.
func (l lock) left() int { return Attempts - l.failures }

// fail counts a wrong guess, which the third time locks the secret.
func (l lock) fail(now time.Time) lock {
	l.failures++
	if l.failures >= Attempts {
		l.failures = 0
		l.times++
		l.until = now.Add(lockFor(l.times))
	}
	return l
}

// refusal is what is answered to the guess that was counted last.
func (l lock) refusal(now time.Time, wrong func(left int) error) error {
	if wait := l.wait(now); wait > 0 {
		return locked(wait)
	}
	return wrong(l.left())
}

// takeLock takes the owner's lock, and reads the lock of the secret.
func (s *Service) takeLock(ctx context.Context, tx *storage.Tx, person uuid.UUID, secret Secret) (lock, error) {
	if err := owner.Lock(ctx, tx, person); err != nil {
		return lock{}, err
	}
	row, err := tx.SecretLock.Query().Where(secretlock.OwnerID(person), secretlock.Secret(string(secret))).Only(asSystem(ctx))
	l := lock{owner: person, secret: secret}
	switch {
	case ent.IsNotFound(err):
		return l, nil
	case err != nil:
		return lock{}, fmt.Errorf("read lock of a secret: %w", err)
	}
	l.id, l.failures, l.times = row.ID, row.Failures, row.Times
	if row.LockedUntil != nil {
		l.until = *row.LockedUntil
	}
	if row.FailedAt != nil {
		l.failedAt = *row.FailedAt
	}
	return l, nil
}

// shut journals that an action was refused because its secret is locked: each action once for each lock, however often
// it is tried. A stranger in the person's session could fill their journal otherwise.
func (s *Service) shut(ctx context.Context, tx *storage.Tx, l lock, action string) error {
	told, err := tx.AuditEntry.Query().Where(
		auditentry.OwnerID(l.owner), auditentry.OccurredAtGTE(l.failedAt), auditentry.Action(action), auditentry.Allowed(false),
		auditentry.Reason(reason(reasonLocked, string(l.secret))),
	).Exist(asSystem(ctx))
	if err != nil {
		return fmt.Errorf("look for a refusal: %w", err)
	}
	if told {
		return nil
	}
	return s.deny(ctx, tx, l.owner, action, reasonLocked, string(l.secret))
}

// failed counts a wrong guess and keeps that, under the owner's lock.
func (s *Service) failed(ctx context.Context, tx *storage.Tx, l lock) (lock, error) {
	now := s.clock.Now()
	times := l.times
	l = l.fail(now)
	if l.times > times {
		if err := s.deny(ctx, tx, l.owner, actionLock, reasonTooMany, string(l.secret)); err != nil {
			return lock{}, err
		}
	}
	var err error
	ctx = asSystem(ctx)
	if l.id == uuid.Nil {
		create := tx.SecretLock.Create().SetOwnerID(l.owner).SetSecret(string(l.secret)).
			SetFailures(l.failures).SetTimes(l.times).SetFailedAt(now)
		if !l.until.IsZero() {
			create.SetLockedUntil(l.until)
		}
		err = create.Exec(ctx)
	} else {
		update := tx.SecretLock.UpdateOneID(l.id).SetFailures(l.failures).SetTimes(l.times).SetFailedAt(now)
		if !l.until.IsZero() {
			update.SetLockedUntil(l.until)
		}
		err = update.Exec(ctx)
	}
	if err != nil {
		return lock{}, fmt.Errorf("count a failure: %w", err)
	}
	return l, nil
}

// succeeded forgets all failures, under the owner's lock.
func (s *Service) succeeded(ctx context.Context, tx *storage.Tx, l lock) error {
	if l.failures == 0 && l.times == 0 {
		return nil
	}
	if err := tx.SecretLock.UpdateOneID(l.id).SetFailures(0).SetTimes(0).ClearFailedAt().ClearLockedUntil().Exec(asSystem(ctx)); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}

// asSystem is the context in which what belongs to a person's confirmations is written: they only read it.
func asSystem(ctx context.Context) context.Context {
	return viewer.NewSystemContext(ctx, "confirmation")
}
