package deadline

import (
	"context"

	"github.com/google/uuid"

	"kabinet/ent/deadline"
	"kabinet/internal/calendar"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is what the fund tells of a deadline, as a whole.
type Report struct {
	Number   string
	Sequence int64 // of this deadline's reports, rising
	Owner    uuid.UUID
	State    State
	Comment  *string
	Title    string
	DueOn    calendar.Date
	Subject  ref.Ref // what it is about; zero if that is not in the cabinet
}

// Apply makes a deadline or changes it; see transition.Set for its errors. The owner's sequence rises by one if it is
// applied, and by none otherwise.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Set(ctx, tx, s.feed, r.Owner, report, transition.Steps{
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Deadline.Query().Where(deadline.Number(r.Number)).
				Select(deadline.FieldID, deadline.FieldOwnerID, deadline.FieldState, deadline.FieldFundSequence).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{ID: ref.Of(ref.Deadline, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
		},
		Keeps:  func(from string) bool { return State(from) == r.State },
		Allows: func(from string) bool { return State(from).CanBecome(r.State) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			return tx.Deadline.Update().Where(deadline.ID(subject.ID.ID)).SetState(string(r.State)).SetTitle(r.Title).SetDueOn(r.DueOn).
				SetSubject(r.Subject.String()).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now()).Exec(ctx)
		},
		Make: func(ctx context.Context) (ref.Ref, error) {
			id, err := uuid.NewV7()
			if err != nil {
				return ref.Ref{}, err
			}
			now := s.clock.Now()
			return ref.Of(ref.Deadline, id), tx.Deadline.Create().SetID(id).SetOwnerID(r.Owner).SetNumber(r.Number).
				SetState(string(r.State)).SetTitle(r.Title).SetDueOn(r.DueOn).SetSubject(r.Subject.String()).
				SetFundSequence(r.Sequence).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
		},
	})
}
