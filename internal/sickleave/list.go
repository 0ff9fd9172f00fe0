package sickleave

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/predicate"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses certificates; what is given must hold together.
type Filter struct {
	States   []State
	IssuedOn *calendar.Range
	Reasons  []Reason
}

// OrderField is what the list can be ordered by.
type OrderField string

// The orders.
const (
	ByIssuedOn  OrderField = "ISSUED_ON"
	ByUpdatedAt OrderField = "UPDATED_AT"
)

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *SickLeave] {
	return page.Columns[OrderField, *SickLeave]{
		ByIssuedOn:  page.ByDay(sickleave.FieldIssuedOn, func(l *SickLeave) (calendar.Date, uuid.UUID) { return l.IssuedOn, l.ID.ID }),
		ByUpdatedAt: page.ByTime(sickleave.FieldUpdatedAt, func(l *SickLeave) (time.Time, uuid.UUID) { return l.UpdatedAt, l.ID.ID }),
	}
}

// Connection is a page of certificates.
type Connection = page.Connection[*SickLeave]

// Edge is a certificate and its position.
type Edge = page.Edge[*SickLeave]

// List gives a page of the viewer's certificates.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByIssuedOn, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), sickleave.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.SickLeave.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sick leaves: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.SickLeave.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.SickLeave {
	if f == nil {
		return nil
	}
	var where []predicate.SickLeave
	if f.States != nil {
		where = append(where, sickleave.StateIn(page.Strings(f.States)...))
	}
	if f.Reasons != nil {
		where = append(where, sickleave.ReasonIn(page.Strings(f.Reasons)...))
	}
	if f.IssuedOn != nil {
		if !f.IssuedOn.From.IsZero() {
			where = append(where, sickleave.IssuedOnGTE(f.IssuedOn.From))
		}
		if !f.IssuedOn.To.IsZero() {
			where = append(where, sickleave.IssuedOnLTE(f.IssuedOn.To))
		}
	}
	return where
}
