package contribution

import (
	"context"

	"github.com/google/uuid"

	"kabinet/ent/contribution"
	"kabinet/internal/calendar"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is what the fund tells of a contribution, as a whole.
type Report struct {
	Number             string
	Sequence           int64 // of this contribution's reports, rising
	Owner              uuid.UUID
	Comment            *string
	Kind               Kind
	Period             calendar.Date // the first day of the month
	EmployerName       string
	RegistrationNumber string // of the employer at the fund; empty if it is not told
	Base               money.Kopecks
	Amount             money.Kopecks
}

// Apply makes a contribution or corrects it; see transition.Set for its errors. The owner's sequence rises by one if it
// is applied, and by none otherwise.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, Comment: r.Comment}
	return transition.Set(ctx, tx, s.feed, r.Owner, report, transition.Steps{
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Contribution.Query().Where(contribution.Number(r.Number)).
				Select(contribution.FieldID, contribution.FieldOwnerID, contribution.FieldFundSequence).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{ID: ref.Of(ref.Contribution, row.ID), Owner: row.OwnerID, Sequence: row.FundSequence}, nil
		},
		Keeps: func(string) bool { return true },
		Change: func(ctx context.Context, subject transition.Subject) error {
			return tx.Contribution.Update().Where(contribution.ID(subject.ID.ID)).SetKind(string(r.Kind)).SetPeriod(r.Period).
				SetEmployerName(r.EmployerName).SetEmployerRegistrationNumber(r.RegistrationNumber).
				SetBase(int64(r.Base)).SetAmount(int64(r.Amount)).
				SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now()).Exec(ctx)
		},
		Make: func(ctx context.Context) (ref.Ref, error) {
			id, err := uuid.NewV7()
			if err != nil {
				return ref.Ref{}, err
			}
			now := s.clock.Now()
			return ref.Of(ref.Contribution, id), tx.Contribution.Create().SetID(id).SetOwnerID(r.Owner).SetNumber(r.Number).
				SetKind(string(r.Kind)).SetPeriod(r.Period).
				SetEmployerName(r.EmployerName).SetEmployerRegistrationNumber(r.RegistrationNumber).
				SetBase(int64(r.Base)).SetAmount(int64(r.Amount)).
				SetFundSequence(r.Sequence).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
		},
	})
}
