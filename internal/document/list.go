package document

import (
	"context"
	"fmt"
	"time"

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

func (o *Order) page() page.Order {
	if o == nil {
		o = &Order{Field: ByCreatedAt, Direction: page.Descending}
	}
	column := page.Column{Name: document.FieldCreatedAt}
	if o.Field == ByUpdatedAt {
		column = page.Column{Name: document.FieldUpdatedAt}
	}
	return page.Order{Column: column, Descending: o.Direction != page.Ascending}
}

// Connection is a page of documents.
type Connection = page.Connection[*Document]

// Edge is a document and its position.
type Edge = page.Edge[*Document]

// List gives a page of the viewer's documents.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	request, err := page.NewRequest(first, after, order.page())
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), document.OwnerID(viewer.FromContext(ctx).PersonID), document.DeletedAtIsNil())
	rows, err := s.store.Document.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	documents := fromRows(rows)
	return page.NewConnection(request, documents,
		func(d *Document) page.Position {
			return page.Position{Time: d.at(order), ID: d.ID.ID}
		},
		func(ctx context.Context) (int, error) {
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

// at is the time of the document by which the list is ordered.
func (d *Document) at(o *Order) time.Time {
	if o != nil && o.Field == ByUpdatedAt {
		return d.UpdatedAt
	}
	return d.CreatedAt
}
