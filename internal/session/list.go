package session

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/identity"
	"kabinet/internal/ref"
	"kabinet/internal/viewer"
)

// Session is a session as its owner sees it.
type Session struct {
	ID     ref.Ref
	Kind   Kind
	Device string
	// Method is how the person proved to the identity provider who they are.
	Method identity.Method
	// Address is the network address of the login; nil when it is not known.
	Address        *string
	CreatedAt      time.Time
	IdleEndsAt     time.Time
	AbsoluteEndsAt time.Time
	Current        bool
}

// maxListed bounds the list of a person's sessions.
const maxListed = 100

// List gives the viewer's open sessions, newest first. One of the app is open until its absolute end, for its refresh
// token revives it.
func (s *Service) List(ctx context.Context) ([]*Session, error) {
	v, now := viewer.FromContext(ctx), s.clock.Now()
	rows, err := s.store.Session.Query().
		Where(session.OwnerID(v.PersonID), session.EndedAtIsNil(), session.AbsoluteEndsAtGT(now), alive(now)).
		Order(session.ByCreatedAt(sql.OrderDesc()), session.ByID(sql.OrderDesc())).
		Limit(maxListed).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions := make([]*Session, len(rows))
	for i, row := range rows {
		sessions[i] = s.fromRow(ctx, row, v)
	}
	return sessions, nil
}

// alive holds for sessions that some token opens, or can open again, at a moment, if they are neither ended nor at their
// absolute end. A login whose code was never exchanged is none.
func alive(at time.Time) predicate.Session {
	return session.And(session.WrappedNotNil(), session.Or(session.IdleEndsAtGT(at), session.Kind(string(Mobile))))
}

// isAlive is alive, of a row.
func isAlive(row *ent.Session, at time.Time) bool {
	return len(row.Wrapped) > 0 && (row.IdleEndsAt.After(at) || Kind(row.Kind) == Mobile)
}

func (s *Service) fromRow(ctx context.Context, row *ent.Session, v viewer.Viewer) *Session {
	shown := &Session{
		ID: ref.Of(ref.Session, row.ID), Kind: Kind(row.Kind), Device: row.Device, Method: identity.Method(row.Method),
		CreatedAt: row.CreatedAt, IdleEndsAt: row.IdleEndsAt, AbsoluteEndsAt: row.AbsoluteEndsAt,
		Current: row.ID == v.SessionID,
	}
	if len(row.Address) == 0 {
		return shown
	}
	opened, err := s.sealer.Open(addressPlace, row.ID, row.Address)
	if err != nil { // the list is worth more than the address
		s.log.WarnContext(ctx, "session: the address of a login does not open", "error", err)
		return shown
	}
	address := string(opened)
	shown.Address = &address
	return shown
}
