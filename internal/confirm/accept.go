package confirm

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/confirmation"
	"kabinet/internal/storage"
)

// accept checks an answer. Success and failure alike are committed before anything is answered.
func (s *Service) accept(ctx context.Context, a *action, answer Answer) error {
	if err := s.mayAttempt(ctx, a.person); err != nil {
		return err
	}
	var refusal error
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		l, err := s.takeLock(ctx, tx, a.person, a.secret)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if wait := l.wait(now); wait > 0 {
			refusal = locked(wait)
			return s.shut(ctx, tx, l, actionAccept)
		}
		row, err := s.answered(ctx, tx, a, answer, now)
		switch {
		case err != nil:
			return err
		case row != nil && row.UsedAt != nil && s.proves(answer, row):
			return nil // the action was let pass already: its answer was lost, or another confirmation was still lacking
		case row == nil || row.UsedAt != nil:
			refusal = ErrNoChallenge
			return s.deny(ctx, tx, a.person, actionAccept, reasonNoChallenge, a.Operation)
		case s.proves(answer, row):
			return s.use(ctx, tx, a, row, l)
		}
		if l, err = s.miss(ctx, tx, a, row, l); err != nil {
			return err
		}
		refusal = l.refusal(now, func(left int) error { return a.required(withAttempts(ErrWrongCode, left), row, l, now) })
		return nil
	}); err != nil {
		return fmt.Errorf("check a confirmation: %w", err)
	}
	return refusal
}

// answered finds the challenge that an answer names, if it is one of this very action, used or not; otherwise nil.
func (s *Service) answered(ctx context.Context, tx *storage.Tx, a *action, answer Answer, now time.Time) (*ent.Confirmation, error) {
	row, err := s.challenges(tx, a, now).Where(confirmation.ID(parseID(answer.ID))).Only(asSystem(ctx))
	switch {
	case ent.IsNotFound(err):
		return nil, nil //nolint:nilnil // there is none
	case err != nil:
		return nil, fmt.Errorf("find challenge: %w", err)
	}
	return row, nil
}

// parseID reads the id of a challenge in the one form in which it is given; else it gives the zero id, which no row has.
func parseID(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return uuid.Nil
	}
	return id
}

// proves tells whether an answer is right. Nothing else knows what an answer consists of: it is the code, compared in
// constant time. A signature of what the challenge is bound to would be proved here as well.
func (s *Service) proves(answer Answer, row *ent.Confirmation) bool {
	if len(answer.Code) != codeLength {
		return false
	}
	right := 0
	for _, hash := range s.sealer.Lookups(codePlace, boundCode(row.ID, answer.Code)) {
		right |= subtle.ConstantTimeCompare(hash, row.CodeHash)
	}
	return right == 1
}

// use takes a challenge whose answer was right, and forgets the failures before it.
func (s *Service) use(ctx context.Context, tx *storage.Tx, a *action, row *ent.Confirmation, l lock) error {
	if err := tx.Confirmation.UpdateOne(row).SetUsedAt(s.clock.Now()).Exec(asSystem(ctx)); err != nil {
		return fmt.Errorf("use challenge: %w", err)
	}
	if err := s.succeeded(ctx, tx, l); err != nil {
		return err
	}
	return s.allow(ctx, tx, a.person, actionAccept, a.Operation)
}

// miss counts a wrong answer.
func (s *Service) miss(ctx context.Context, tx *storage.Tx, a *action, row *ent.Confirmation, l lock) (lock, error) {
	if err := tx.Confirmation.UpdateOne(row).AddFailures(1).Exec(asSystem(ctx)); err != nil {
		return lock{}, fmt.Errorf("count a wrong answer: %w", err)
	}
	if err := s.deny(ctx, tx, a.person, actionAccept, reasonWrong, a.Operation); err != nil {
		return lock{}, err
	}
	return s.failed(ctx, tx, l)
}
