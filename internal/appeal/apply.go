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
	return transition.Apply(ctx, tx, s.feed, r.transition(), s.steps(tx, r))
}

func (r Report) transition() transition.Report {
	return transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
}

func (s *Service) steps(tx *storage.Tx, r Report) transition.Steps {
	return transition.Steps{
		Row:    row(r.Appeal),
		Find:   find(tx, r.Appeal),
		Allows: func(from string) bool { return State(from).CanBecome(r.State, Fund) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			now := s.clock.Now()
			update := tx.Appeal.Update().Where(appeal.ID(subject.ID.ID)).
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
			return s.step(ctx, tx, subject, r.State, r.Comment)
		},
	}
}
