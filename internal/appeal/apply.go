package appeal

import (
	"context"
	"fmt"

	"kabinet/ent"
	"kabinet/ent/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// Report is what the fund says of an appeal. Absent parts are unchanged.
type Report struct {
	Appeal     ref.Ref
	Sequence   int64 // of this appeal's reports, rising
	State      State
	Comment    *string
	Number     *string // given at registration
	Specialist *string
	DueOn      calendar.Date
}

// Apply applies a report in the caller's transaction, as the system: fault.ErrNotFound when there is no such
// appeal, fault.ErrStale when a newer report was applied, fault.ErrImpossible when the state cannot follow.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	byID := tx.Appeal.Query().Where(appeal.ID(r.Appeal.ID))
	whose, err := byID.Clone().Select(appeal.FieldOwnerID).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("apply report of appeal: %w", err)
	}
	if err := owner.Lock(ctx, tx, whose.OwnerID); err != nil {
		return err
	}
	row, err := byID.Only(ctx)
	if err != nil {
		return fmt.Errorf("apply report of appeal: %w", err)
	}
	if r.Sequence <= row.FundSequence {
		return fault.ErrStale
	}
	if !State(row.State).CanBecome(r.State, Fund) {
		return fault.ErrImpossible
	}
	now := s.clock.Now()
	update := tx.Appeal.UpdateOneID(row.ID).SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(now).
		SetNillableNumber(r.Number).SetNillableSpecialist(r.Specialist)
	if !r.DueOn.IsZero() {
		update.SetDueOn(r.DueOn)
	}
	if r.State == Registered {
		update.SetRegisteredAt(now)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("apply report of appeal: %w", err)
	}
	if err := tx.AppealStep.Create().SetOwnerID(row.OwnerID).SetAppealID(row.ID).SetFrom(row.State).SetTo(string(r.State)).
		SetNillableComment(r.Comment).SetActor(string(Fund)).SetOccurredAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("apply report of appeal: %w", err)
	}
	return s.feed.Record(ctx, tx, feed.Change{
		Owner: row.OwnerID, Subject: ref.Of(ref.Appeal, row.ID),
		From: &row.State, To: (*string)(&r.State), Comment: r.Comment,
	})
}
