package notice

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/announcement"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
)

// Filter chooses announcements; what is given must hold together. What is not to be shown, it does not bring back.
type Filter struct {
	Importances []Importance
	PublishedOn *calendar.Range // by Moscow time
}

// OrderField is what the list can be ordered by.
type OrderField string

// ByPublishedAt is the only order.
const ByPublishedAt OrderField = "PUBLISHED_AT"

// Order is the order of the list.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

// columns are where the orders stand in the database and in an item.
func columns() page.Columns[OrderField, *Announcement] {
	return page.Columns[OrderField, *Announcement]{
		ByPublishedAt: page.ByTime(announcement.FieldPublishedAt, func(a *Announcement) (time.Time, uuid.UUID) { return a.PublishedAt, a.ID.ID }),
	}
}

// Connection is a page of announcements.
type Connection = page.Connection[*Announcement]

// Edge is an announcement and its position.
type Edge = page.Edge[*Announcement]

// List gives a page of the announcements that are published and have not expired, the newest first unless another order
// is given.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByPublishedAt, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	where := append(filter.predicates(), shown(s.clock.Now())...)
	rows, err := s.store.Announcement.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Announcement.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.Announcement {
	if f == nil {
		return nil
	}
	var where []predicate.Announcement
	if f.Importances != nil {
		where = append(where, announcement.ImportanceIn(page.Strings(f.Importances)...))
	}
	if f.PublishedOn != nil {
		from, until := f.PublishedOn.Times(calendar.Moscow())
		if !from.IsZero() {
			where = append(where, announcement.PublishedAtGTE(from))
		}
		if !until.IsZero() {
			where = append(where, announcement.PublishedAtLT(until))
		}
	}
	return where
}

// shown is Announcement.visible for the database.
func shown(now time.Time) []predicate.Announcement {
	return []predicate.Announcement{
		announcement.PublishedAtLTE(now),
		announcement.Or(announcement.ExpiresAtIsNil(), announcement.ExpiresAtGT(now)),
	}
}
