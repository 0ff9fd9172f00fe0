package sickleave

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/calendar"
	"kabinet/internal/locale"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// diagnosisPlace is where the sealed diagnosis stands.
const diagnosisPlace seal.Place = "sick_leaves.diagnosis"

// Reason is the reason of incapacity.
type Reason string

// Outcome is how the incapacity ended.
type Outcome string

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
	AverageEarnings      money.Money
	AverageDailyEarnings money.Money
}

// Payment is what is paid for the certificate.
type Payment struct {
	ByEmployer money.Money
	ByFund     money.Money
	PaidOn     calendar.Date // zero until the fund has paid
}

// Total is what employer and fund pay together.
func (p *Payment) Total() money.Money {
	return money.InRoubles(p.ByEmployer.Kopecks + p.ByFund.Kopecks)
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
	ids     []uuid.UUID
	periods batch.Lazy[[]*Period]
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
			AverageEarnings:      money.InRoubles(money.Kopecks(row.AverageEarnings)),
			AverageDailyEarnings: money.InRoubles(money.Kopecks(row.AverageDailyEarnings)),
		}
	}
	if row.PaidByEmployer != 0 || row.PaidByFund != 0 {
		l.Payment = &Payment{
			ByEmployer: money.InRoubles(money.Kopecks(row.PaidByEmployer)),
			ByFund:     money.InRoubles(money.Kopecks(row.PaidByFund)),
			PaidOn:     row.PaidOn,
		}
	}
	return l
}

func fromPeriodRow(row *ent.TreatmentPeriod) *Period {
	return &Period{
		StartsOn: row.StartsOn, EndsOn: row.EndsOn, DoctorName: row.DoctorName,
		DoctorPost: row.DoctorPost, CommissionChairman: row.CommissionChairman,
	}
}
