package benefit

import (
	"context"
	"fmt"

	"kabinet/ent"
	"kabinet/ent/benefit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// Report is what the fund says of a benefit. Absent parts are unchanged.
type Report struct {
	Number   string
	Sequence int64 // of this benefit's reports, rising
	State    State
	Comment  *string
	Amount   *money.Kopecks
	Notice   *string // what must be corrected, with NoticeIssued
}

// Apply applies a report in the caller's transaction, as the system: fault.ErrNotFound when there is no such
// benefit, fault.ErrStale when a newer report was applied, fault.ErrImpossible when the state cannot follow.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	byNumber := tx.Benefit.Query().Where(benefit.Number(r.Number))
	whose, err := byNumber.Clone().Select(benefit.FieldOwnerID).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("apply report of benefit: %w", err)
	}
	if err := owner.Lock(ctx, tx, whose.OwnerID); err != nil {
		return err
	}
	row, err := byNumber.Only(ctx)
	if err != nil {
		return fmt.Errorf("apply report of benefit: %w", err)
	}
	if r.Sequence <= row.FundSequence {
		return fault.ErrStale
	}
	if !State(row.State).CanBecome(r.State) {
		return fault.ErrImpossible
	}
	update := tx.Benefit.UpdateOneID(row.ID).SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
	if r.Amount != nil {
		update.SetAmount(int64(*r.Amount))
	}
	if r.State == NoticeIssued {
		update.SetNillableNotice(r.Notice)
	} else {
		update.ClearNotice() // what was to be corrected has been
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("apply report of benefit: %w", err)
	}
	return s.feed.Record(ctx, tx, feed.Change{
		Owner: row.OwnerID, Subject: ref.Of(ref.Benefit, row.ID),
		From: &row.State, To: (*string)(&r.State), Comment: r.Comment,
	})
}
