package document

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/document"
	"kabinet/ent/predicate"
	"kabinet/internal/page"
	"kabinet/internal/viewer"
)

// Filter chooses documents; what is given must hold together.
type Filter struct {
	States []State
	Kinds  []Kind
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
func columns() page.Columns[OrderField, *Document] {
	return page.Columns[OrderField, *Document]{
		ByCreatedAt: page.ByTime(document.FieldCreatedAt, func(d *Document) (time.Time, uuid.UUID) { return d.CreatedAt, d.ID.ID }),
		ByUpdatedAt: page.ByTime(document.FieldUpdatedAt, func(d *Document) (time.Time, uuid.UUID) { return d.UpdatedAt, d.ID.ID }),
	}
}

// Connection is a page of documents.
type Connection = page.Connection[*Document]

// Edge is a document and its position.
type Edge = page.Edge[*Document]

// List gives a page of the viewer's documents.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByCreatedAt, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), document.OwnerID(viewer.FromContext(ctx).PersonID), document.DeletedAtIsNil())
	rows, err := s.store.Document.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Document.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Document {
	if f == nil {
		return nil
	}
	var where []predicate.Document
	if f.States != nil {
		where = append(where, document.StateIn(page.Strings(f.States)...))
	}
	if f.Kinds != nil {
		where = append(where, document.KindIn(page.Strings(f.Kinds)...))
	}
	return where
}
