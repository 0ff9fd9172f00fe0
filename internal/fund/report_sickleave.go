package fund

import (
	"context"
	"encoding/json"

	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
)

func (s *Service) applySickLeave(ctx context.Context, tx *storage.Tx, e *Event) error {
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

// issued is the data of a certificate that is new.
type issued struct {
	Number         string        `json:"number"`
	Snils          string        `json:"snils"`
	State          string        `json:"state"`
	Reason         string        `json:"reason"`
	Outcome        string        `json:"outcome"`
	PreviousNumber *string       `json:"previousNumber"`
	NextNumber     *string       `json:"nextNumber"`
	Continuation   bool          `json:"continuation"`
	Duplicate      bool          `json:"duplicate"`
	Diagnosis      string        `json:"diagnosis"`
	IssuedOn       calendar.Date `json:"issuedOn"`
	StartsOn       calendar.Date `json:"startsOn"`
	EndsOn         calendar.Date `json:"endsOn"`
	ReturnOn       calendar.Date `json:"returnOn"`
	Clinic         struct {
		Name    string  `json:"name"`
		Address *string `json:"address"`
		Ogrn    *string `json:"ogrn"`
	} `json:"clinic"`
	Periods []struct {
		StartsOn           calendar.Date `json:"startsOn"`
		EndsOn             calendar.Date `json:"endsOn"`
		DoctorName         string        `json:"doctorName"`
		DoctorPost         *string       `json:"doctorPost"`
		CommissionChairman *string       `json:"commissionChairman"`
	} `json:"periods"`
	Employer *struct {
		Name                 string         `json:"name"`
		RegistrationNumber   *string        `json:"registrationNumber"`
		Employment           *string        `json:"employment"`
		InsuredMonths        int            `json:"insuredMonths"`
		AverageEarnings      *money.Decimal `json:"averageEarnings"`
		AverageDailyEarnings *money.Decimal `json:"averageDailyEarnings"`
	} `json:"employer"`
	PaidByEmployer *money.Decimal `json:"paidByEmployer"`
	PaidByFund     *money.Decimal `json:"paidByFund"`
	PaidOn         calendar.Date  `json:"paidOn"`
	Comment        *string        `json:"comment"`
}

func (s *Service) applyIssue(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[issued](e)
	if err != nil || data.Number != e.Subject || !inOrder(data.StartsOn, data.EndsOn) {
		return errContents
	}
	issue, err := data.issue()
	if err != nil {
		return err
	}
	issue.Sequence = e.Sequence
	if issue.Owner, err = s.person(ctx, tx, e, data.Snils); err != nil {
		return err
	}
	e.made = subjectKey(*e)
	return s.rooms.SickLeaves.ApplyIssue(ctx, tx, issue)
}

// issue is the certificate as its domain knows it, without its owner.
func (d issued) issue() (sickleave.Issue, error) {
	issue := sickleave.Issue{
		Number: d.Number, State: sickleave.Opened, Comment: d.Comment, PreviousNumber: d.PreviousNumber, NextNumber: d.NextNumber,
		Continuation: d.Continuation, Duplicate: d.Duplicate, Diagnosis: d.Diagnosis,
		IssuedOn: d.IssuedOn, StartsOn: d.StartsOn, EndsOn: d.EndsOn, ReturnOn: d.ReturnOn,
		Clinic: sickleave.Clinic{Name: d.Clinic.Name, Address: d.Clinic.Address, Ogrn: d.Clinic.Ogrn}, PaidOn: d.PaidOn,
	}
	known := true
	if d.State != "" {
		issue.State, known = sickleave.StateOfCode(d.State)
	}
	if !known {
		return issue, errContents
	}
	if issue.Reason, known = sickleave.ReasonOfCode(d.Reason); !known {
		return issue, errContents
	}
	if d.Outcome != "" {
		outcome, known := sickleave.OutcomeOfCode(d.Outcome)
		if !known {
			return issue, errContents
		}
		issue.Outcome = &outcome
	}
	for _, p := range d.Periods {
		if !inOrder(p.StartsOn, p.EndsOn) {
			return issue, errContents
		}
		issue.Periods = append(issue.Periods, sickleave.Period{
			StartsOn: p.StartsOn, EndsOn: p.EndsOn, DoctorName: p.DoctorName,
			DoctorPost: p.DoctorPost, CommissionChairman: p.CommissionChairman,
		})
	}
	amounts := []amount{{d.PaidByEmployer, &issue.PaidByEmployer}, {d.PaidByFund, &issue.PaidByFund}}
	if e := d.Employer; e != nil {
		issue.Employer = &sickleave.IssuedEmployer{
			Name: e.Name, RegistrationNumber: e.RegistrationNumber, Employment: e.Employment, InsuredMonths: e.InsuredMonths,
		}
		amounts = append(amounts,
			amount{e.AverageEarnings, &issue.Employer.AverageEarnings}, amount{e.AverageDailyEarnings, &issue.Employer.AverageDailyEarnings})
	}
	for _, a := range amounts {
		k, err := kopecks(a.told)
		if err != nil {
			return issue, errContents
		}
		*a.kept = k
	}
	return issue, nil
}

// amount is an amount as it is told, and where it is kept.
type amount struct {
	told *money.Decimal
	kept **money.Kopecks
}

func (s *Service) applyAnswer(ctx context.Context, tx *storage.Tx, e *Event) error {
	data, err := read[struct {
		Clarification string `json:"clarification"`
		Answer        string `json:"answer"`
	}](e)
	if err != nil || data.Clarification != e.Subject {
		return errContents
	}
	id, err := ref.Parse(data.Clarification)
	if err != nil || id.Kind != ref.Clarification {
		return errContents
	}
	return s.rooms.Clarifications.Apply(ctx, tx, clarification.Report{
		Clarification: id, Sequence: e.Sequence, Answer: data.Answer,
	})
}
