package benefit

import (
	"context"

	"kabinet/ent/benefit"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
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

// Apply applies a report; see transition.Apply for its errors.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row:    owner.Row{Table: benefit.Table, Column: benefit.FieldNumber, Value: r.Number},
		Find:   find(tx, r.Number),
		Allows: func(from string) bool { return State(from).CanBecome(r.State) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			update := tx.Benefit.Update().Where(benefit.ID(subject.ID.ID)).
				SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
			if r.Amount != nil {
				update.SetAmount(int64(*r.Amount))
			}
			if r.State == NoticeIssued {
				update.SetNillableNotice(r.Notice)
			} else {
				update.ClearNotice() // what was to be corrected has been
			}
			return update.Exec(ctx)
		},
	})
}
