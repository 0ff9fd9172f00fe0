package feed_test

import (
	"context"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent/feedevent"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/page"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// eachInstance runs a test on both databases.
func eachInstance(t *testing.T, test func(t *testing.T, i *instance)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		test(t, start(t, s, client))
	})
}

func (i *instance) happen(t testing.TB, owner uuid.UUID, times int, kind ref.Kind) {
	t.Helper()
	for range times {
		happen(t, i.store, i.Recorder, owner, kind)
	}
}

func TestASubscriberSeesWhatHappensFromNowOn(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann, bob := persontest.New(t, i.store), persontest.New(t, i.store)
		i.happen(t, ann, 2, ref.Appeal)
		s := subscribe(t, i.Hub, ann, nil)
		i.happen(t, bob, 3, ref.Appeal)
		i.happen(t, ann, 3, ref.Appeal)
		s.expect(t, 3, 5)

		position, err := i.Position(persontest.As(t, ann))
		require.NoError(t, err)
		require.Equal(t, *at(5), position)
	})
}

func TestASubscriberGoesOnWhereItLeft(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 3, ref.Appeal)
		s := subscribe(t, i.Hub, ann, at(0))
		first := s.next(t)
		require.EqualValues(t, 1, first.Sequence)
		cursor := first.Cursor()
		s.leave()

		i.happen(t, ann, 2, ref.Appeal)
		s = subscribe(t, i.Hub, ann, &cursor)
		s.expect(t, 2, 5)
		i.happen(t, ann, 1, ref.Appeal)
		s.expect(t, 6, 6)

		s = subscribe(t, i.Hub, ann, at(6))
		i.happen(t, ann, 1, ref.Appeal)
		s.expect(t, 7, 7)
	})
}

func TestAMultitudeIsReadInPortions(t *testing.T) {
	_, client := signaltest.Miniredis(t)
	i := start(t, storagetest.OpenSQLite(t), client)
	ann := persontest.New(t, i.store)
	i.happen(t, ann, 450, ref.Appeal)
	subscribe(t, i.Hub, ann, at(0)).expect(t, 1, 450)
}

// TestNothingIsLostOrDoubledOverReconnects: while somebody writes, a subscriber comes and goes at will.
func TestNothingIsLostOrDoubledOverReconnects(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		rapid.Check(t, func(r *rapid.T) {
			ann := persontest.New(t, i.store)
			portions := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 4).Draw(r, "portions")
			total := 0
			for _, n := range portions {
				total += n
			}
			var writer sync.WaitGroup
			writer.Go(func() { i.happen(t, ann, total, ref.Appeal) })
			after := at(0)
			want := int64(1)
			for _, n := range portions {
				s := subscribe(t, i.Hub, ann, after)
				for range n {
					e := s.next(t)
					require.Equal(r, want, e.Sequence)
					require.Nil(r, e.Gap)
					cursor := e.Cursor()
					after = &cursor
					want++
				}
				s.leave()
			}
			writer.Wait()
		})
	})
}

func TestASubscriberMayAskForKindsOnly(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		s := subscribe(t, i.Hub, ann, at(0), ref.Benefit, ref.SickLeave)
		for _, kind := range []ref.Kind{ref.Appeal, ref.Benefit, ref.Document, ref.SickLeave, ref.Appeal, ref.Benefit} {
			i.happen(t, ann, 1, kind)
		}
		for _, want := range []int64{2, 4, 6} {
			require.Equal(t, want, s.next(t).Sequence)
		}
	})
}

func TestWhatIsKeptNoMoreIsAGap(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 6, ref.Appeal)
		remove := func(to int64) {
			_, err := i.store.FeedEvent.Delete().Where(feedevent.SequenceLTE(to)).Exec(persontest.System(t))
			require.NoError(t, err)
		}
		remove(4)
		s := subscribe(t, i.Hub, ann, at(1), ref.Benefit) // a gap is told whatever kinds are asked for
		gap := s.next(t)
		require.NotNil(t, gap.Gap)
		require.Equal(t, 3, gap.Gap.Missed)
		require.EqualValues(t, 4, gap.Sequence)
		require.Zero(t, gap.Subject)

		cursor := gap.Cursor()
		subscribe(t, i.Hub, ann, &cursor).expect(t, 5, 6) // and is behind one who goes on from there
		subscribe(t, i.Hub, ann, at(5)).expect(t, 6, 6)

		remove(6) // all
		s = subscribe(t, i.Hub, ann, at(0))
		gap = s.next(t)
		require.NotNil(t, gap.Gap)
		require.Equal(t, 6, gap.Gap.Missed)
		i.happen(t, ann, 1, ref.Appeal)
		s.expect(t, 7, 7)
	})
}

