package deadline

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/deadline"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses deadlines; what is given must hold together.
type Filter struct {
	States []State
	DueOn  *calendar.Range
}

// OrderField is what the list can be ordered by.
type OrderField string

// ByDueOn is the only order.
const ByDueOn OrderField = "DUE_ON"

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Deadline] {
	return page.Columns[OrderField, *Deadline]{
		ByDueOn: page.ByDay(deadline.FieldDueOn, func(d *Deadline) (calendar.Date, uuid.UUID) { return d.DueOn, d.ID.ID }),
	}
}

// Connection is a page of deadlines.
type Connection = page.Connection[*Deadline]

// Edge is a deadline and its position.
type Edge = page.Edge[*Deadline]

// List gives a page of the viewer's deadlines, the soonest first unless another order is given.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByDueOn, Direction: page.Ascending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), deadline.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Deadline.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list deadlines: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Deadline.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Deadline {
	if f == nil {
		return nil
	}
	var where []predicate.Deadline
	if f.States != nil {
		where = append(where, deadline.StateIn(page.Strings(f.States)...))
	}
	if f.DueOn != nil {
		if !f.DueOn.From.IsZero() {
			where = append(where, deadline.DueOnGTE(f.DueOn.From))
		}
		if !f.DueOn.To.IsZero() {
			where = append(where, deadline.DueOnLTE(f.DueOn.To))
		}
	}
	return where
}
