package sickleave

import (
	"context"
	"fmt"

	"kabinet/ent"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// Report is what the fund says of a certificate. Absent parts are unchanged.
type Report struct {
	Number     string
	Sequence   int64 // of this certificate's reports, rising
	State      State
	Comment    *string
	EndsOn     calendar.Date
	ReturnOn   calendar.Date
	PaidByFund *money.Kopecks
	PaidOn     calendar.Date
}

// Apply applies a report in the caller's transaction, as the system: fault.ErrNotFound when there is no such
// certificate, fault.ErrStale when a newer report was applied, fault.ErrImpossible when the state cannot follow.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	byNumber := tx.SickLeave.Query().Where(sickleave.Number(r.Number))
	whose, err := byNumber.Clone().Select(sickleave.FieldOwnerID).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("apply report of sick leave: %w", err)
	}
	if err := owner.Lock(ctx, tx, whose.OwnerID); err != nil {
		return err
	}
	row, err := byNumber.Only(ctx)
	if err != nil {
		return fmt.Errorf("apply report of sick leave: %w", err)
	}
	if r.Sequence <= row.FundSequence {
		return fault.ErrStale
	}
	if !State(row.State).CanBecome(r.State) {
		return fault.ErrImpossible
	}
	update := tx.SickLeave.UpdateOneID(row.ID).SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
	if !r.EndsOn.IsZero() {
		update.SetEndsOn(r.EndsOn)
	}
	if !r.ReturnOn.IsZero() {
		update.SetReturnOn(r.ReturnOn)
	}
	if r.PaidByFund != nil {
		update.SetPaidByFund(int64(*r.PaidByFund))
	}
	if !r.PaidOn.IsZero() {
		update.SetPaidOn(r.PaidOn)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("apply report of sick leave: %w", err)
	}
	return s.feed.Record(ctx, tx, feed.Change{
		Owner: row.OwnerID, Subject: ref.Of(ref.SickLeave, row.ID),
		From: &row.State, To: (*string)(&r.State), Comment: r.Comment,
	})
}
