package clarification

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/clarification"
	"kabinet/ent/predicate"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses clarifications; what is given must hold together.
type Filter struct {
	States []State
}

// OrderField is what the list can be ordered by.
type OrderField string

// ByAskedAt is the only order.
const ByAskedAt OrderField = "ASKED_AT"

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Clarification] {
	return page.Columns[OrderField, *Clarification]{
		ByAskedAt: page.ByTime(clarification.FieldCreatedAt, func(c *Clarification) (time.Time, uuid.UUID) { return c.AskedAt, c.ID.ID }),
	}
}

// Connection is a page of clarifications.
type Connection = page.Connection[*Clarification]

// Edge is a clarification and its position.
type Edge = page.Edge[*Clarification]

// List gives a page of the viewer's clarifications, the newest first unless another order is given.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByAskedAt, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), clarification.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Clarification.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list clarifications: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Clarification.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Clarification {
	if f == nil {
		return nil
	}
	var where []predicate.Clarification
	if f.States != nil {
		where = append(where, clarification.StateIn(page.Strings(f.States)...))
	}
	return where
}
