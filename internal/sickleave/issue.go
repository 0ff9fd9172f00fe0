package sickleave

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Issue is what the fund tells of a certificate that is new to the cabinet. What is absent is not known.
type Issue struct {
	Number         string
	Sequence       int64 // of this certificate's reports, rising
	Owner          uuid.UUID
	State          State
	Comment        *string
	PreviousNumber *string
	NextNumber     *string
	Continuation   bool
	Duplicate      bool
	Reason         Reason
	Outcome        *Outcome
	Diagnosis      string // code of ICD-10
	IssuedOn       calendar.Date
	StartsOn       calendar.Date
	EndsOn         calendar.Date
	ReturnOn       calendar.Date
	Clinic         Clinic
	Periods        []Period // oldest first
	Employer       *IssuedEmployer
	PaidByEmployer *money.Kopecks
	PaidByFund     *money.Kopecks
	PaidOn         calendar.Date
}

// IssuedEmployer is the employer's part of a certificate.
type IssuedEmployer struct {
	Name                 string
	RegistrationNumber   *string
	Employment           *string
	InsuredMonths        int
	AverageEarnings      *money.Kopecks
	AverageDailyEarnings *money.Kopecks
}

// ApplyIssue makes a certificate, once: transition.ErrStale for one of which something as new was told before,
// transition.ErrImpossible for one that is there already. The owner's sequence rises by one if it is made.
func (s *Service) ApplyIssue(ctx context.Context, tx *storage.Tx, r Issue) error {
	report := transition.Report{Sequence: r.Sequence, State: string(r.State), Comment: r.Comment}
	return transition.Set(ctx, tx, s.feed, r.Owner, report, transition.Steps{
		Find: find(tx, r.Number),
		Make: func(ctx context.Context) (ref.Ref, error) { return s.issue(ctx, tx, r) },
	})
}

func (s *Service) issue(ctx context.Context, tx *storage.Tx, r Issue) (ref.Ref, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, err
	}
	now := s.clock.Now()
	create := tx.SickLeave.Create().SetID(id).SetOwnerID(r.Owner).SetNumber(r.Number).SetFundSequence(r.Sequence).
		SetNillablePreviousNumber(r.PreviousNumber).SetNillableNextNumber(r.NextNumber).
		SetContinuation(r.Continuation).SetDuplicate(r.Duplicate).
		SetState(string(r.State)).SetReason(string(r.Reason)).SetNillableOutcome((*string)(r.Outcome)).
		SetIssuedOn(r.IssuedOn).SetStartsOn(r.StartsOn).SetEndsOn(r.EndsOn).SetReturnOn(r.ReturnOn).
		SetClinicName(r.Clinic.Name).SetNillableClinicAddress(r.Clinic.Address).SetNillableClinicOgrn(r.Clinic.Ogrn).
		SetNillablePaidByEmployer((*int64)(r.PaidByEmployer)).SetNillablePaidByFund((*int64)(r.PaidByFund)).SetPaidOn(r.PaidOn).
		SetCreatedAt(now).SetUpdatedAt(now)
	if e := r.Employer; e != nil {
		create.SetEmployerName(e.Name).SetNillableEmployerRegistrationNumber(e.RegistrationNumber).
			SetNillableEmployment(e.Employment).SetInsuredMonths(e.InsuredMonths).
			SetNillableAverageEarnings((*int64)(e.AverageEarnings)).SetNillableAverageDailyEarnings((*int64)(e.AverageDailyEarnings))
	}
	if r.Diagnosis != "" {
		sealed, err := SealDiagnosis(s.sealer, id, r.Diagnosis)
		if err != nil {
			return ref.Ref{}, err
		}
		create.SetDiagnosis(sealed)
	}
	if err := create.Exec(ctx); err != nil {
		return ref.Ref{}, err
	}
	periods := make([]*ent.TreatmentPeriodCreate, len(r.Periods))
	for i, p := range r.Periods {
		periods[i] = tx.TreatmentPeriod.Create().SetOwnerID(r.Owner).SetSickLeaveID(id).SetOrdinal(i + 1).
			SetStartsOn(p.StartsOn).SetEndsOn(p.EndsOn).SetDoctorName(p.DoctorName).
			SetNillableDoctorPost(p.DoctorPost).SetNillableCommissionChairman(p.CommissionChairman)
	}
	if err := tx.TreatmentPeriod.CreateBulk(periods...).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("issue sick leave: %w", err)
	}
	return ref.Of(ref.SickLeave, id), s.chain(ctx, tx, r)
}

// chain has the certificate that this one continues name it, unless the fund has named the next one already.
func (s *Service) chain(ctx context.Context, tx *storage.Tx, r Issue) error {
	if r.PreviousNumber == nil || !r.Continuation {
		return nil
	}
	return tx.SickLeave.Update().
		Where(sickleave.Number(*r.PreviousNumber), sickleave.OwnerID(r.Owner), sickleave.NextNumberIsNil()).
		SetNextNumber(r.Number).SetUpdatedAt(s.clock.Now()).Exec(ctx)
}

// ReasonOfCode gives the reason with this code of the classifier, 01 to 15.
func ReasonOfCode(code string) (Reason, bool) {
	for i, r := range Reasons() {
		if code == fmt.Sprintf("%02d", i+1) {
			return r, true
		}
	}
	return "", false
}

// OutcomeOfCode gives the outcome with this code of the classifier, 31 to 37.
func OutcomeOfCode(code string) (Outcome, bool) {
	for i, o := range Outcomes() {
		if code == fmt.Sprintf("%d", i+31) {
			return o, true
		}
	}
	return "", false
}

// find reads the certificate with a number, whosoever it is.
func find(tx *storage.Tx, number string) func(context.Context) (transition.Subject, error) {
	return func(ctx context.Context) (transition.Subject, error) {
		row, err := tx.SickLeave.Query().Where(sickleave.Number(number)).
			Select(sickleave.FieldID, sickleave.FieldOwnerID, sickleave.FieldState, sickleave.FieldFundSequence).Only(ctx)
		if err != nil {
			return transition.Subject{}, err
		}
		return transition.Subject{ID: ref.Of(ref.SickLeave, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
	}
}
