package feed_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/page"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is far more than anything here takes, and less than the half minute after which a subscriber looks unasked.
const soon = 15 * time.Second

var errRefused = errors.New("refused")

// instance is one running instance of the program.
type instance struct {
	*feed.Hub
	*feed.Recorder

	store *storage.Store
	clock *clock.Fixed
}

// start starts an instance on a database and a Redis. Its clock stands still, so that nothing is overdue for its sweep
// unless the test says so.
func start(t *testing.T, s *storage.Store, r redis.UniversalClient, options ...feed.Option) *instance {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	bus := signal.NewBus(r, log)
	hub := feed.NewHub(s, bus, c, log, options...)
	connected := make(chan struct{}, 1)
	bus.Listen(signal.Listener{Topic: "feed", Heard: func(string) {}, Connected: func() {
		select {
		case connected <- struct{}{}:
		default:
		}
	}})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { bus.Run(ctx) })
	wg.Go(func() { hub.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	select {
	case <-connected:
	case <-time.After(soon):
		require.FailNow(t, "Redis does not answer")
	}
	return &instance{Hub: hub, Recorder: feed.NewRecorder(c, hub), store: s, clock: c}
}

// nobodyToTell is an announcer of an instance that dies before it announces.
type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

// happen records one change of an owner's appeal.
func happen(t testing.TB, s *storage.Store, r *feed.Recorder, owner uuid.UUID, kind ref.Kind) {
	t.Helper()
	require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
		return record(ctx, tx, r, owner, kind)
	}))
}

func record(ctx context.Context, tx *storage.Tx, r *feed.Recorder, owner uuid.UUID, kind ref.Kind) error {
	from, to, comment := "DRAFT", "SUBMITTED", "said"
	return r.Record(ctx, tx, feed.Change{Owner: owner, Subject: ref.Of(kind, uuid.New()), From: &from, To: &to, Comment: &comment})
}

// subscription is a subscriber's end of the feed.
type subscription struct {
	events <-chan *feed.Event
	leave  func()
}

// subscribe subscribes as a person.
func subscribe(t testing.TB, h *feed.Hub, person uuid.UUID, after *page.Cursor, kinds ...ref.Kind) *subscription {
	t.Helper()
	ctx, stop := context.WithCancel(persontest.As(t, person))
	events := make(chan *feed.Event)
	require.NoError(t, h.Subscribe(ctx, after, kinds, func(e *feed.Event) bool {
		select {
		case events <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}))
	watching := func(n int) {
		require.Eventually(t, func() bool { return h.Watching() == n }, soon, time.Millisecond, "who left is watching")
	}
	t.Cleanup(func() { // the test's context has ended, and everybody has left with it
		stop()
		watching(0)
	})
	leave := func() {
		before := h.Watching()
		stop()
		watching(before - 1)
	}
	return &subscription{events: events, leave: leave}
}

// next awaits the next event.
func (s *subscription) next(t testing.TB) *feed.Event {
	t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(soon):
		require.FailNow(t, "no event came")
	}
	return nil
}

// expect awaits events with these numbers, in this order.
func (s *subscription) expect(t testing.TB, from, to int64) {
	t.Helper()
	for want := from; want <= to; want++ {
		e := s.next(t)
		require.Equal(t, want, e.Sequence)
		require.Nil(t, e.Gap)
	}
}

func at(sequence int64) *page.Cursor {
	c := feed.CursorAt(sequence)
	return &c
}
