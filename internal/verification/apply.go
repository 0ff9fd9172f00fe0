package verification

import (
	"context"

	"kabinet/ent/verification"
	"kabinet/internal/audit"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is the fund's verdict on a request.
type Report struct {
	Verification ref.Ref
	Sequence     int64 // of this request's reports, rising
	State        State
	Faults       []Fault
}

// Apply applies a report; see transition.Apply for its errors. What the faults say stays out of the feed and the journal.
func (s *Service) Apply(ctx context.Context, tx *storage.Tx, r Report) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State)}
	var sealed []byte
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row: owner.Row{Table: verification.Table, Column: verification.FieldID, Value: r.Verification.ID},
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Verification.Query().Where(verification.ID(r.Verification.ID)).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			sealed = row.Faults
			return transition.Subject{ID: ref.Of(ref.Verification, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
		},
		Allows: func(from string) bool { return State(from).CanBecome(r.State) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			found, err := open(s.sealer, subject.ID.ID, sealed)
			if err != nil {
				return err
			}
			found.Faults = r.Faults
			if sealed, err = seal.SealJSON(s.sealer, faultsPlace, subject.ID.ID, found); err != nil {
				return err
			}
			now := s.clock.Now()
			if err := tx.Verification.UpdateOneID(subject.ID.ID).SetFaults(sealed).
				SetState(string(r.State)).SetFundSequence(r.Sequence).SetDecidedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
				return err
			}
			return s.journal.Write(ctx, tx, audit.Entry{
				Owner: subject.Owner, Action: "verification.decide", Subject: subject.ID, Reason: string(r.State),
			})
		},
	})
}
