package clarification

import (
	"context"

	"kabinet/ent/clarification"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is the answer that the fund brings from the employer or the doctor.
type Report struct {
	Clarification ref.Ref
	Sequence      int64 // of this clarification's reports, rising
	Answer        string
}

// Apply applies a report; see transition.Apply for its errors. What it says stays out of the feed.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(Answered)}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row: owner.Row{Table: clarification.Table, Column: clarification.FieldID, Value: r.Clarification.ID},
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Clarification.Query().Where(clarification.ID(r.Clarification.ID)).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{
				ID: ref.Of(ref.Clarification, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence,
			}, nil
		},
		Allows: func(from string) bool { return State(from).CanBecome(Answered) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			answer, err := s.seal(answerPlace, subject.ID.ID, r.Answer)
			if err != nil {
				return err
			}
			now := s.clock.Now()
			return tx.Clarification.UpdateOneID(subject.ID.ID).SetState(string(Answered)).SetAnswer(answer).
				SetAnsweredAt(now).SetFundSequence(r.Sequence).SetUpdatedAt(now).Exec(ctx)
		},
	})
}