func TestAForgedPositionIsRefused(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 2, ref.Appeal)
		good := *at(1)
		for name, forged := range map[string]page.Cursor{
			"the future": *at(3), "far": *at(math.MaxInt64), "negative": *at(-1), "empty": "", "cut": good[:8],
			"longer": good + "AAAA", "line end": good[:4] + "\n" + good[4:], "padded": good + "=", "of a list": "AMYAAAAAaawvgAGWAAAAAHAAgAAAAAAAAAo",
		} {
			err := i.Subscribe(persontest.As(t, ann), &forged, nil, nil)
			require.ErrorIs(t, err, page.ErrCursor, name)
		}
		require.Zero(t, i.Watching(), "who is refused watches nothing")
	})
}

func TestOnlyAPersonSubscribes(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		for _, ctx := range []context.Context{t.Context(), persontest.System(t)} {
			err := i.Subscribe(ctx, nil, nil, nil)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
		}
		err := i.Subscribe(persontest.As(t, uuid.New()), nil, nil, nil)
		require.ErrorIs(t, err, fault.ErrNotFound)
		require.Zero(t, i.Watching())
	})
}

func TestASlowReaderHoldsUpOnlyItself(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		slow, quick := subscribe(t, i.Hub, ann, nil), subscribe(t, i.Hub, ann, nil)
		require.Equal(t, 2, i.Watching())
		for n := range int64(20) {
			i.happen(t, ann, 1, ref.Appeal)
			quick.expect(t, n+1, n+1)
		}
		slow.expect(t, 1, 20)
	})
}

// TestWhatWasNotTakenComesAgain: who says no to an event gets it when there is another reason to look.
func TestWhatWasNotTakenComesAgain(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		offered := make(chan int64, 10)
		no := true
		require.NoError(t, i.Subscribe(persontest.As(t, ann), nil, nil, func(e *feed.Event) bool {
			offered <- e.Sequence
			no = !no
			return no
		}))
		i.happen(t, ann, 1, ref.Appeal)
		require.EqualValues(t, 1, <-offered)
		i.happen(t, ann, 1, ref.Appeal)
		require.EqualValues(t, 1, <-offered)
		require.EqualValues(t, 2, <-offered)
	})
}

// TestNobodyWaitsWithASubscriber: thousands of them cost no goroutine while nothing happens.
func TestNobodyWaitsWithASubscriber(t *testing.T) {
	_, client := signaltest.Miniredis(t)
	i := start(t, storagetest.OpenSQLite(t), client)
	ann := persontest.New(t, i.store)
	subscribe(t, i.Hub, ann, nil)
	before := runtime.NumGoroutine()
	const many, few = 100, 10 // few are those of the test and of the database
	for range many {
		subscribe(t, i.Hub, ann, nil)
	}
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+few }, soon, time.Millisecond)
}

func TestWhoLeavesIsForgotten(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		for range 10 {
			s := subscribe(t, i.Hub, ann, nil)
			require.Equal(t, 1, i.Watching())
			i.happen(t, ann, 1, ref.Appeal) // which nobody reads
			s.leave()
			require.Zero(t, i.Watching())
		}
	})
}

func TestInstancesWakeEachOther(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		storagetest.Each(t, func(t *testing.T, s *storage.Store) {
			here, there := start(t, s, r), start(t, s, r)
			ann, bob := persontest.New(t, s), persontest.New(t, s)
			anns, bobs := subscribe(t, there.Hub, ann, nil), subscribe(t, here.Hub, bob, nil)
			for n := range int64(5) {
				here.happen(t, ann, 1, ref.Appeal)
				there.happen(t, bob, 1, ref.Appeal)
				anns.expect(t, n+1, n+1)
				bobs.expect(t, n+1, n+1)
			}
		})
	})
}
