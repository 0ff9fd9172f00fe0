package longrun_test

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/ref"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// BenchmarkSubscribers measures what SUBSCRIBERS open streams cost one process, by its own account and beyond what it
// takes without them, and how long a change takes from its commit, in another process, to the client of its person, when
// RATE changes happen in a second for LASTING seconds. Of that time, signal-p50-ms is until the wake-up is heard by anybody
// who listens to Redis: what follows is the row's read and the way to the socket. Clients and writer are this process,
// which shares the machine.
func BenchmarkSubscribers(b *testing.B) {
	number, rate, lasting := setting(b, "SUBSCRIBERS", 50), setting(b, "RATE", 500), setting(b, "LASTING", 1)
	database, drop, err := storagetest.NewMigratedPostgresDatabase(b.Context())
	require.NoError(b, err)
	b.Cleanup(drop)
	s := newSettings(b, database, os.Getenv(signaltest.RedisVariable))
	store, redis := s.open(b)
	crowd := s.crowd(b, store, redis, number)
	bus := signal.NewBus(redis, quiet())
	hub := feed.NewHub(store, bus, clock.System{}, quiet())
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { hub.Run(ctx) })
	b.Cleanup(func() { stop(); running.Wait() })
	p := &pace{store: store, recorder: feed.NewRecorder(clock.System{}, hub), rate: rate, lasting: time.Duration(lasting) * time.Second}
	bus.Listen(signal.Listener{Topic: "feed", Heard: p.hear, Connected: func() {}})
	running.Go(func() { bus.Run(ctx) })

	for w, name := range []string{overSocket: "websocket", overEvents: "events"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				i := s.start(b)
				before := weigh(b, i)
				a := open(b, i, crowd, way(w), rate*lasting)
				after := weigh(b, i)
				n := float64(number)
				b.ReportMetric((after.heap-before.heap)/n, "heap-B/conn")
				b.ReportMetric((after.stacks-before.stacks)/n, "stack-B/conn")
				b.ReportMetric((after.resident-before.resident)/n, "resident-B/conn")
				b.ReportMetric((after.goroutines-before.goroutines)/n, "goroutines/conn")

				used := i.metric(b, "process_cpu_seconds_total")
				rest(b, p.lasting)
				idle := i.metric(b, "process_cpu_seconds_total") - used
				b.ReportMetric(idle*1000/p.lasting.Seconds(), "idle-cpu-ms/s")

				used = i.metric(b, "process_cpu_seconds_total")
				committed, took := p.run(b, crowd)
				delays := a.delays(b, committed)
				used = i.metric(b, "process_cpu_seconds_total") - used
				b.ReportMetric(float64(len(delays))/took.Seconds(), "events/s")
				b.ReportMetric(used*1e6/float64(len(delays)), "cpu-µs/event")
				b.ReportMetric(milliseconds(p.signals()), "signal-p50-ms")
				b.ReportMetric(milliseconds(delays[len(delays)/2]), "p50-ms")
				b.ReportMetric(milliseconds(delays[len(delays)*99/100]), "p99-ms")
				b.ReportMetric(milliseconds(delays[len(delays)-1]), "max-ms")
				b.ReportMetric(0, "ns/op")
				a.leave()
				i.stop(b)
			}
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// weight is what a process takes.
type weight struct{ heap, stacks, resident, goroutines float64 }

// weigh asks a process after it has collected its garbage.
func weigh(t testing.TB, i *instance) weight {
	t.Helper()
	for range 5 { // a stack shrinks by half at a time
		i.get(t, "/debug/pprof/heap?gc=1&debug=0")
	}
	return weight{
		heap: i.metric(t, "go_memstats_heap_alloc_bytes"), stacks: i.metric(t, "go_memstats_stack_inuse_bytes"),
		resident: i.metric(t, "process_resident_memory_bytes"), goroutines: i.metric(t, "go_goroutines"),
	}
}

// rest lets nothing happen for a while.
func rest(b *testing.B, d time.Duration) {
	b.Helper()
	select {
	case <-time.After(d):
	case <-b.Context().Done():
	}
}

// moment is when something happened to an event.
type moment struct {
	citizen  int
	sequence int64
	at       time.Time
}

