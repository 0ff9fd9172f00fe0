package notice_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/ent"
	"kabinet/internal/clock"
	"kabinet/internal/locale"
	"kabinet/internal/notice"
	"kabinet/internal/person/persontest"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is the service of one instance.
type place struct {
	*notice.Service

	store *storage.Store
	bus   *signal.Bus
	seen  *storagetest.Statements
	clock *clock.Fixed
	n     int
}

// open makes an instance on a database and a Redis; nothing of it runs yet.
func open(s *storage.Store, r redis.UniversalClient, options ...notice.Option) *place {
	log := slog.New(slog.DiscardHandler)
	p := &place{
		store: s, bus: signal.NewBus(r, log),
		clock: clock.NewFixed(time.Date(2026, time.March, 4, 9, 0, 0, 0, time.UTC)),
	}
	p.Service = notice.New(s, p.bus, p.clock, log, options...)
	return p
}

// each runs a test on both databases, with an instance of which nothing runs.
func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		_, client := signaltest.Miniredis(t)
		p := open(s, client)
		p.seen = seen
		test(t, p)
	})
}

// someone is a context in which a person asks.
func someone(t testing.TB) context.Context {
	t.Helper()
	return persontest.As(t, uuid.New())
}

func march(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 0, 0, 0, time.UTC) }

// text is one that is told in Russian only.
func text(ru string) locale.Text { return locale.Text{Ru: ru} }

// add makes an announcement that is shown; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, change func(*ent.AnnouncementCreate)) *ent.Announcement {
	p.n++
	create := p.store.Announcement.Create().SetNumber(fmt.Sprintf("N%06d", p.n)).SetSequence(int64(p.n)).
		SetImportance(string(notice.Information)).SetTitleRu("Название").SetTextRu("Текст").SetPublishedAt(p.clock.Now()).
		SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

// inTx applies reports in one transaction, as the system.
func (p *place) inTx(t testing.TB, apply func(ctx context.Context, tx *storage.Tx) error) error {
	t.Helper()
	return p.store.InTx(persontest.System(t), apply)
}

func (p *place) publish(t testing.TB, n notice.Publication) error {
	t.Helper()
	return p.inTx(t, func(ctx context.Context, tx *storage.Tx) error { return p.ApplyPublication(ctx, tx, n) })
}

func (p *place) plan(t testing.TB, w notice.Work) error {
	t.Helper()
	return p.inTx(t, func(ctx context.Context, tx *storage.Tx) error { return p.ApplyWork(ctx, tx, w) })
}

func (p *place) report(t testing.TB, h notice.Health) error {
	t.Helper()
	return p.inTx(t, func(ctx context.Context, tx *storage.Tx) error { return p.ApplyHealth(ctx, tx, h) })
}

// run runs an instance until the test ends.
func (p *place) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { p.bus.Run(ctx) })
	wg.Go(func() { p.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
}

// start opens an instance and runs it. It looks unasked only after an hour, so that whatever comes has been woken,
// unless the test says otherwise.
func start(t *testing.T, s *storage.Store, r redis.UniversalClient, options ...notice.Option) *place {
	t.Helper()
	p := open(s, r, append([]notice.Option{notice.LookEvery(time.Hour)}, options...)...)
	connected := make(chan struct{}, 1)
	p.bus.Listen(signal.Listener{Topic: "notice", Heard: func(string) {}, Connected: func() {
		select {
		case connected <- struct{}{}:
		default:
		}
	}})
	p.run(t)
	select {
	case <-connected:
	case <-time.After(soon):
		require.FailNow(t, "Redis does not answer")
	}
	return p
}

// eachInstance runs a test on both databases, with an instance that runs.
func eachInstance(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		test(t, start(t, s, client))
	})
}

// soon is far more than anything here takes.
const soon = 15 * time.Second

// stream is a subscriber's end.
type stream[T any] struct {
	items <-chan T
	leave func()
}

// subscribe subscribes as a person.
func subscribe[T any](t testing.TB, to func(context.Context) (<-chan T, error)) *stream[T] {
	t.Helper()
	ctx, stop := context.WithCancel(someone(t))
	items, err := to(ctx)
	require.NoError(t, err)
	s := &stream[T]{items: items}
	s.leave = func() {
		stop()
		deadline := time.After(soon)
		for {
			select {
			case _, open := <-items:
				if !open {
					return
				}
			case <-deadline:
				t.Error("the channel is not closed")
				return
			}
		}
	}
	t.Cleanup(s.leave)
	return s
}

// next awaits the next item.
func (s *stream[T]) next(t testing.TB) (item T) {
	t.Helper()
	select {
	case v, open := <-s.items:
		require.True(t, open, "the stream has ended")
		return v
	case <-time.After(soon):
		require.FailNow(t, "nothing came")
	}
	return item
}
