package sickleave

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/locale"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// diagnosisPlace is where the sealed diagnosis stands.
const diagnosisPlace seal.Place = "sick_leaves.diagnosis"

// Reason is the reason of incapacity.
type Reason string

// The reasons, with the codes of the classifier.
const (
	Illness              Reason = "ILLNESS"                 // 01
	Injury               Reason = "INJURY"                  // 02
	Quarantine           Reason = "QUARANTINE"              // 03
	WorkAccident         Reason = "WORK_ACCIDENT"           // 04
	Maternity            Reason = "MATERNITY"               // 05
	Prosthetics          Reason = "PROSTHETICS"             // 06
	OccupationalDisease  Reason = "OCCUPATIONAL_DISEASE"    // 07
	Sanatorium           Reason = "SANATORIUM"              // 08
	FamilyCare           Reason = "FAMILY_CARE"             // 09
	OtherReason          Reason = "OTHER"                   // 10
	Tuberculosis         Reason = "TUBERCULOSIS"            // 11
	ChildListedDisease   Reason = "CHILD_LISTED_DISEASE"    // 12
	DisabledChild        Reason = "DISABLED_CHILD"          // 13
	ChildVaccineOrTumour Reason = "CHILD_VACCINE_OR_TUMOUR" // 14
	ChildHIV             Reason = "CHILD_HIV"               // 15
)

// Reasons lists all reasons in the order of their codes.
func Reasons() []Reason {
	return []Reason{
		Illness, Injury, Quarantine, WorkAccident, Maternity, Prosthetics, OccupationalDisease, Sanatorium, FamilyCare,
		OtherReason, Tuberculosis, ChildListedDisease, DisabledChild, ChildVaccineOrTumour, ChildHIV,
	}
}

// Outcome is how the incapacity ended.
type Outcome string

// The outcomes, with the codes of the classifier.
const (
	StillIll          Outcome = "STILL_ILL"          // 31
	DisabilitySet     Outcome = "DISABILITY_SET"     // 32
	DisabilityChanged Outcome = "DISABILITY_CHANGED" // 33
	Died              Outcome = "DIED"               // 34
	RefusedAssessment Outcome = "REFUSED_ASSESSMENT" // 35
	Fit               Outcome = "FIT"                // 36
	Aftercare         Outcome = "AFTERCARE"          // 37
)

// Outcomes lists all outcomes in the order of their codes.
func Outcomes() []Outcome {
	return []Outcome{StillIll, DisabilitySet, DisabilityChanged, Died, RefusedAssessment, Fit, Aftercare}
}

// SickLeave is a certificate.
type SickLeave struct {
	ID             ref.Ref
	Number         string // 12 digits
	PreviousNumber *string
	NextNumber     *string
	Continuation   bool
	Duplicate      bool
	State          State
	Reason         Reason
	Outcome        *Outcome
	IssuedOn       calendar.Date
	StartsOn       calendar.Date
	EndsOn         calendar.Date // zero while not known
	ReturnOn       calendar.Date // zero while not known
	Clinic         Clinic
	Employer       *EmployerPart
	Payment        *Payment
	UpdatedAt      time.Time

	diagnosis []byte // sealed
	siblings  *siblings
}

// Clinic is the medical organisation that issued the certificate.
type Clinic struct {
	Name    string
	Address *string
	Ogrn    *string
}

// EmployerPart is what the employer fills in.
type EmployerPart struct {
	Name                 string
	RegistrationNumber   *string
	InsuredMonths        int
	AverageEarnings      *money.Money // nil while not known
	AverageDailyEarnings *money.Money // nil while not known
}

// Payment is what is paid for the certificate.
type Payment struct {
	ByEmployer *money.Money  // nil while not known
	ByFund     *money.Money  // nil while not known
	PaidOn     calendar.Date // zero until the fund has paid
}

