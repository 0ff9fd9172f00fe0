package benefit

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/benefit"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Why a report on a benefit is not applied, beside the reasons of package transition. Told to the sender as outcomes.
var (
	// ErrNoSickLeave: the certificate for which it is to be paid is not known yet.
	ErrNoSickLeave = errors.New("benefit: the sick leave is not known")
	// ErrNotTheirs: the certificate for which it is to be paid is somebody else's.
	ErrNotTheirs = errors.New("benefit: the sick leave is somebody else's")
)

// Start is what the fund tells of a benefit that is new to the cabinet. What is absent is not known.
type Start struct {
	Number    string
	Sequence  int64 // of this benefit's reports, rising
	Owner     uuid.UUID
	Type      Type
	State     State
	Comment   *string
	SickLeave *string // number of the certificate for which it is paid
	StartsOn  calendar.Date
	EndsOn    calendar.Date
	Amount    *money.Kopecks
}

// ApplyStart makes a benefit, once: transition.ErrStale for one of which something as new was told before,
// transition.ErrImpossible for one that is there already, and ErrNoSickLeave, ErrNotTheirs. The owner's sequence
// rises by one if it is made.
func (s *Service) ApplyStart(ctx context.Context, tx *storage.Tx, r Start) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Set(ctx, tx, s.feed, r.Owner, report, transition.Steps{
		Find: find(tx, r.Number),
		Make: func(ctx context.Context) (ref.Ref, error) { return s.start(ctx, tx, r) },
	})
}

func (s *Service) start(ctx context.Context, tx *storage.Tx, r Start) (ref.Ref, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, err
	}
	now := s.clock.Now()
	create := tx.Benefit.Create().SetID(id).SetOwnerID(r.Owner).SetNumber(r.Number).SetFundSequence(r.Sequence).
		SetType(string(r.Type)).SetState(string(r.State)).SetStartsOn(r.StartsOn).SetEndsOn(r.EndsOn).
		SetNillableAmount((*int64)(r.Amount)).SetCreatedAt(now).SetUpdatedAt(now)
	if r.SickLeave != nil {
		leave, err := tx.SickLeave.Query().Where(sickleave.Number(*r.SickLeave)).
			Select(sickleave.FieldID, sickleave.FieldOwnerID).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return ref.Ref{}, ErrNoSickLeave
		case err != nil:
			return ref.Ref{}, fmt.Errorf("start benefit: %w", err)
		case leave.OwnerID != r.Owner:
			return ref.Ref{}, ErrNotTheirs
		}
		create.SetSickLeaveID(leave.ID)
	}
	return ref.Of(ref.Benefit, id), create.Exec(ctx)
}

// Accrued is an amount that the fund has accrued under a benefit.
type Accrued struct {
	Number    string // of the benefit
	Sequence  int64  // of this benefit's reports, rising
	Comment   *string
	StartsOn  calendar.Date
	EndsOn    calendar.Date
	Amount    money.Kopecks
	Withheld  money.Kopecks
	AccruedOn calendar.Date
	PaidOn    calendar.Date // zero until paid
}

// ApplyAccrual adds an accrual, whatever the state of the benefit, unless it is the duplicate of another; see
// transition.Apply for its errors.
func (s *Service) ApplyAccrual(ctx context.Context, tx *storage.Tx, r Accrued) error {
	return transition.Apply(ctx, tx, s.feed, transition.Report{Sequence: r.Sequence, Comment: r.Comment}, transition.Steps{
		Row:   owner.Row{Table: benefit.Table, Column: benefit.FieldNumber, Value: r.Number},
		Find:  find(tx, r.Number),
		Keeps: func(state string) bool { return State(state) != Duplicate },
		Change: func(ctx context.Context, subject transition.Subject) error {
			if err := tx.Benefit.Update().Where(benefit.ID(subject.ID.ID)).
				SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Accrual.Create().SetOwnerID(subject.Owner).SetBenefitID(subject.ID.ID).
				SetStartsOn(r.StartsOn).SetEndsOn(r.EndsOn).SetAmount(int64(r.Amount)).SetWithheld(int64(r.Withheld)).
				SetAccruedOn(r.AccruedOn).SetPaidOn(r.PaidOn).Exec(ctx)
		},
	})
}

// find reads the benefit with a number, whosoever it is.
func find(tx *storage.Tx, number string) func(context.Context) (transition.Subject, error) {
	return func(ctx context.Context) (transition.Subject, error) {
		row, err := tx.Benefit.Query().Where(benefit.Number(number)).
			Select(benefit.FieldID, benefit.FieldOwnerID, benefit.FieldState, benefit.FieldFundSequence).Only(ctx)
		if err != nil {
			return transition.Subject{}, err
		}
		return transition.Subject{ID: ref.Of(ref.Benefit, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
	}
}
