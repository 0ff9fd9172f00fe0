package contribution

import (
	"context"
	"time"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/locale"
	"kabinet/internal/money"
	"kabinet/internal/ref"
)

// Kind is the kind of insurance for which a contribution is paid.
type Kind string

// The kinds.
const (
	Pension         Kind = "PENSION"          // обязательное пенсионное страхование
	SocialInsurance Kind = "SOCIAL_INSURANCE" // временная нетрудоспособность и материнство
	WorkInjury      Kind = "WORK_INJURY"      // несчастные случаи на производстве и профзаболевания
	HealthInsurance Kind = "HEALTH_INSURANCE" // обязательное медицинское страхование
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Pension, SocialInsurance, WorkInjury, HealthInsurance} }

// Known tells whether k is one of the kinds.
func (k Kind) Known() bool { return !k.Text().IsZero() }

// Text names the kind to people.
func (k Kind) Text() locale.Text {
	switch k {
	case Pension:
		return locale.Text{Ru: "Пенсионное страхование", En: "Pension insurance"}
	case SocialInsurance:
		return locale.Text{Ru: "На случай временной нетрудоспособности и в связи с материнством", En: "Temporary disability and maternity"}
	case WorkInjury:
		return locale.Text{Ru: "От несчастных случаев на производстве и профессиональных заболеваний", En: "Work accidents and occupational diseases"}
	case HealthInsurance:
		return locale.Text{Ru: "Медицинское страхование", En: "Health insurance"}
	}
	return locale.Text{}
}

// Contribution is a contribution.
type Contribution struct {
	ID        ref.Ref
	Number    string // the fund's name for it
	Kind      Kind
	Period    calendar.Date // the first day of the month for which it is paid
	Employer  Employer
	Base      money.Money // what it is reckoned from
	Amount    money.Money
	UpdatedAt time.Time
}

// Employer is who has paid.
type Employer struct {
	Name               string
	RegistrationNumber *string // at the fund; nil if it was not told
}

// KindText names the kind in the language of the request.
func (c *Contribution) KindText(ctx context.Context) string {
	return c.Kind.Text().In(locale.FromContext(ctx))
}

func fromRows(rows []*ent.Contribution) []*Contribution {
	contributions := make([]*Contribution, len(rows))
	for i, row := range rows {
		contributions[i] = fromRow(row)
	}
	return contributions
}

func fromRow(row *ent.Contribution) *Contribution {
	c := &Contribution{
		ID: ref.Of(ref.Contribution, row.ID), Number: row.Number, Kind: Kind(row.Kind), Period: row.Period,
		Employer: Employer{Name: row.EmployerName},
		Base:     money.InRoubles(money.Kopecks(row.Base)), Amount: money.InRoubles(money.Kopecks(row.Amount)),
		UpdatedAt: row.UpdatedAt,
	}
	if row.EmployerRegistrationNumber != "" {
		c.Employer.RegistrationNumber = &row.EmployerRegistrationNumber
	}
	return c
}
