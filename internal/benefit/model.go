package benefit

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
)

// Type is the type of a benefit.
type Type string

// The types.
const (
	TemporaryDisability Type = "TEMPORARY_DISABILITY"
	Maternity           Type = "MATERNITY"
	ChildBirth          Type = "CHILD_BIRTH"
	ChildCare           Type = "CHILD_CARE"
	WorkInjury          Type = "WORK_INJURY"
	Funeral             Type = "FUNERAL"
	ChildPlacement      Type = "CHILD_PLACEMENT"
)

// Types lists all types.
func Types() []Type {
	return []Type{TemporaryDisability, Maternity, ChildBirth, ChildCare, WorkInjury, Funeral, ChildPlacement}
}

// Benefit is a benefit.
type Benefit struct {
	ID        ref.Ref
	Number    string
	Type      Type
	State     State
	StartsOn  calendar.Date
	EndsOn    calendar.Date // zero while not known
	Amount    *money.Money  // nil until calculated
	Notice    *string
	UpdatedAt time.Time

	// SickLeaveID is the certificate for which it is paid; nil if it is not for one.
	SickLeaveID *uuid.UUID

	siblings *siblings
}

// Accrual is one amount accrued.
type Accrual struct {
	StartsOn  calendar.Date
	EndsOn    calendar.Date
	Amount    money.Money
	Withheld  money.Money
	AccruedOn calendar.Date
	PaidOn    calendar.Date // zero until paid
}

// StateText explains the state in the language of the request.
func (b *Benefit) StateText(ctx context.Context) string {
	return b.State.Text().In(locale.FromContext(ctx))
}

// siblings are the benefits of one answer: their relations are loaded together.
type siblings struct {
	ids        []uuid.UUID
	sickLeaves []uuid.UUID
	accruals   batch.Lazy[[]*Accrual]
	leaves     batch.Lazy[*SickLeave]
}

func fromRows(rows []*ent.Benefit) []*Benefit {
	group := &siblings{ids: make([]uuid.UUID, len(rows))}
	benefits := make([]*Benefit, len(rows))
	for i, row := range rows {
		group.ids[i] = row.ID
		if row.SickLeaveID != nil {
			group.sickLeaves = append(group.sickLeaves, *row.SickLeaveID)
		}
		benefits[i] = fromRow(row, group)
	}
	return benefits
}

func fromRow(row *ent.Benefit, group *siblings) *Benefit {
	b := &Benefit{
		ID: ref.Of(ref.Benefit, row.ID), Number: row.Number, Type: Type(row.Type), State: State(row.State),
		StartsOn: row.StartsOn, EndsOn: row.EndsOn, Notice: row.Notice, UpdatedAt: row.UpdatedAt,
		SickLeaveID: row.SickLeaveID, siblings: group,
	}
	if row.Amount != nil {
		amount := money.InRoubles(money.Kopecks(*row.Amount))
		b.Amount = &amount
	}
	return b
}

func fromAccrualRow(row *ent.Accrual) *Accrual {
	return &Accrual{
		StartsOn: row.StartsOn, EndsOn: row.EndsOn,
		Amount: money.InRoubles(money.Kopecks(row.Amount)), Withheld: money.InRoubles(money.Kopecks(row.Withheld)),
		AccruedOn: row.AccruedOn, PaidOn: row.PaidOn,
	}
}
