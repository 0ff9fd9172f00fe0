package appeal

import (
	"context"

	"kabinet/ent/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
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

// Apply applies a report; see transition.Apply for its errors.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Appeal.Query().Where(appeal.ID(r.Appeal.ID)).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{ID: ref.Of(ref.Appeal, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
		},
		Allows: func(from string) bool { return State(from).CanBecome(r.State, Fund) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			now := s.clock.Now()
			update := tx.Appeal.UpdateOneID(subject.ID.ID).
				SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(now).
				SetNillableNumber(r.Number).SetNillableSpecialist(r.Specialist)
			if !r.DueOn.IsZero() {
				update.SetDueOn(r.DueOn)
			}
			if r.State == Registered {
				update.SetRegisteredAt(now)
			}
			if err := update.Exec(ctx); err != nil {
				return err
			}
			return tx.AppealStep.Create().SetOwnerID(subject.Owner).SetAppealID(subject.ID.ID).
				SetFrom(subject.State).SetTo(string(r.State)).SetNillableComment(r.Comment).
				SetActor(string(Fund)).SetOccurredAt(now).Exec(ctx)
		},
	})
}