// Total is what employer and fund pay together; nil until both are known.
func (p *Payment) Total() *money.Money {
	if p.ByEmployer == nil || p.ByFund == nil {
		return nil
	}
	total := money.InRoubles(p.ByEmployer.Kopecks + p.ByFund.Kopecks)
	return &total
}

// Period is a period of treatment.
type Period struct {
	StartsOn           calendar.Date
	EndsOn             calendar.Date
	DoctorName         string
	DoctorPost         *string
	CommissionChairman *string
}

// StateText explains the state in the language of the request.
func (l *SickLeave) StateText(ctx context.Context) string {
	return l.State.Text().In(locale.FromContext(ctx))
}

// Days is the number of calendar days of release from work, nil while the end is not known.
func (l *SickLeave) Days() *int {
	if l.EndsOn.IsZero() {
		return nil
	}
	days := l.StartsOn.DaysUntil(l.EndsOn) + 1
	return &days
}

// siblings are the certificates of one answer: their relations are loaded together.
type siblings struct {
	ids            []uuid.UUID
	periods        batch.Lazy[[]*Period]
	clarifications batch.Lazy[[]*clarification.Clarification]
}

// Asked gives what was asked about the certificate, oldest first: load reads it for all certificates of one answer.
func (l *SickLeave) Asked(ctx context.Context,
	load func(context.Context, []uuid.UUID) (map[uuid.UUID][]*clarification.Clarification, error),
) ([]*clarification.Clarification, error) {
	return l.siblings.clarifications.Get(ctx, l.ID.ID, l.siblings.ids, load)
}

func fromRows(rows []*ent.SickLeave) []*SickLeave {
	group := &siblings{ids: make([]uuid.UUID, len(rows))}
	leaves := make([]*SickLeave, len(rows))
	for i, row := range rows {
		group.ids[i] = row.ID
		leaves[i] = fromRow(row, group)
	}
	return leaves
}

func fromRow(row *ent.SickLeave, group *siblings) *SickLeave {
	l := &SickLeave{
		ID: ref.Of(ref.SickLeave, row.ID), Number: row.Number,
		PreviousNumber: row.PreviousNumber, NextNumber: row.NextNumber,
		Continuation: row.Continuation, Duplicate: row.Duplicate,
		State: State(row.State), Reason: Reason(row.Reason), Outcome: (*Outcome)(row.Outcome),
		IssuedOn: row.IssuedOn, StartsOn: row.StartsOn, EndsOn: row.EndsOn, ReturnOn: row.ReturnOn,
		Clinic:    Clinic{Name: row.ClinicName, Address: row.ClinicAddress, Ogrn: row.ClinicOgrn},
		UpdatedAt: row.UpdatedAt,
		diagnosis: row.Diagnosis, siblings: group,
	}
	if row.EmployerName != nil {
		l.Employer = &EmployerPart{
			Name: *row.EmployerName, RegistrationNumber: row.EmployerRegistrationNumber, InsuredMonths: row.InsuredMonths,
			AverageEarnings: amount(row.AverageEarnings), AverageDailyEarnings: amount(row.AverageDailyEarnings),
		}
	}
	if row.PaidByEmployer != nil || row.PaidByFund != nil {
		l.Payment = &Payment{ByEmployer: amount(row.PaidByEmployer), ByFund: amount(row.PaidByFund), PaidOn: row.PaidOn}
	}
	return l
}

// amount is a column of kopecks as money; nil while it is not known.
func amount(kopecks *int64) *money.Money {
	if kopecks == nil {
		return nil
	}
	m := money.InRoubles(money.Kopecks(*kopecks))
	return &m
}

func fromPeriodRow(row *ent.TreatmentPeriod) *Period {
	return &Period{
		StartsOn: row.StartsOn, EndsOn: row.EndsOn, DoctorName: row.DoctorName,
		DoctorPost: row.DoctorPost, CommissionChairman: row.CommissionChairman,
	}
}
