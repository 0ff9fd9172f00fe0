package confirm

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/confirmation"
	"kabinet/internal/storage"
)

// Retention is for how long a challenge is kept after it has expired; the journal keeps what became of it.
const Retention = 24 * time.Hour

// Purge deletes the challenges that are kept no more, and tells how many there were. Locks stay.
func (s *Service) Purge(ctx context.Context) (deleted int, err error) {
	ctx = asSystem(ctx)
	before := s.clock.Now().Add(-Retention)
	deleted, err = storage.Purge(ctx, func(ctx context.Context, limit int) ([]uuid.UUID, error) {
		return s.store.Confirmation.Query().Where(confirmation.ExpiresAtLT(before)).
			Order(confirmation.ByExpiresAt()).Limit(limit).IDs(ctx)
	}, func(ctx context.Context, ids []uuid.UUID) (int, error) {
		return s.store.Confirmation.Delete().Where(confirmation.IDIn(ids...)).Exec(ctx)
	})
	if err != nil {
		return deleted, fmt.Errorf("purge confirmations: %w", err)
	}
	return deleted, nil
}
