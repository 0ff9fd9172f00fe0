package fund

import (
	"context"
	"encoding/json"
	"errors"

	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/money"
	"kabinet/internal/storage"
)

func (s *Service) applyBenefit(ctx context.Context, tx *storage.Tx, e *Event) error {
	var data struct {
		Number  string         `json:"number"`
		State   benefit.State  `json:"state"`
		Amount  *money.Decimal `json:"amount"`
		Notice  *string        `json:"notice"`
		Comment *string        `json:"comment"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Number != e.Subject {
		return errContents
	}
	amount, err := kopecks(data.Amount)
	if err != nil {
		return errContents
	}
	return s.rooms.Benefits.Apply(ctx, tx, benefit.Report{
		Number: data.Number, Sequence: e.Sequence, State: data.State, Comment: data.Comment,
		Amount: amount, Notice: data.Notice,
	})
}

func (s *Service) applyStart(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number    string         `json:"number"`
		Snils     string         `json:"snils"`
		Type      benefit.Type   `json:"type"`
		State     benefit.State  `json:"state"`
		SickLeave *string        `json:"sickLeave"`
		StartsOn  calendar.Date  `json:"startsOn"`
		EndsOn    calendar.Date  `json:"endsOn"`
		Amount    *money.Decimal `json:"amount"`
		Comment   *string        `json:"comment"`
	}](e)
	if err != nil || data.Number != e.Subject || !inOrder(data.StartsOn, data.EndsOn) {
		return errContents
	}
	amount, err := kopecks(data.Amount)
	if err != nil {
		return errContents
	}
	if data.State == "" {
		data.State = benefit.Loaded
	}
	owner, err := s.person(ctx, tx, e, data.Snils)
	if err != nil {
		return err
	}
	err = s.rooms.Benefits.ApplyStart(ctx, tx, benefit.Start{
		Number: data.Number, Sequence: e.Sequence, Owner: owner, Type: data.Type, State: data.State, Comment: data.Comment,
		SickLeave: data.SickLeave, StartsOn: data.StartsOn, EndsOn: data.EndsOn, Amount: amount,
	})
	switch {
	case errors.Is(err, benefit.ErrNoSickLeave):
		e.waits = leaveKey(*data.SickLeave)
		return fault.ErrNotFound
	case errors.Is(err, benefit.ErrNotTheirs):
		return errContents
	}
	e.made = subjectKey(*e)
	return err
}

func (s *Service) applyAccrual(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number    string         `json:"number"`
		StartsOn  calendar.Date  `json:"startsOn"`
		EndsOn    calendar.Date  `json:"endsOn"`
		Amount    *money.Decimal `json:"amount"`
		Withheld  *money.Decimal `json:"withheld"`
		AccruedOn calendar.Date  `json:"accruedOn"`
		PaidOn    calendar.Date  `json:"paidOn"`
		Comment   *string        `json:"comment"`
	}](e)
	if err != nil || data.Number != e.Subject || !inOrder(data.StartsOn, data.EndsOn) {
		return errContents
	}
	amount, err := kopecks(data.Amount)
	if err != nil {
		return errContents
	}
	withheld, err := kopecks(data.Withheld)
	if err != nil {
		return errContents
	}
	accrued := benefit.Accrued{
		Number: data.Number, Sequence: e.Sequence, Comment: data.Comment, StartsOn: data.StartsOn, EndsOn: data.EndsOn,
		Amount: *amount, AccruedOn: data.AccruedOn, PaidOn: data.PaidOn, // the schema requires an amount
	}
	if withheld != nil {
		accrued.Withheld = *withheld
	}
	return s.rooms.Benefits.ApplyAccrual(ctx, tx, accrued)
}

func (s *Service) applyBenefitNotice(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number  string  `json:"number"`
		Notice  string  `json:"notice"`
		Comment *string `json:"comment"`
	}](e)
	if err != nil || data.Number != e.Subject {
		return errContents
	}
	return s.rooms.Benefits.Apply(ctx, tx, benefit.Report{
		Number: data.Number, Sequence: e.Sequence, State: benefit.NoticeIssued, Comment: data.Comment, Notice: &data.Notice,
	})
}

// inOrder tells whether a stretch of days ends no earlier than it begins; an end that is not known is no fault.
func inOrder(from, to calendar.Date) bool { return to.IsZero() || !to.Before(from) }
