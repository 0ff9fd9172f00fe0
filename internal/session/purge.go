package session

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/session"
	"kabinet/ent/sessiontoken"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Retention is for how long a session is kept after its absolute end, whenever it was really ended: long enough to look
// into what somebody complains about. The journal keeps its beginning and its end for longer.
const Retention = 90 * 24 * time.Hour

// Purge deletes the sessions that are kept no more, with their codes and refresh tokens, and tells how many there were.
func (s *Service) Purge(ctx context.Context) (deleted int, err error) {
	ctx = viewer.NewSystemContext(ctx, "session purge")
	before := s.clock.Now().Add(-Retention)
	deleted, err = storage.Purge(ctx, func(ctx context.Context, limit int) ([]uuid.UUID, error) {
		return s.store.Session.Query().Where(session.AbsoluteEndsAtLT(before)).
			Order(session.ByAbsoluteEndsAt()).Limit(limit).IDs(ctx)
	}, func(ctx context.Context, ids []uuid.UUID) (int, error) {
		// The tokens first: as long as the sessions are there a purge that was cut short finds both again.
		if err := s.purgeTokens(ctx, ids); err != nil {
			return 0, err
		}
		return s.store.Session.Delete().Where(session.IDIn(ids...)).Exec(ctx)
	})
	if err != nil {
		return deleted, fmt.Errorf("purge sessions: %w", err)
	}
	return deleted, nil
}

func (s *Service) purgeTokens(ctx context.Context, sessions []uuid.UUID) error {
	_, err := storage.Purge(ctx, func(ctx context.Context, limit int) ([]uuid.UUID, error) {
		return s.store.SessionToken.Query().Where(sessiontoken.SessionIDIn(sessions...)).Limit(limit).IDs(ctx)
	}, func(ctx context.Context, ids []uuid.UUID) (int, error) {
		return s.store.SessionToken.Delete().Where(sessiontoken.IDIn(ids...)).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	return nil
}
