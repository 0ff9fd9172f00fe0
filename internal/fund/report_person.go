package fund

import (
	"context"
	"encoding/json"

	"kabinet/internal/calendar"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/identifier"
	"kabinet/internal/money"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/verification"
)

func (s *Service) applyVerdict(ctx context.Context, tx *storage.Tx, e *Event) error {
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

func (s *Service) applyInsured(ctx context.Context, tx *storage.Tx, e *Event) error {
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
	e.made = personKey(snils)
	return s.rooms.People.ApplyInsured(ctx, tx, person.Report{
		UID: data.UID, Sequence: e.Sequence, Snils: snils, LastName: data.LastName, FirstName: data.FirstName,
		MiddleName: data.MiddleName, BirthDate: data.BirthDate, Inn: inn, PassportSeries: data.Passport.Series,
		PassportNumber: data.Passport.Number, PassportIssuedOn: data.Passport.IssuedOn, Phone: data.Phone, Email: data.Email,
		RegisteredAddress: data.RegisteredAddress, AccessCode: data.AccessCode, Unlinked: data.Unlinked,
	})
}

func (s *Service) applyVerification(ctx context.Context, tx *storage.Tx, e *Event) error {
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

func (s *Service) applyContribution(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number   string            `json:"number"`
		Snils    string            `json:"snils"`
		Kind     contribution.Kind `json:"kind"`
		Period   string            `json:"period"`
		Employer struct {
			Name               string `json:"name"`
			RegistrationNumber string `json:"registrationNumber"`
		} `json:"employer"`
		Base    money.Decimal `json:"base"`
		Amount  money.Decimal `json:"amount"`
		Comment *string       `json:"comment"`
	}](e)
	if err != nil || data.Number != e.Subject {
		return errContents
	}
	period, err := calendar.ParseDate(data.Period + "-01")
	if err != nil {
		return errContents
	}
	base, err := data.Base.Kopecks()
	if err != nil {
		return errContents
	}
	amount, err := data.Amount.Kopecks()
	if err != nil {
		return errContents
	}
	owner, err := s.person(ctx, tx, e, data.Snils)
	if err != nil {
		return err
	}
	return s.rooms.Contributions.Apply(ctx, tx, contribution.Report{
		Number: data.Number, Sequence: e.Sequence, Owner: owner, Comment: data.Comment, Kind: data.Kind, Period: period,
		EmployerName: data.Employer.Name, RegistrationNumber: data.Employer.RegistrationNumber, Base: base, Amount: amount,
	})
}

func (s *Service) applyDeadline(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Number  string         `json:"number"`
		Snils   string         `json:"snils"`
		State   deadline.State `json:"state"`
		Title   string         `json:"title"`
		DueOn   calendar.Date  `json:"dueOn"`
		About   string         `json:"about"`
		Comment *string        `json:"comment"`
	}](e)
	if err != nil || data.Number != e.Subject {
		return errContents
	}
	var about ref.Ref
	if data.About != "" {
		if about, err = ref.Parse(data.About); err != nil {
			return errContents
		}
	}
	owner, err := s.person(ctx, tx, e, data.Snils)
	if err != nil {
		return err
	}
	return s.rooms.Deadlines.Apply(ctx, tx, deadline.Report{
		Number: data.Number, Sequence: e.Sequence, Owner: owner, State: data.State, Comment: data.Comment,
		Title: data.Title, DueOn: data.DueOn, Subject: about,
	})
}
