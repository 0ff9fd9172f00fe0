package session

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/session"
	"kabinet/ent/sessiontoken"
	"kabinet/internal/viewer"
)

const (
	// Retention is for how long a session is kept after its absolute end, whenever it was really ended: long enough to
	// look into what somebody complains about. The journal keeps its beginning and its end for longer.
	Retention = 90 * 24 * time.Hour
	// purgeBatch is how many rows are deleted by one statement, so that none holds its locks for long.
	purgeBatch = 1000
)

// Purge deletes the sessions that are kept no more, with their codes and refresh tokens, and tells how many there were.
func (s *Service) Purge(ctx context.Context) (deleted int, err error) {
	ctx = viewer.NewSystemContext(ctx, "session purge")
	before := s.clock.Now().Add(-Retention)
	for {
		ids, err := s.store.Session.Query().Where(session.AbsoluteEndsAtLT(before)).
			Order(session.ByAbsoluteEndsAt()).Limit(purgeBatch).IDs(ctx)
		if err != nil {
			return deleted, fmt.Errorf("purge sessions: %w", err)
		}
		if len(ids) == 0 {
			return deleted, nil
		}
		// The tokens first: as long as the sessions are there a purge that was cut short finds both again.
		if err := s.purgeTokens(ctx, ids); err != nil {
			return deleted, err
		}
		n, err := s.store.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge sessions: %w", err)
		}
	}
}

func (s *Service) purgeTokens(ctx context.Context, sessions []uuid.UUID) error {
	for {
		ids, err := s.store.SessionToken.Query().Where(sessiontoken.SessionIDIn(sessions...)).Limit(purgeBatch).IDs(ctx)
		if err != nil {
			return fmt.Errorf("purge tokens of sessions: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		if _, err := s.store.SessionToken.Delete().Where(sessiontoken.IDIn(ids...)).Exec(ctx); err != nil {
			return fmt.Errorf("purge tokens of sessions: %w", err)
		}
	}
}
