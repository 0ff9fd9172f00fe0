package document

import (
	"context"
	"fmt"

	"kabinet/ent"
	"kabinet/ent/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// Report is the fund's verdict on a document.
type Report struct {
	Document ref.Ref
	Sequence int64 // of this document's reports, rising
	State    State
	Verdict  *string
}

// Apply applies a report in the caller's transaction, as the system: fault.ErrNotFound when there is no such
// document, fault.ErrStale when a newer report was applied, fault.ErrImpossible when the state cannot follow.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	byID := tx.Document.Query().Where(document.ID(r.Document.ID))
	whose, err := byID.Clone().Select(document.FieldOwnerID).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("apply verdict on document: %w", err)
	}
	if err := owner.Lock(ctx, tx, whose.OwnerID); err != nil {
		return err
	}
	row, err := byID.Only(ctx)
	if err != nil {
		return fmt.Errorf("apply verdict on document: %w", err)
	}
	if r.Sequence <= row.FundSequence {
		return fault.ErrStale
	}
	if !State(row.State).CanBecome(r.State) {
		return fault.ErrImpossible
	}
	update := tx.Document.UpdateOneID(row.ID).SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
	if r.Verdict == nil {
		update.ClearVerdict()
	} else {
		update.SetVerdict(*r.Verdict)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("apply verdict on document: %w", err)
	}
	return s.feed.Record(ctx, tx, feed.Change{
		Owner: row.OwnerID, Subject: ref.Of(ref.Document, row.ID),
		From: &row.State, To: (*string)(&r.State), Comment: r.Verdict,
	})
}
