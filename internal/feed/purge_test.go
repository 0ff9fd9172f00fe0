package feed_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent/feedevent"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// gap awaits the news that so many events up to a number are kept no more.
func (s *subscription) gap(t testing.TB, missed int, to int64) {
	t.Helper()
	e := s.next(t)
	require.NotNil(t, e.Gap)
	require.Equal(t, missed, e.Gap.Missed)
	require.Equal(t, to, e.Sequence)
	require.Zero(t, e.Subject)
	require.Equal(t, feed.CursorAt(to), e.Cursor())
}

// purge purges and wants so many events to be deleted.
func (i *instance) purge(t testing.TB, deleted int) {
	t.Helper()
	n, err := i.Purge(t.Context())
	require.NoError(t, err)
	require.Equal(t, deleted, n)
}

func TestAPurgeDeletesWhatIsTooOld(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann, bob := persontest.New(t, i.store), persontest.New(t, i.store)
		i.purge(t, 0)
		i.happen(t, ann, 3, ref.Appeal)
		i.happen(t, bob, 1, ref.Appeal)
		i.clock.Advance(24 * time.Hour)
		i.happen(t, ann, 2, ref.Appeal)

		i.clock.Advance(feed.Retention - 24*time.Hour)
		i.purge(t, 0) // 90 days to the moment are kept
		i.clock.Advance(time.Millisecond)
		i.purge(t, 4)
		i.purge(t, 0)

		// Who asks for what is gone is told how much of it, and goes on,
		s := subscribe(t, i.Hub, ann, at(0))
		s.gap(t, 3, 3)
		s.expect(t, 4, 5)
		s = subscribe(t, i.Hub, ann, at(2), ref.Benefit) // whatever kinds are asked for
		s.gap(t, 1, 3)
		// who has seen it is not,
		subscribe(t, i.Hub, ann, at(3)).expect(t, 4, 5)
		// and the numbers of one whose events are all gone go on, too.
		s = subscribe(t, i.Hub, bob, at(0))
		s.gap(t, 1, 1)
		seen := subscribe(t, i.Hub, bob, at(1))
		position, err := i.Position(persontest.As(t, bob))
		require.NoError(t, err)
		require.Equal(t, *at(1), position)
		i.happen(t, bob, 1, ref.Appeal)
		s.expect(t, 2, 2)
		seen.expect(t, 2, 2)
	})
}

func TestAPurgeOfMoreThanOneStatement(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		i := start(t, s, client)
		ann := persontest.New(t, s)
		const times = 2345
		require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			for range times {
				if err := record(ctx, tx, i.Recorder, ann, ref.Appeal); err != nil {
					return err
				}
			}
			return nil
		}))
		i.clock.Advance(feed.Retention + time.Hour)
		// Two instances at once delete each event once.
		other := start(t, s, client)
		other.clock.Advance(feed.Retention + time.Hour)
		var wg sync.WaitGroup
		deleted, failed := make([]int, 2), make([]error, 2)
		for n, one := range []*instance{i, other} {
			wg.Go(func() { deleted[n], failed[n] = one.Purge(t.Context()) })
		}
		wg.Wait()
		require.NoError(t, failed[0])
		require.NoError(t, failed[1])
		require.Equal(t, times, deleted[0]+deleted[1])
		subscribe(t, i.Hub, ann, at(45)).gap(t, times-45, times)
	})
}

func TestHowLongIsKeptCanBeSaid(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		i := start(t, s, client, feed.KeepFor(time.Hour))
		ann := persontest.New(t, s)
		i.happen(t, ann, 1, ref.Appeal)
		i.clock.Advance(time.Hour + time.Millisecond)
		i.purge(t, 1)
	})
}

// TestAStreamTellsWhatAPurgeTookFromUnderIt: a purge overtakes a reader who has stopped for longer than events are kept.
func TestAStreamTellsWhatAPurgeTookFromUnderIt(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 450, ref.Appeal)
		s := subscribe(t, i.Hub, ann, at(0))
		s.expect(t, 1, 10) // of the first 200, which are read
		i.clock.Advance(feed.Retention + time.Hour)
		i.purge(t, 450)
		s.expect(t, 11, 200)
		s.gap(t, 250, 450)
		i.happen(t, ann, 1, ref.Appeal)
		s.expect(t, 451, 451)
	})
}

// TestAHoleIsToldToo: clocks of two instances that differ by a little can make a purge leave an older event.
func TestAHoleIsToldToo(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 1, ref.Appeal)
		early := feed.NewRecorder(clock.NewFixed(i.clock.Now().Add(-time.Minute)), i.Hub)
		happen(t, i.store, early, ann, ref.Appeal)
		i.happen(t, ann, 1, ref.Appeal)
		i.clock.Advance(feed.Retention)
		i.purge(t, 1)
		s := subscribe(t, i.Hub, ann, at(0))
		s.expect(t, 1, 1)
		s.gap(t, 1, 2)
		s.expect(t, 3, 3)
	})
}

// TestEventsAndGapsAddUp: whatever is purged when, what a stream gives and what it says is missing is everything.
func TestEventsAndGapsAddUp(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		rapid.Check(t, func(r *rapid.T) {
			ann := persontest.New(t, i.store)
			total := int64(0)
			for _, n := range rapid.SliceOfN(rapid.IntRange(1, 4), 1, 5).Draw(r, "days") {
				i.happen(t, ann, n, ref.Appeal)
				total += int64(n)
				i.clock.Advance(24 * time.Hour)
			}
			// Some days are past their time, the others are not.
			i.clock.Advance(feed.Retention - 24*time.Hour*time.Duration(rapid.IntRange(0, 6).Draw(r, "kept")))
			_, err := i.Purge(t.Context())
			require.NoError(r, err)
			kept, err := i.store.FeedEvent.Query().Where(feedevent.OwnerID(ann)).Count(persontest.System(t))
			require.NoError(r, err)

			after := rapid.Int64Range(0, total).Draw(r, "after")
			s := subscribe(t, i.Hub, ann, at(after))
			position, events := after, 0
			for position < total {
				e := s.next(t)
				if e.Gap != nil {
					require.Equal(r, position+int64(e.Gap.Missed), e.Sequence)
				} else {
					require.Equal(r, position+1, e.Sequence)
					events++
				}
				position = e.Sequence
			}
			s.leave()
			require.Equal(r, min(kept, int(total-after)), events)
			newest, err := owner.Sequence(persontest.System(t), i.store, ann)
			require.NoError(r, err)
			require.Equal(r, total, newest)
		})
	})
}

func TestAnEventsIDTellsItsTime(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		ann := persontest.New(t, i.store)
		i.happen(t, ann, 1, ref.Appeal)
		row, err := i.store.FeedEvent.Query().Only(persontest.As(t, ann))
		require.NoError(t, err)
		require.Equal(t, uuid.Version(7), row.ID.Version())
		seconds, nanoseconds := row.ID.Time().UnixTime()
		require.True(t, row.OccurredAt.Equal(time.Unix(seconds, nanoseconds)), row.OccurredAt)
	})
}
