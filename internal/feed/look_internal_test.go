package feed

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// silent announces nothing: every wake-up is lost.
type silent struct{}

func (silent) Announce(uuid.UUID) {}

// within is far more than anything here takes.
const within = 15 * time.Second

// eachDeaf runs a test with a hub to which no wake-up comes, and a count of the statements that it sends.
func eachDeaf(t *testing.T, test func(t *testing.T, h *Hub, s *storage.Store, statements *atomic.Int64)) {
	t.Helper()
	statements := &atomic.Int64{}
	count := storage.OnStatement(func(context.Context, string) { statements.Add(1) })
	run := func(t *testing.T, s *storage.Store) {
		t.Helper()
		_, client := signaltest.Miniredis(t)
		test(t, NewHub(s, signal.NewBus(client, slog.New(slog.DiscardHandler)), clock.System{}, slog.New(slog.DiscardHandler)), s, statements)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, storagetest.OpenSQLite(t, count)) })
	t.Run("postgres", func(t *testing.T) { run(t, storagetest.OpenPostgres(t, count)) })
}

func unannounced(t *testing.T, s *storage.Store, owner uuid.UUID) {
	t.Helper()
	require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
		return NewRecorder(clock.System{}, silent{}).Record(ctx, tx, Change{Owner: owner, Subject: ref.Of(ref.Person, owner)})
	}))
}

func follow(t *testing.T, h *Hub, owner uuid.UUID) <-chan *Event {
	t.Helper()
	ctx, stop := context.WithCancel(persontest.As(t, owner))
	events := make(chan *Event)
	require.NoError(t, h.Subscribe(ctx, nil, nil, func(e *Event) bool {
		select {
		case events <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}))
	t.Cleanup(func() { // the test's context has ended, and everybody has left with it
		stop()
		require.Eventually(t, func() bool { return h.Watching() == 0 }, within, time.Millisecond)
	})
	return events
}

func expect(t *testing.T, events <-chan *Event, sequence int64) {
	t.Helper()
	select {
	case e := <-events:
		require.Equal(t, sequence, e.Sequence)
	case <-time.After(within):
		require.FailNow(t, "no event came")
	}
}

func TestALookFindsWhatNobodyWasWokenFor(t *testing.T) {
	eachDeaf(t, func(t *testing.T, h *Hub, s *storage.Store, _ *atomic.Int64) {
		ann, bob := persontest.New(t, s), persontest.New(t, s)
		anns, bobs := follow(t, h, ann), follow(t, h, bob)
		last := looked{}
		for sequence := range int64(4) {
			var err error
			unannounced(t, s, ann)
			if sequence%2 == 0 {
				unannounced(t, s, bob)
			}
			last, err = h.lookFrom(t.Context(), last)
			require.NoError(t, err)
			expect(t, anns, sequence+1)
			if sequence%2 == 0 {
				expect(t, bobs, sequence/2+1)
			}
		}
		// One who comes between two looks is woken by the next, whoever else watches the same owner.
		late := follow(t, h, ann)
		unannounced(t, s, ann)
		last, err := h.lookFrom(t.Context(), last)
		require.NoError(t, err)
		expect(t, anns, 5)
		expect(t, late, 5)
		require.Equal(t, looked{ann: 5, bob: 2}, last)
	})
}

// TestWhoHasNothingToReadDoesNotAsk: a thousand subscribers cost a look two or three statements.
func TestWhoHasNothingToReadDoesNotAsk(t *testing.T) {
	eachDeaf(t, func(t *testing.T, h *Hub, s *storage.Store, statements *atomic.Int64) {
		const owners = lookAtOnce + 20
		for range owners {
			follow(t, h, persontest.New(t, s))
		}
		ann := persontest.New(t, s)
		anns := follow(t, h, ann)
		last, err := h.lookFrom(t.Context(), looked{}) // of those that it does not know it wakes all
		require.NoError(t, err)
		require.Len(t, last, owners+1)
		unannounced(t, s, ann) // and this is behind what they then read
		_, err = h.lookFrom(t.Context(), last)
		require.NoError(t, err)
		expect(t, anns, 1)

		last[ann]++
		quiet(t, statements)
		before := statements.Load()
		again, err := h.lookFrom(t.Context(), last)
		require.NoError(t, err)
		require.Equal(t, last, again)
		quiet(t, statements)
		require.EqualValues(t, 2, statements.Load()-before)
	})
}

// quiet waits until no statement has been sent for a while.
func quiet(t *testing.T, statements *atomic.Int64) {
	t.Helper()
	before := int64(-1)
	require.Eventually(t, func() bool {
		now := statements.Load()
		still := now == before
		before = now
		return still
	}, within, 200*time.Millisecond)
}

func TestALookThatFailsSaysSo(t *testing.T) {
	eachDeaf(t, func(t *testing.T, h *Hub, s *storage.Store, _ *atomic.Int64) {
		follow(t, h, persontest.New(t, s))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := h.lookFrom(ctx, looked{})
		require.Error(t, err)
	})
}
