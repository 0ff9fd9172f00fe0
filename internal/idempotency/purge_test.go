package idempotency_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/idempotencyrecord"
	"kabinet/internal/clock"
	"kabinet/internal/idempotency"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

func TestAPurgeForgetsOldKeys(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		const many = 2100 // more than one statement deletes
		ann := persontest.New(t, s)
		now := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
		keep := func(name string, n int, at time.Time) {
			require.NoError(t, s.IdempotencyRecord.MapCreateBulk(make([]struct{}, n), func(c *ent.IdempotencyRecordCreate, i int) {
				c.SetOwnerID(ann).SetOperation(name).SetKey(time.Duration(i).String()).SetInputHash([]byte{1}).
					SetResult(ref.Of(ref.Person, ann).String()).SetCreatedAt(at)
			}).Exec(persontest.System(t)))
		}
		keep("old", many, now.Now())
		now.Advance(idempotency.Retention)
		keep("new", 1, now.Now())

		deleted, err := idempotency.Purge(t.Context(), s, now)
		require.NoError(t, err)
		require.Zero(t, deleted, "not before the time")
		now.Advance(time.Second)
		deleted, err = idempotency.Purge(t.Context(), s, now)
		require.NoError(t, err)
		require.Equal(t, many, deleted)
		left, err := s.IdempotencyRecord.Query().Select(idempotencyrecord.FieldOperation).Strings(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, []string{"new"}, left)
	})
}
