package fund

import (
	"context"
	"encoding/json"
	"errors"

	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/document"
	"kabinet/internal/identifier"
	"kabinet/internal/money"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/verification"
)

// The types of events that are understood.
const (
	TypeSickLeaveChanged    = "ru.sfr.sickleave.changed"
	TypeBenefitChanged      = "ru.sfr.benefit.changed"
	TypeAppealChanged       = "ru.sfr.appeal.changed"
	TypeDocumentVerdict     = "ru.sfr.document.verdict"
	TypeInsuredChanged      = "ru.sfr.insured.changed"
	TypeVerificationVerdict = "ru.sfr.verification.verdict"
)

// errContents is given when data that fits its schema cannot be read all the same, such as 31 February.
var errContents = errors.New("fund: the data of the event cannot be read")

// application has the domain of an event apply it.
type application func(ctx context.Context, tx *storage.Tx, e Event) error

// applications are the types of events that are understood; docs/events has a schema for each and no other.
func (s *Service) applicationsByType() map[string]application {
	return map[string]application{
		TypeSickLeaveChanged:    s.applySickLeave,
		TypeBenefitChanged:      s.applyBenefit,
		TypeAppealChanged:       s.applyAppeal,
		TypeDocumentVerdict:     s.applyVerdict,
		TypeInsuredChanged:      s.applyInsured,
		TypeVerificationVerdict: s.applyVerification,
	}
}

func (s *Service) apply(ctx context.Context, tx *storage.Tx, e Event) error {
	return s.applications[e.Type](ctx, tx, e)
}

func (s *Service) applySickLeave(ctx context.Context, tx *storage.Tx, e Event) error {
	var data struct {
		Number     string         `json:"number"`
		State      string         `json:"state"`
		EndsOn     calendar.Date  `json:"endsOn"`
		ReturnOn   calendar.Date  `json:"returnOn"`
		PaidByFund *money.Decimal `json:"paidByFund"`
		PaidOn     calendar.Date  `json:"paidOn"`
		Comment    *string        `json:"comment"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Number != e.Subject {
		return errContents
	}
	state, ok := sickleave.StateOfCode(data.State)
	paid, err := kopecks(data.PaidByFund)
	if !ok || err != nil {
		return errContents
	}
	return s.rooms.SickLeaves.Apply(ctx, tx, sickleave.Report{
		Number: data.Number, Sequence: e.Sequence, State: state, Comment: data.Comment,
		EndsOn: data.EndsOn, ReturnOn: data.ReturnOn, PaidByFund: paid, PaidOn: data.PaidOn,
	})
}

func (s *Service) applyBenefit(ctx context.Context, tx *storage.Tx, e Event) error {
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

func (s *Service) applyAppeal(ctx context.Context, tx *storage.Tx, e Event) error {
	var data struct {
		Appeal     string        `json:"appeal"`
		State      appeal.State  `json:"state"`
		Number     *string       `json:"number"`
		Specialist *string       `json:"specialist"`
		DueOn      calendar.Date `json:"dueOn"`
		Comment    *string       `json:"comment"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Appeal != e.Subject {
		return errContents
	}
	id, err := ref.Parse(data.Appeal)
	if err != nil || id.Kind != ref.Appeal {
		return errContents
	}
	return s.rooms.Appeals.Apply(ctx, tx, appeal.Report{
		Appeal: id, Sequence: e.Sequence, State: data.State, Comment: data.Comment,
		Number: data.Number, Specialist: data.Specialist, DueOn: data.DueOn,
	})
}

func (s *Service) applyVerdict(ctx context.Context, tx *storage.Tx, e Event) error {
	var data struct {
		Document string         `json:"document"`
		State    document.State `json:"state"`
		Verdict  *string        `json:"verdict"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Document != e.Subject {
		return errContents
	}
	id, err := ref.Parse(data.Document)
	if err != nil || id.Kind != ref.Document {
		return errContents
	}
	return s.rooms.Documents.Apply(ctx, tx, document.Report{
		Document: id, Sequence: e.Sequence, State: data.State, Verdict: data.Verdict,
	})
}

func (s *Service) applyInsured(ctx context.Context, tx *storage.Tx, e Event) error {
	var data struct {
		UID        string        `json:"uid"`
		Snils      string        `json:"snils"`
		LastName   string        `json:"lastName"`
		FirstName  string        `json:"firstName"`
		MiddleName string        `json:"middleName"`
		BirthDate  calendar.Date `json:"birthDate"`
		Inn        string        `json:"inn"`
		Passport   struct {
			Series   string        `json:"series"`
			Number   string        `json:"number"`
			IssuedOn calendar.Date `json:"issuedOn"`
		} `json:"passport"`
		Phone             string `json:"phone"`
		Email             string `json:"email"`
		RegisteredAddress string `json:"registeredAddress"`
		AccessCode        string `json:"accessCode"`
		Unlinked          bool   `json:"unlinked"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.UID != e.Subject {
		return errContents
	}
	snils, err := identifier.ParseSnils(data.Snils)
	if err != nil {
		return errContents
	}
	var inn identifier.Inn
	if data.Inn != "" {
		if inn, err = identifier.ParseInn(data.Inn); err != nil {
			return errContents
		}
	}
	return s.rooms.People.ApplyInsured(ctx, tx, person.Report{
		UID: data.UID, Sequence: e.Sequence, Snils: snils, LastName: data.LastName, FirstName: data.FirstName,
		MiddleName: data.MiddleName, BirthDate: data.BirthDate, Inn: inn, PassportSeries: data.Passport.Series,
		PassportNumber: data.Passport.Number, PassportIssuedOn: data.Passport.IssuedOn, Phone: data.Phone, Email: data.Email,
		RegisteredAddress: data.RegisteredAddress, AccessCode: data.AccessCode, Unlinked: data.Unlinked,
	})
}

func (s *Service) applyVerification(ctx context.Context, tx *storage.Tx, e Event) error {
	var data struct {
		Verification string               `json:"verification"`
		State        verification.State   `json:"state"`
		Faults       []verification.Fault `json:"faults"`
	}
	if json.Unmarshal(e.Data, &data) != nil || data.Verification != e.Subject {
		return errContents
	}
	id, err := ref.Parse(data.Verification)
	if err != nil || id.Kind != ref.Verification {
		return errContents
	}
	return s.rooms.Verifications.Apply(ctx, tx, verification.Report{
		Verification: id, Sequence: e.Sequence, State: data.State, Faults: data.Faults,
	})
}

func kopecks(d *money.Decimal) (*money.Kopecks, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // an absent amount is no fault
	}
	k, err := d.Kopecks()
	return &k, err
}
