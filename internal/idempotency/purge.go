package idempotency

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/idempotencyrecord"
	"kabinet/internal/clock"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Retention is for how long a key is remembered. No client retries for so long; one that did would act anew.
const Retention = 30 * 24 * time.Hour

// Purge forgets the keys that are remembered no more, and tells how many there were.
func Purge(ctx context.Context, s *storage.Store, c clock.Clock) (deleted int, err error) {
	ctx = viewer.NewSystemContext(ctx, "idempotency purge")
	before := c.Now().Add(-Retention)
	deleted, err = storage.Purge(ctx, func(ctx context.Context, limit int) ([]uuid.UUID, error) {
		return s.IdempotencyRecord.Query().Where(idempotencyrecord.CreatedAtLT(before)).
			Order(idempotencyrecord.ByCreatedAt()).Limit(limit).IDs(ctx)
	}, func(ctx context.Context, ids []uuid.UUID) (int, error) {
		return s.IdempotencyRecord.Delete().Where(idempotencyrecord.IDIn(ids...)).Exec(ctx)
	})
	if err != nil {
		return deleted, fmt.Errorf("purge idempotency keys: %w", err)
	}
	return deleted, nil
}
