package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/ent/predicate"
	"kabinet/internal/calendar"
	"kabinet/internal/locale"
	"kabinet/internal/page"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Actor is who did something, as the owner of the journal is told.
type Actor string

// The actors.
const (
	Self   Actor = "SELF"   // the owner
	Other  Actor = "OTHER"  // somebody who may act for the owner
	System Actor = "SYSTEM" // the cabinet, or a system behind it
)

// Line is an entry as its owner reads it.
type Line struct {
	ID         uuid.UUID
	Sequence   int
	OccurredAt time.Time
	Actor      Actor
	Action     Action
	Allowed    bool
	// Reason is the code of why it was denied, or of what led to it; nil when there is none.
	Reason *string
	// Subject is what it was done to, Session through which session; nil when there is none.
	Subject *ref.Ref
	Session *ref.Ref
}

// Title is what was done, in the language of the request.
func (l *Line) Title(ctx context.Context) string { return l.Action.Title().In(locale.FromContext(ctx)) }

// Filter chooses lines; what is given must hold together.
type Filter struct {
	Actions    []Action
	Allowed    *bool
	OccurredOn *calendar.Range // by Moscow time
}

// OrderField is what the journal can be ordered by.
type OrderField string

// ByOccurredAt is the only order.
const ByOccurredAt OrderField = "OCCURRED_AT"

// Order is the order of the journal.
type Order struct {
	Field     OrderField
	Direction page.Direction
}

func columns() page.Columns[OrderField, *Line] {
	return page.Columns[OrderField, *Line]{
		ByOccurredAt: page.ByTime(auditentry.FieldOccurredAt, func(l *Line) (time.Time, uuid.UUID) { return l.OccurredAt, l.ID }),
	}
}

// Connection is a page of the journal.
type Connection = page.Connection[*Line]

// Edge is a line and its position.
type Edge = page.Edge[*Line]

// Reader reads journals.
type Reader struct{ store *storage.Store }

// NewReader makes a Reader.
func NewReader(s *storage.Store) *Reader { return &Reader{store: s} }

// List gives a page of the viewer's own journal, newest first unless told otherwise.
func (r *Reader) List(ctx context.Context, first *int, after *page.Cursor, filter *Filter, order *Order) (*Connection, error) {
	if order == nil {
		order = &Order{Field: ByOccurredAt, Direction: page.Descending}
	}
	request, err := page.NewRequest(first, after, columns(), order.Field, order.Direction)
	if err != nil {
		return nil, err
	}
	owner := viewer.FromContext(ctx).PersonID
	where := append(filter.predicates(), auditentry.OwnerID(owner))
	rows, err := r.store.AuditEntry.Query().Where(where...).Where(request.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list journal: %w", err)
	}
	lines := make([]*Line, len(rows))
	for i, row := range rows {
		lines[i] = fromRow(row)
	}
	return page.NewConnection(request, lines, func(ctx context.Context) (int, error) {
		return r.store.AuditEntry.Query().Where(where...).Count(ctx)
	}), nil
}

func (f *Filter) predicates() []predicate.AuditEntry {
	if f == nil {
		return nil
	}
	var where []predicate.AuditEntry
	if f.Actions != nil {
		where = append(where, chosenActions(f.Actions))
	}
	if f.Allowed != nil {
		where = append(where, auditentry.Allowed(*f.Allowed))
	}
	if f.OccurredOn != nil {
		from, until := f.OccurredOn.Times(calendar.Moscow())
		if !from.IsZero() {
			where = append(where, auditentry.OccurredAtGTE(from))
		}
		if !until.IsZero() {
			where = append(where, auditentry.OccurredAtLT(until))
		}
	}
	return where
}

func fromRow(row *ent.AuditEntry) *Line {
	l := &Line{
		ID: row.ID, Sequence: int(row.Sequence), OccurredAt: row.OccurredAt, Allowed: row.Allowed,
		Action: actionNamed(row.Action), Actor: System,
	}
	if id, err := uuid.Parse(row.Actor); err == nil {
		l.Actor = Other
		if id == row.OwnerID {
			l.Actor = Self
		}
	}
	if row.Reason != "" {
		l.Reason = &row.Reason
	}
	if subject, err := ref.Parse(row.Subject); err == nil {
		l.Subject = &subject
	}
	if row.SessionID != nil {
		session := ref.Of(ref.Session, *row.SessionID)
		l.Session = &session
	}
	return l
}
