package appeal

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"kabinet/ent/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Registration is the fund's word that it has an appeal in its books.
type Registration struct {
	Appeal   ref.Ref
	Sequence int64 // of this appeal's reports, rising
	Comment  *string
	Number   string
	DueOn    calendar.Date
}

// ApplyRegistration applies a registration; see transition.Apply for its errors.
func (s *Service) ApplyRegistration(ctx context.Context, tx *storage.Tx, r Registration) error {
	return s.Apply(ctx, tx, Report{
		Appeal: r.Appeal, Sequence: r.Sequence, State: Registered, Comment: r.Comment, Number: &r.Number, DueOn: r.DueOn,
	})
}

// Assignment is the fund's word on who deals with an appeal.
type Assignment struct {
	Appeal     ref.Ref
	Sequence   int64 // of this appeal's reports, rising
	Comment    *string
	Specialist string
	DueOn      calendar.Date // zero if it stays
}

// ApplyAssignment applies an assignment: the review begins with it, or goes on in other hands; see transition.Apply for
// its errors.
func (s *Service) ApplyAssignment(ctx context.Context, tx *storage.Tx, r Assignment) error {
	report := transition.Report{Sequence: r.Sequence, State: string(UnderReview), Comment: r.Comment}
	return transition.Apply(ctx, tx, s.feed, report, transition.Steps{
		Row:    row(r.Appeal),
		Find:   find(tx, r.Appeal),
		Keeps:  func(from string) bool { return State(from) == UnderReview },
		Allows: func(from string) bool { return State(from).CanBecome(UnderReview, Fund) },
		Change: func(ctx context.Context, subject transition.Subject) error {
			now := s.clock.Now()
			update := tx.Appeal.Update().Where(appeal.ID(subject.ID.ID)).SetState(string(UnderReview)).SetSpecialist(r.Specialist).
				SetFundSequence(r.Sequence).SetUpdatedAt(now)
			if !r.DueOn.IsZero() {
				update.SetDueOn(r.DueOn)
			}
			if err := update.Exec(ctx); err != nil {
				return err
			}
			if State(subject.State) == UnderReview {
				return nil
			}
			return s.step(ctx, tx, subject, UnderReview, r.Comment)
		},
	})
}

// Remark is a message of the fund within an appeal.
type Remark struct {
	Appeal   ref.Ref
	Sequence int64 // of this appeal's reports, rising
	Author   *string
	Text     string
}

// ApplyRemark adds a message of the fund to an appeal, decided or not; see transition.Apply for its errors. What it says
// stays out of the feed.
func (s *Service) ApplyRemark(ctx context.Context, tx *storage.Tx, r Remark) error {
	return transition.Apply(ctx, tx, s.feed, transition.Report{Sequence: r.Sequence}, transition.Steps{
		Row:   row(r.Appeal),
		Find:  find(tx, r.Appeal),
		Keeps: func(from string) bool { return State(from) != Draft },
		Change: func(ctx context.Context, subject transition.Subject) error {
			if err := tx.Appeal.Update().Where(appeal.ID(subject.ID.ID)).
				SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now()).Exec(ctx); err != nil {
				return err
			}
			return s.say(ctx, tx, subject, r.Author, r.Text)
		},
	})
}

// Deficiency is something that is wrong with an appeal, and how to mend it.
type Deficiency struct {
	What   string
	Remedy string
}

// Deficiencies are all that the fund has found wrong with an appeal.
type Deficiencies struct {
	Appeal   ref.Ref
	Sequence int64 // of this appeal's reports, rising
	Comment  *string
	Author   *string
	List     []Deficiency
}

// ApplyDeficiencies asks for a correction and says in a message what is to be mended; see transition.Apply for its
// errors. What is wrong stays out of the feed.
func (s *Service) ApplyDeficiencies(ctx context.Context, tx *storage.Tx, r Deficiencies) error {
	return s.answer(ctx, tx, Report{
		Appeal: r.Appeal, Sequence: r.Sequence, State: NeedsCorrection, Comment: r.Comment,
	}, r.Author, listed(r.List))
}

// listed is the text of a message: a numbered line for each deficiency, its remedy below it.
func listed(list []Deficiency) string {
	var text strings.Builder
	for i, d := range list {
		if i > 0 {
			text.WriteString("\n")
		}
		fmt.Fprintf(&text, "%d. %s\n   %s", i+1, d.What, d.Remedy)
	}
	return text.String()
}

// Decision is the fund's answer to an appeal.
type Decision struct {
	Appeal   ref.Ref
	Sequence int64 // of this appeal's reports, rising
	Comment  *string
	Author   *string
	State    State // Done or Refused
	Answer   string
}

// ApplyDecision decides an appeal and puts the answer into a message; see transition.Apply for its errors. What it says
// stays out of the feed.
func (s *Service) ApplyDecision(ctx context.Context, tx *storage.Tx, r Decision) error {
	if r.State != Done && r.State != Refused {
		return transition.ErrImpossible
	}
	return s.answer(ctx, tx, Report{
		Appeal: r.Appeal, Sequence: r.Sequence, State: r.State, Comment: r.Comment, Specialist: r.Author,
	}, r.Author, r.Answer)
}

// answer applies a report and adds a message of the fund.
func (s *Service) answer(ctx context.Context, tx *storage.Tx, r Report, author *string, text string) error {
	steps := s.steps(tx, r)
	change := steps.Change
	steps.Change = func(ctx context.Context, subject transition.Subject) error {
		if err := change(ctx, subject); err != nil {
			return err
		}
		return s.say(ctx, tx, subject, author, text)
	}
	return transition.Apply(ctx, tx, s.feed, r.transition(), steps)
}

// step adds a line to the timeline.
func (s *Service) step(ctx context.Context, tx *storage.Tx, subject transition.Subject, to State, comment *string) error {
	return tx.AppealStep.Create().SetOwnerID(subject.Owner).SetAppealID(subject.ID.ID).
		SetFrom(subject.State).SetTo(string(to)).SetNillableComment(comment).
		SetActor(string(Fund)).SetOccurredAt(s.clock.Now()).Exec(ctx)
}

// say adds a message of the fund.
func (s *Service) say(ctx context.Context, tx *storage.Tx, subject transition.Subject, author *string, text string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	sealed, err := SealMessage(s.sealer, id, text)
	if err != nil {
		return err
	}
	return tx.AppealMessage.Create().SetID(id).SetOwnerID(subject.Owner).SetAppealID(subject.ID.ID).
		SetAuthor(string(Fund)).SetNillableAuthorName(author).SetBody(sealed).SetSentAt(s.clock.Now()).Exec(ctx)
}

// row is that of an appeal.
func row(id ref.Ref) owner.Row {
	return owner.Row{Table: appeal.Table, Column: appeal.FieldID, Value: id.ID}
}

// find reads an appeal, whosoever it is.
func find(tx *storage.Tx, id ref.Ref) func(context.Context) (transition.Subject, error) {
	return func(ctx context.Context) (transition.Subject, error) {
		row, err := tx.Appeal.Query().Where(appeal.ID(id.ID)).
			Select(appeal.FieldID, appeal.FieldOwnerID, appeal.FieldState, appeal.FieldFundSequence).Only(ctx)
		if err != nil {
			return transition.Subject{}, err
		}
		return transition.Subject{ID: ref.Of(ref.Appeal, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
	}
}
