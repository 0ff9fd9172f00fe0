// Package transition moves a subject to the state that the fund reports.
//
// It owns what is the same for every kind of subject: the lock, the order of reports, the question to the state
// machine, the event in the feed. Which states there are and what else changes with them belongs to the domains.
package transition

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// Why a report is not applied, beside fault.ErrNotFound. They are told to the sender as outcomes, never to people.
var (
	// ErrStale: a newer report was applied already.
	ErrStale = errors.New("transition: older than what was applied")
	// ErrImpossible: the state cannot follow the present one.
	ErrImpossible = errors.New("transition: this state cannot follow the present one")
)

// Subject is a subject as it is now.
type Subject struct {
	ID       ref.Ref
	Owner    uuid.UUID
	State    string
	Sequence int64 // of the newest report that was applied
}

// Report is what the fund says of a subject.
type Report struct {
	Sequence int64 // of this subject's reports, rising
	State    string
	Comment  *string
}

// Steps are what a domain contributes.
type Steps struct {
	// Find reads the subject; an error of Ent for none.
	Find func(ctx context.Context) (Subject, error)
	// Allows asks the state machine whether the reported state may follow.
	Allows func(from string) bool
	// Change writes the state, the sequence and whatever else was reported.
	Change func(ctx context.Context, s Subject) error
}

// Apply applies a report in the caller's transaction, as the system: fault.ErrNotFound when there is no such subject,
// ErrStale when a newer report was applied, ErrImpossible when the state cannot follow. The owner's
// sequence rises by one if it is applied, and by none otherwise.
func Apply(ctx context.Context, tx *storage.Tx, f *feed.Recorder, r Report, steps Steps) error {
	subject, err := steps.Find(ctx)
	if err != nil {
		return notFound(err)
	}
	if err := owner.Lock(ctx, tx, subject.Owner); err != nil {
		return err
	}
	// Whose it is never changes, so the lock is the right one; everything else may have, before it was ours.
	if subject, err = steps.Find(ctx); err != nil {
		return notFound(err)
	}
	if r.Sequence <= subject.Sequence {
		return ErrStale
	}
	if !steps.Allows(subject.State) {
		return ErrImpossible
	}
	if err := steps.Change(ctx, subject); err != nil {
		return fmt.Errorf("apply report: %w", err)
	}
	return f.Record(ctx, tx, feed.Change{
		Owner: subject.Owner, Subject: subject.ID, From: &subject.State, To: &r.State, Comment: r.Comment,
	})
}

func notFound(err error) error {
	if ent.IsNotFound(err) {
		return fault.ErrNotFound
	}
	return fmt.Errorf("apply report: %w", err)
}
