package benefit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/benefit"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses benefits; what is given must hold together.
type Filter struct {
	States   []State
	StartsOn *calendar.Range
	Types    []Type
}

// OrderField is what the list can be ordered by.
type OrderField string

// The orders.
const (
	ByStartsOn  OrderField = "STARTS_ON"
	ByUpdatedAt OrderField = "UPDATED_AT"
)

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Benefit] {
	return page.Columns[OrderField, *Benefit]{
		ByStartsOn:  page.ByDay(benefit.FieldStartsOn, func(b *Benefit) (calendar.Date, uuid.UUID) { return b.StartsOn, b.ID.ID }),
		ByUpdatedAt: page.ByTime(benefit.FieldUpdatedAt, func(b *Benefit) (time.Time, uuid.UUID) { return b.UpdatedAt, b.ID.ID }),
	}
}

// Connection is a page of benefits.
type Connection = page.Connection[*Benefit]

// Edge is a benefit and its position.
type Edge = page.Edge[*Benefit]

// List gives a page of the viewer's benefits.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByStartsOn, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), benefit.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Benefit.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list benefits: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Benefit.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Benefit {
	if f == nil {
		return nil
	}
	var where []predicate.Benefit
	if f.States != nil {
		where = append(where, benefit.StateIn(page.Strings(f.States)...))
	}
	if f.Types != nil {
		where = append(where, benefit.TypeIn(page.Strings(f.Types)...))
	}
	if f.StartsOn != nil {
		if !f.StartsOn.From.IsZero() {
			where = append(where, benefit.StartsOnGTE(f.StartsOn.From))
		}
		if !f.StartsOn.To.IsZero() {
			where = append(where, benefit.StartsOnLTE(f.StartsOn.To))
		}
	}
	return where
}
