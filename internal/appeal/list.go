package appeal

import (
	"context"
	"fmt"
	"time"

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

func (o *Order) page() page.Order {
	if o == nil {
		o = &Order{Field: ByCreatedAt, Direction: page.Descending}
	}
	column := page.Column{Name: appeal.FieldCreatedAt}
	if o.Field == ByUpdatedAt {
		column = page.Column{Name: appeal.FieldUpdatedAt}
	}
	return page.Order{Column: column, Descending: o.Direction != page.Ascending}
}

// Connection is a page of appeals.
type Connection = page.Connection[*Appeal]

// Edge is a appeal and its position.
type Edge = page.Edge[*Appeal]

// List gives a page of the viewer's appeals.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	request, err := page.NewRequest(first, after, order.page())
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), appeal.OwnerID(viewer.FromContext(ctx).PersonID))
	rows, err := s.store.Appeal.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list appeals: %w", err)
	}
	appeals := fromRows(rows)
	return page.NewConnection(request, appeals,
		func(a *Appeal) page.Position {
			return page.Position{Time: a.at(order), ID: a.ID.ID}
		},
		func(ctx context.Context) (int, error) {
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
		if !f.CreatedOn.From.IsZero() {
			where = append(where, appeal.CreatedAtGTE(f.CreatedOn.From.Time(calendar.Moscow()).UTC()))
		}
		if !f.CreatedOn.To.IsZero() {
			where = append(where, appeal.CreatedAtLT(f.CreatedOn.To.AddDays(1).Time(calendar.Moscow()).UTC()))
		}
	}
	return where
}

// at is the time of the appeal by which the list is ordered.
func (a *Appeal) at(o *Order) time.Time {
	if o != nil && o.Field == ByUpdatedAt {
		return a.UpdatedAt
	}
	return a.CreatedAt
}
