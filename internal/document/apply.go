package document

import (
	"context"

	"kabinet/ent/document"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is the fund's verdict on a document.
type Report struct {
	Document ref.Ref
	Sequence int64 // of this document's reports, rising
	State    State
	Verdict  *string
}

// Apply applies a report; see transition.Apply for its errors.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Verdict}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row: owner.Row{Table: document.Table, Column: document.FieldID, Value: r.Document.ID},
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Document.Query().Where(document.ID(r.Document.ID)).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{ID: ref.Of(ref.Document, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
		},
		Allows: func(from string) bool { return State(from).CanBecome(r.State) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			update := tx.Document.UpdateOneID(subject.ID.ID).
				SetState(string(r.State)).SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
			if r.Verdict == nil {
				update.ClearVerdict()
			} else {
				update.SetVerdict(*r.Verdict)
			}
			return update.Exec(ctx)
		},
	})
}
