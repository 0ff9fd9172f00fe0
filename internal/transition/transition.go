// Package transition moves a subject to the state that the fund reports.
//
// It owns what is the same for every kind of subject: the lock, the order of reports, the question to the state
// machine, the event in the feed. Which states there are and what else changes with them belongs to the domains.
package transition

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
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
	Sequence int64  // of this subject's reports, rising
	State    string // empty if it says nothing of the state
	Comment  *string
}

// Steps are what a domain contributes.
type Steps struct {
	// Find reads the subject; an error of Ent for none.
	Find func(ctx context.Context) (Subject, error)
	// Allows asks the state machine whether the reported state may follow; nil if none may.
	Allows func(from string) bool
	// Keeps tells whether the report leaves the subject in the state where it is, because it tells of something else;
	// it is asked before Allows. nil if it never does.
	Keeps func(from string) bool
	// Change writes the state, the sequence and whatever else was reported.
	Change func(ctx context.Context, s Subject) error
	// Make makes the subject of a report that names a whole one; see Set.
	Make func(ctx context.Context) (ref.Ref, error)
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
	// Whose it is never changes, so the lock is the right one; everything else may have, before it was ours. A transaction
	// of SQLite holds the only write lock from its beginning.
	if tx.Dialect() == dialect.Postgres {
		if subject, err = steps.Find(ctx); err != nil {
			return notFound(err)
		}
	}
	return follow(ctx, tx, f, subject, r, steps)
}

// Set is Apply for a report that names a whole subject and whose it is: it is made when it is not there yet.
// ErrImpossible also when it is somebody else's.
func Set(ctx context.Context, tx *storage.Tx, f *feed.Recorder, whose uuid.UUID, r Report, steps Steps) error {
	if err := owner.Lock(ctx, tx, whose); err != nil {
		return err
	}
	subject, err := steps.Find(ctx)
	switch {
	case ent.IsNotFound(err):
		id, err := steps.Make(ctx)
		if err != nil {
			return fmt.Errorf("apply report: %w", err)
		}
		change := feed.Change{Owner: whose, Subject: id, Comment: r.Comment}
		if r.State != "" {
			change.To = &r.State
		}
		return f.Record(ctx, tx, change)
	case err != nil:
		return fmt.Errorf("apply report: %w", err)
	case subject.Owner != whose:
		return ErrImpossible
	}
	return follow(ctx, tx, f, subject, r, steps)
}

// follow changes a subject whose owner is locked.
func follow(ctx context.Context, tx *storage.Tx, f *feed.Recorder, subject Subject, r Report, steps Steps) error {
	if r.Sequence <= subject.Sequence {
		return ErrStale
	}
	change := feed.Change{Owner: subject.Owner, Subject: subject.ID, Comment: r.Comment}
	switch {
	case steps.Keeps != nil && steps.Keeps(subject.State):
	case steps.Allows != nil && steps.Allows(subject.State):
		change.From, change.To = &subject.State, &r.State
	default:
		return ErrImpossible
	}
	if err := steps.Change(ctx, subject); err != nil {
		return fmt.Errorf("apply report: %w", err)
	}
	return f.Record(ctx, tx, change)
}

func notFound(err error) error {
	if ent.IsNotFound(err) {
		return fault.ErrNotFound
	}
	return fmt.Errorf("apply report: %w", err)
}
