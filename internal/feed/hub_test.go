package feed_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/ent/feedevent"
	"kabinet/internal/feed"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// unannounced counts events whose wake-up is still to be sent.
func unannounced(t *testing.T, s *storage.Store) int {
	t.Helper()
	n, err := s.FeedEvent.Query().Where(feedevent.AnnouncedAtIsNil()).Count(persontest.System(t))
	require.NoError(t, err)
	return n
}

func TestNothingIsLostWhileRedisIsDown(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		mini, client := signaltest.Miniredis(t)
		here, there := start(t, s, client), start(t, s, client)
		ann := persontest.New(t, s)
		near, far := subscribe(t, here.Hub, ann, nil), subscribe(t, there.Hub, ann, nil)
		here.happen(t, ann, 1, ref.Appeal)
		near.expect(t, 1, 1)
		far.expect(t, 1, 1)

		mini.Close()
		here.happen(t, ann, 2, ref.Appeal)
		near.expect(t, 2, 3) // the same instance needs no Redis

		require.NoError(t, mini.Restart())
		far.expect(t, 2, 3) // the other looks as soon as it is connected again

		here.happen(t, ann, 1, ref.Appeal)
		near.expect(t, 4, 4)
		far.expect(t, 4, 4)
	})
}

func TestASweepAnnouncesWhatACrashLeft(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		storagetest.Each(t, func(t *testing.T, s *storage.Store) {
			here, there := start(t, s, r), start(t, s, r)
			ann, bob := persontest.New(t, s), persontest.New(t, s)
			// Given two people's events that an instance wrote before it died,
			crashed := feed.NewRecorder(here.clock, nobodyToTell{})
			anns, bobs := subscribe(t, there.Hub, ann, nil), subscribe(t, there.Hub, bob, nil)
			happen(t, s, crashed, ann, ref.Appeal)
			happen(t, s, crashed, ann, ref.Appeal)
			happen(t, s, crashed, bob, ref.Appeal)
			require.Equal(t, 3, unannounced(t, s))
			// when it is too early, nothing is done,
			require.NoError(t, here.Sweep(t.Context()))
			require.Equal(t, 3, unannounced(t, s))
			// and when it is time, all are announced, to other instances too.
			here.clock.Advance(10 * time.Second)
			require.NoError(t, here.Sweep(t.Context()))
			require.Zero(t, unannounced(t, s))
			anns.expect(t, 1, 2)
			bobs.expect(t, 1, 1)
		})
	})
}

func TestASweepThatFailsIsMadeAgain(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		mini, client := signaltest.Miniredis(t)
		i := start(t, s, client)
		ann := persontest.New(t, s)
		happen(t, s, feed.NewRecorder(i.clock, nobodyToTell{}), ann, ref.Appeal)
		i.clock.Advance(10 * time.Second)
		mini.Close()
		require.Error(t, i.Sweep(t.Context()))
		require.Equal(t, 1, unannounced(t, s), "nobody was told")
		require.NoError(t, mini.Restart())
		require.NoError(t, i.Sweep(t.Context()))
		require.Zero(t, unannounced(t, s))
	})
}

func TestASweepMayFindNothing(t *testing.T) {
	eachInstance(t, func(t *testing.T, i *instance) {
		require.NoError(t, i.Sweep(t.Context()))
	})
}
