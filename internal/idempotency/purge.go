package idempotency

import (
	"context"
	"fmt"
	"time"

	"kabinet/ent/idempotencyrecord"
	"kabinet/internal/clock"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

const (
	// Retention is for how long a key is remembered. No client retries for so long; one that did would act anew.
	Retention = 30 * 24 * time.Hour
	// purgeBatch is how many rows are deleted by one statement, so that none holds its locks for long.
	purgeBatch = 1000
)

// Purge forgets the keys that are remembered no more, and tells how many there were.
func Purge(ctx context.Context, s *storage.Store, c clock.Clock) (deleted int, err error) {
	ctx = viewer.NewSystemContext(ctx, "idempotency purge")
	before := c.Now().Add(-Retention)
	for {
		ids, err := s.IdempotencyRecord.Query().Where(idempotencyrecord.CreatedAtLT(before)).
			Order(idempotencyrecord.ByCreatedAt()).Limit(purgeBatch).IDs(ctx)
		if err != nil {
			return deleted, fmt.Errorf("purge idempotency keys: %w", err)
		}
		if len(ids) == 0 {
			return deleted, nil
		}
		n, err := s.IdempotencyRecord.Delete().Where(idempotencyrecord.IDIn(ids...)).Exec(ctx)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("purge idempotency keys: %w", err)
		}
	}
}
