package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
)

// Announcer is told, after a commit, whose feed has grown.
type Announcer interface {
	Announce(owner uuid.UUID)
}

// Recorder writes events.
type Recorder struct {
	clock     clock.Clock
	announcer Announcer
}

// NewRecorder makes a Recorder.
func NewRecorder(c clock.Clock, a Announcer) *Recorder { return &Recorder{clock: c, announcer: a} }

// Record writes the event of a change in the transaction of the change, and has it announced after the commit.
func (r *Recorder) Record(ctx context.Context, tx *storage.Tx, c Change) error {
	sequence, err := owner.NextSequence(ctx, tx, c.Owner)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		// Not for callers to take for the absence of what they have just changed.
		return errors.New("record change: its owner is not there")
	case err != nil:
		return fmt.Errorf("record change: %w", err)
	}
	return r.RecordAs(ctx, tx, sequence, c)
}

// RecordAs is Record under a number that the caller has taken by owner.NextSequence in the same transaction.
func (r *Recorder) RecordAs(ctx context.Context, tx *storage.Tx, sequence int64, c Change) error {
	now := r.clock.Now()
	id, err := idAt(now)
	if err != nil {
		return fmt.Errorf("record change: %w", err)
	}
	if err := tx.FeedEvent.Create().SetID(id).SetOwnerID(c.Owner).SetSequence(sequence).
		SetSubjectKind(string(c.Subject.Kind)).SetSubjectID(c.Subject.ID).
		SetNillableFrom(c.From).SetNillableTo(c.To).SetNillableComment(c.Comment).
		SetOccurredAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("record change: %w", err)
	}
	tx.AfterCommit(func(context.Context) { r.announcer.Announce(c.Owner) })
	return nil
}
