package notice

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/announcement"
	"kabinet/ent/predicate"
	"kabinet/internal/page"
)

// orderField is what the list of announcements is ordered by; there is one order only.
type orderField string

const byPublishedAt orderField = "PUBLISHED_AT"

func columns() page.Columns[orderField, *Announcement] {
	return page.Columns[orderField, *Announcement]{
		byPublishedAt: page.ByTime(announcement.FieldPublishedAt, func(a *Announcement) (time.Time, uuid.UUID) { return a.PublishedAt, a.ID.ID }),
	}
}

// Connection is a page of announcements.
type Connection = page.Connection[*Announcement]

// Edge is an announcement and its position.
type Edge = page.Edge[*Announcement]

// List gives a page of the announcements that are published and have not expired, the newest first.
func (s *Service) List(ctx context.Context, first *int, after *page.Cursor) (*Connection, error) {
	request, err := page.NewRequest(first, after, columns(), byPublishedAt, page.Descending)
	if err != nil {
		return nil, err
	}
	where := shown(s.clock.Now())
	rows, err := s.store.Announcement.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list announcements: %w", err)
	}
	return page.NewConnection(request, fromRows(rows), func(ctx context.Context) (int, error) {
		return s.store.Announcement.Query().Where(where...).Count(ctx)
	}), nil
}

// shown is Announcement.visible for the database.
func shown(now time.Time) []predicate.Announcement {
	return []predicate.Announcement{
		announcement.PublishedAtLTE(now),
		announcement.Or(announcement.ExpiresAtIsNil(), announcement.ExpiresAtGT(now)),
	}
}
