//go:build longrun

package longrun_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
)

// cabinet is two instances on servers of their own, and people who watch.
type cabinet struct {
	settings
	postgres, redis *server
	instances       []*instance
	store           *storage.Store
	crowd           []*citizen
}

func newCabinet(t testing.TB, people int) *cabinet {
	t.Helper()
	c := &cabinet{postgres: startPostgres(t), redis: startRedis(t)}
	c.settings = newSettings(t, c.postgres.postgresURL(), "redis://"+c.redis.address+"/0")
	for range 2 { // the first one makes the tables
		c.instances = append(c.instances, c.settings.start(t))
	}
	store, client := c.open(t)
	c.store = store
	c.crowd = c.settings.crowd(t, store, client, people)
	return c
}

// anywhere chooses an instance.
func (c *cabinet) anywhere(r *rand.Rand) string { return c.instances[r.IntN(len(c.instances))].url }

// TestEveryEventOnceAndInOrderOrAGap: a fund reports, people watch over both transports, and meanwhile everything breaks
// that can: connections, instances, Redis, PostgreSQL, in an order that SEED repeats. In the end each has seen each event
// of theirs once and in order, but for those of which a gap told.
func TestEveryEventOnceAndInOrderOrAGap(t *testing.T) {
	events, people, cuts := setting(t, "EVENTS", 5000), setting(t, "PERSONS", 100), setting(t, "CUTS", 40)
	seed := rand.Uint64()
	if text := os.Getenv("SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("EVENTS=%d PERSONS=%d CUTS=%d SEED=%d", events, people, cuts, seed)
	began := time.Now()

	c := newCabinet(t, people)
	idle := make([]float64, len(c.instances))
	for i, instance := range c.instances {
		idle[i] = instance.metric(t, "go_goroutines")
	}
	crew := newCrew(t, seed, c.crowd, c.anywhere)
	crew.await(t, soon)
	t.Logf("%.0f s: %d people watch", time.Since(began).Seconds(), people)

	w := newWriter(c, events, cuts)
	reports, ctx := errgroup.WithContext(t.Context())
	reports.Go(func() error { return w.run(ctx, seed) })
	trouble := newTrouble(t, c, crew, seed)
	for n := range cuts {
		w.allow(n + 1)
		require.NoError(t, w.reached(t.Context(), n), "SEED=%d", seed)
		name := trouble.make()
		require.NoError(t, crew.fault(), "behind cut %d, %s; SEED=%d", n+1, name, seed)
		if (n+1)%50 == 0 {
			t.Logf("%.0f s: %d cuts, %d events", time.Since(began).Seconds(), n+1, w.written.Load())
		}
	}
	w.allow(cuts + 1)
	require.NoError(t, reports.Wait(), "SEED=%d", seed)
	written := time.Since(began)
	crew.await(t, soon)
	t.Logf("%.0f s: all written; %.0f s: all seen; cuts: %v", written.Seconds(), time.Since(began).Seconds(), trouble.made)

	// One more for everybody: what would come twice, or late, would come before it.
	require.NoError(t, w.report(t.Context(), rand.New(rand.NewPCG(seed, 0)), c.crowd), "SEED=%d", seed)
	crew.await(t, soon)
	for _, one := range c.crowd {
		newest, err := owner.Sequence(persontest.System(t), c.store, one.id)
		require.NoError(t, err)
		require.Equal(t, one.sent, newest, "SEED=%d", seed)
	}
	got, missed, gaps, streams := crew.tally()
	require.Equal(t, int64(events+2*people), got+missed, "SEED=%d", seed)

	crew.part()
	for i, instance := range c.instances {
		require.Eventually(t, func() bool { return instance.metric(t, "go_goroutines") <= idle[i]+10 }, soon, 100*time.Millisecond,
			"goroutines are left; SEED=%d", seed)
	}
	t.Logf("%d events got, %d told of in %d gaps, none lost, none twice; %d streams; the fund tried %d times again", got, missed, gaps, streams, w.fund.retries)
}

// writer is the fund: it reports on people, as fast as it may go.
type writer struct {
	cabinet *cabinet
	fund    *fundSide
	events  int64
	cuts    int

	written atomic.Int64
	allowed atomic.Int64
	changed chan struct{}
	failed  chan error
}

func newWriter(c *cabinet, events, cuts int) *writer {
	return &writer{
		cabinet: c, fund: newFundSide(c.settings), events: int64(events), cuts: cuts,
		changed: make(chan struct{}, 1), failed: make(chan error, 1),
	}
}

// share is how many events are written by the time of a cut.
func (w *writer) share(cut int) int64 { return w.events * int64(cut) / int64(w.cuts+1) }

// allow lets it write up to a cut, and a little further: there is always something under way.
func (w *writer) allow(cut int) { w.allowed.Store(min(w.events, w.share(cut+1))) }

// reached waits for the events before a cut.
func (w *writer) reached(ctx context.Context, cut int) error {
	for w.written.Load() < w.share(cut) {
		select {
		case <-w.changed:
		case err := <-w.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// run writes everything. Each of its hands has people of its own, so that reports on one are in order.
func (w *writer) run(ctx context.Context, seed uint64) error {
	const hands, most = 4, 20
	group, ctx := errgroup.WithContext(ctx)
	for hand := range hands {
		group.Go(func() error {
			random := rand.New(rand.NewPCG(seed, uint64(1_000_000+hand)))
			var mine []*citizen
			for i := hand; i < len(w.cabinet.crowd); i += hands {
				mine = append(mine, w.cabinet.crowd[i])
			}
			left := w.events / hands
			if hand == 0 {
				left += w.events % hands
			}
			for left > 0 {
				some := make([]*citizen, min(left, 1+random.Int64N(most)))
				for i := range some {
					some[i] = mine[random.IntN(len(mine))]
				}
				if err := w.wait(ctx); err != nil {
					return err
				}
				if err := w.report(ctx, random, some); err != nil {
					return err
				}
				left -= int64(len(some))
			}
			return nil
		})
	}
	err := group.Wait()
	if err != nil {
		w.failed <- err
	}
	return err
}

// wait waits until more may be written.
func (w *writer) wait(ctx context.Context) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for w.written.Load() >= w.allowed.Load() && w.allowed.Load() < w.events {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// report reports on people, once for each time that they are named, to instances that are chosen at random.
func (w *writer) report(ctx context.Context, random *rand.Rand, on []*citizen) error {
	if err := w.send(ctx, on, func() string { return w.cabinet.anywhere(random) }); err != nil {
		return err
	}
	w.written.Add(int64(len(on)))
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return nil
}

// reportTo has one instance told.
func (w *writer) reportTo(ctx context.Context, on []*citizen, url string) error {
	return w.send(ctx, on, func() string { return url })
}

// send sends no more at once than the cabinet takes.
func (w *writer) send(ctx context.Context, on []*citizen, to func() string) error {
	const most = 500
	for some := range slices.Chunk(on, most) {
		reports := make([][]byte, len(some))
		for i, c := range some {
			var err error
			if reports[i], err = c.report(); err != nil {
				return err
			}
		}
		if err := w.fund.tell(ctx, reports, to); err != nil {
			return err
		}
	}
	return nil
}
