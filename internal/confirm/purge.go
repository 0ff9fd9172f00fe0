package confirm

import (
	"context"
	"fmt"
	"time"

	"kabinet/ent/confirmation"
)

const (
	// Retention is for how long a challenge is kept after it has expired; the journal keeps what became of it.
	Retention = 24 * time.Hour
	// purgeBatch is how many rows are deleted by one statement, so that none holds its locks for long.
	purgeBatch = 1000
)

// Purge deletes the challenges that are kept no more, and tells how many there were. Locks stay.
func (s *Service) Purge(ctx context.Context) (deleted int, err error) {
	ctx = asSystem(ctx)
	before := s.clock.Now().Add(-Retention)
	for {
		ids, err := s.store.Confirmation.Query().Where(confirmation.ExpiresAtLT(before)).
			Order(confirmation.ByExpiresAt()).Limit(purgeBatch).IDs(ctx)
		if err != nil {
			return deleted, fmt.Errorf("purge confirmations: %w", err)
		}
		if len(ids) == 0 {
			return deleted, nil
		}
		n, err := s.store.Confirmation.Delete().Where(confirmation.IDIn(ids...)).Exec(ctx)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge confirmations: %w", err)
		}
	}
}
