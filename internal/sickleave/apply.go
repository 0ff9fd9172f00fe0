package sickleave

import (
	"context"

	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
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

// Apply applies a report; see transition.Apply for its errors.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row:    owner.Row{Table: sickleave.Table, Column: sickleave.FieldNumber, Value: r.Number},
		Find:   find(tx, r.Number),
		Allows: func(from string) bool { return State(from).CanBecome(r.State) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			update := tx.SickLeave.Update().Where(sickleave.ID(subject.ID.ID)).
				SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
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
			return update.Exec(ctx)
		},
	})
}