// audience are the clients of a crowd; each has read what there was.
type audience struct {
	arrived chan moment
	stop    context.CancelFunc
	gone    sync.WaitGroup
	mu      sync.Mutex
	fault   error
}

func open(b *testing.B, i *instance, crowd []*citizen, w way, room int) *audience {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	a := &audience{arrived: make(chan moment, room), stop: stop}
	c := newClient()
	streams := make([]stream, len(crowd))
	var group errgroup.Group
	group.SetLimit(16)
	for n, one := range crowd {
		group.Go(func() (err error) {
			if streams[n], err = c.subscribe(ctx, w, i.url, one.token, one.sent-1); err != nil {
				return err
			}
			_, err = streams[n].next() // the newest: from here on the stream is live
			return err
		})
	}
	require.NoError(b, group.Wait())
	for n, s := range streams {
		a.gone.Go(func() {
			for {
				got, err := s.next()
				if err != nil {
					a.mu.Lock()
					defer a.mu.Unlock()
					if ctx.Err() == nil && a.fault == nil {
						a.fault = err
					}
					return
				}
				select {
				case a.arrived <- moment{n, got.sequence, time.Now()}:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	b.Cleanup(a.leave)
	return a
}

func (a *audience) leave() {
	a.stop()
	a.gone.Wait()
}

// pace writes changes at a constant rate.
type pace struct {
	store    *storage.Store
	recorder *feed.Recorder
	rate     int
	lasting  time.Duration

	mu     sync.Mutex
	latest map[string]time.Time // commit of each owner whose wake-up was not heard yet
	heard  []time.Duration
}

// hear takes a wake-up, of whichever process.
func (p *pace) hear(owner string) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.latest[owner]; ok {
		p.heard = append(p.heard, now.Sub(at))
		delete(p.latest, owner)
	}
}

// signals is the median time from a commit to its wake-up.
func (p *pace) signals() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heard) == 0 {
		return 0
	}
	slices.Sort(p.heard)
	return p.heard[len(p.heard)/2]
}

// run writes changes and tells when each was committed, and how long it took in all.
func (p *pace) run(b *testing.B, crowd []*citizen) ([]moment, time.Duration) {
	b.Helper()
	const hands = 4
	var committed []moment
	p.latest, p.heard = map[string]time.Time{}, nil
	began := time.Now()
	group, ctx := errgroup.WithContext(viewer.NewSystemContext(b.Context(), "benchmark"))
	for hand := range hands { // each with citizens of its own, so that the numbers of each are in order
		group.Go(func() error {
			every := time.Second * hands / time.Duration(p.rate)
			for k := range int(p.lasting / every) {
				select {
				case <-time.After(time.Until(began.Add(time.Duration(k) * every))):
				case <-ctx.Done():
					return ctx.Err()
				}
				n := (hand + k*hands) % (len(crowd) / hands * hands)
				one := crowd[n]
				one.sent++
				err := p.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
					tx.AfterCommit(func(context.Context) { // before the wake-up
						now := time.Now()
						p.mu.Lock()
						defer p.mu.Unlock()
						committed = append(committed, moment{n, one.sent, now})
						p.latest[one.id.String()] = now
					})
					return p.recorder.Record(ctx, tx, feed.Change{Owner: one.id, Subject: ref.Of(ref.Person, one.id)})
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
	return committed, time.Since(began)
}

// delays joins commits and arrivals, each of which must be there once, and sorts what lies between.
func (a *audience) delays(b *testing.B, committed []moment) []time.Duration {
	b.Helper()
	type name struct {
		citizen  int
		sequence int64
	}
	began := make(map[name]time.Time, len(committed))
	for _, c := range committed {
		began[name{c.citizen, c.sequence}] = c.at
	}
	delays := make([]time.Duration, 0, len(committed))
	deadline := time.After(soon)
	for len(delays) < len(committed) {
		select {
		case m := <-a.arrived:
			at, known := began[name{m.citizen, m.sequence}]
			require.True(b, known, "an event came twice, or one that nobody made")
			delete(began, name{m.citizen, m.sequence})
			delays = append(delays, m.at.Sub(at))
		case <-deadline:
			require.FailNow(b, "events were lost", "%d of %d; %v", len(began), len(committed), a.fault)
		}
	}
	return slices.Sorted(slices.Values(delays))
}
