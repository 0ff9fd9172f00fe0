package appeal

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/appeal"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses appeals; what is given must hold together.
type Filter struct {
	States    []State
	CreatedOn *calendar.Range // by Moscow time
	Kinds     []Kind
}

// OrderField is what the list can be ordered by.
type OrderField string

// The orders.
const (
	ByCreatedAt OrderField = "CREATED_AT"
	ByUpdatedAt OrderField = "UPDATED_AT"
)

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Appeal] {
	return page.Columns[OrderField, *Appeal]{
		ByCreatedAt: page.ByTime(appeal.FieldCreatedAt, func(a *Appeal) (time.Time, uuid.UUID) { return a.CreatedAt, a.ID.ID }),
		ByUpdatedAt: page.ByTime(appeal.FieldUpdatedAt, func(a *Appeal) (time.Time, uuid.UUID) { return a.UpdatedAt, a.ID.ID }),
	}
}

// Connection is a page of appeals.
type Connection = page.Connection[*Appeal]

// Edge is an appeal and its position.
type Edge = page.Edge[*Appeal]

// List gives a page of the viewer's appeals.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByCreatedAt, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), appeal.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Appeal.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list appeals: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Appeal.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Appeal {
	if f == nil {
		return nil
	}
	var where []predicate.Appeal
	if f.States != nil {
		where = append(where, appeal.StateIn(page.Strings(f.States)...))
	}
	if f.Kinds != nil {
		where = append(where, appeal.KindIn(page.Strings(f.Kinds)...))
	}
	if f.CreatedOn != nil {
		from, until := f.CreatedOn.Times(calendar.Moscow())
		if !from.IsZero() {
			where = append(where, appeal.CreatedAtGTE(from))
		}
		if !until.IsZero() {
			where = append(where, appeal.CreatedAtLT(until))
		}
	}
	return where
}
