package feed

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// However often a subscriber is woken while the database does not answer, it asks again once a second, not once more for
// each time that it was woken.
func TestFailedReadsAreTriedAgainOnce(t *testing.T) {
	store := storagetest.OpenSQLite(t)
	_, client := signaltest.Miniredis(t)
	hub := NewHub(store, signal.NewBus(client, slog.New(slog.DiscardHandler)), clock.System{}, slog.New(slog.DiscardHandler))
	require.NoError(t, store.DB().Close())
	ctx := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: uuid.New(), Level: viewer.Basic})
	synctest.Test(t, func(t *testing.T) {
		var rung atomic.Int64
		s := &stream{hub: hub, ctx: ctx, owner: uuid.New(), bell: signal.NewBell(func() { rung.Add(1) })}
		for range 20 {
			s.hear()
		}
		require.True(t, s.failing)
		<-time.After(retryRead - time.Millisecond)
		synctest.Wait()
		require.Zero(t, rung.Load())
		<-time.After(2 * time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 1, rung.Load())
		<-time.After(time.Minute)
		synctest.Wait()
		require.EqualValues(t, 1, rung.Load())
	})
}
