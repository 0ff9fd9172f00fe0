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
	Sequence int64  // of this subject's reports, rising
	State    string // empty if it says nothing of the state
	Comment  *string
}

// Steps are what a domain contributes.
type Steps struct {
	// Row is the subject's row, through which its owner is locked before it is read; Set, which is told whose it is, needs
	// none.
	Row owner.Row
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
	whose, sequence, err := owner.NextSequenceOf(ctx, tx, steps.Row)
	if err != nil {
		return err
	}
	n := number{whose, sequence}
	subject, err := steps.Find(ctx)
	switch {
	case ent.IsNotFound(err):
		err = fault.ErrNotFound
	case err != nil:
		err = fmt.Errorf("apply report: %w", err)
	default:
		err = follow(ctx, tx, f, n, subject, r, steps)
	}
	return n.unless(ctx, tx, err)
}

// Set is Apply for a report that names a whole subject and whose it is: it is made when it is not there yet.
// ErrImpossible also when it is somebody else's.
func Set(ctx context.Context, tx *storage.Tx, f *feed.Recorder, whose uuid.UUID, r Report, steps Steps) error {
	sequence, err := owner.NextSequence(ctx, tx, whose)
	if err != nil {
		return err
	}
	n := number{whose, sequence}
	subject, err := steps.Find(ctx)
	switch {
	case ent.IsNotFound(err):
		err = start(ctx, tx, f, n, r, steps)
	case err != nil:
		err = fmt.Errorf("apply report: %w", err)
	default:
		err = follow(ctx, tx, f, n, subject, r, steps)
	}
	return n.unless(ctx, tx, err)
}

// number is the number under which a change will stand in the feed of its owner. It is taken first, for taking it is also
// the lock: a statement less for each report that is applied, and one more for each that is not.
type number struct {
	owner    uuid.UUID
	sequence int64
}

// unless gives the number back if there is an error, whatever it is: the caller may still commit what it makes of it. Not
// so after a conflict, which has spoilt the transaction.
func (n number) unless(ctx context.Context, tx *storage.Tx, err error) error {
	if err == nil || ent.IsConstraintError(err) {
		return err
	}
	if back := owner.GiveBack(ctx, tx, n.owner, n.sequence); back != nil {
		return fmt.Errorf("apply report: %w (after: %v)", back, err) //nolint:errorlint // err is told and not wrapped: upon it a caller might commit
	}
	return err
}

// start makes a subject whose owner is locked.
func start(ctx context.Context, tx *storage.Tx, f *feed.Recorder, n number, r Report, steps Steps) error {
	id, err := steps.Make(ctx)
	if err != nil {
		return fmt.Errorf("apply report: %w", err)
	}
	change := feed.Change{Owner: n.owner, Subject: id, Comment: r.Comment}
	if r.State != "" {
		change.To = &r.State
	}
	return f.RecordAs(ctx, tx, n.sequence, change)
}

// follow changes a subject whose owner is locked.
func follow(ctx context.Context, tx *storage.Tx, f *feed.Recorder, n number, subject Subject, r Report, steps Steps) error {
	switch {
	case subject.Owner != n.owner:
		return ErrImpossible
	case r.Sequence <= subject.Sequence:
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
	return f.RecordAs(ctx, tx, n.sequence, change)
}
