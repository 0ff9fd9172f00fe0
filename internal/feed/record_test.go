package feed_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/feedevent"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// told remembers who was announced.
type told struct {
	mu     sync.Mutex
	owners []uuid.UUID
}

func (a *told) Announce(o uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owners = append(a.owners, o)
}

func TestNumbersHaveNoGapsWhoeverWrites(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		const writers, each = 32, 6
		announced := &told{}
		recorder := feed.NewRecorder(clock.System{}, announced)
		ann, bob := persontest.New(t, s), persontest.New(t, s)
		var wg sync.WaitGroup
		failures := make(chan error, writers*each)
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					o := ann
					if w%4 == 0 {
						o = bob
					}
					err := s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
						if err := record(ctx, tx, recorder, o, ref.Appeal); err != nil {
							return err
						}
						if (w+i)%3 == 0 { // a third changes its mind
							return errRefused
						}
						return nil
					})
					if (w+i)%3 != 0 && err != nil {
						failures <- err
					}
				}
			})
		}
		wg.Wait()
		close(failures)
		for err := range failures {
			require.NoError(t, err)
		}
		written := 0
		for _, o := range []uuid.UUID{ann, bob} {
			rows, err := s.FeedEvent.Query().Where(feedevent.OwnerID(o)).Order(feedevent.BySequence()).All(persontest.System(t))
			require.NoError(t, err)
			require.NotEmpty(t, rows)
			for i, row := range rows {
				require.EqualValues(t, i+1, row.Sequence)
			}
			newest, err := owner.Sequence(persontest.System(t), s, o)
			require.NoError(t, err)
			require.EqualValues(t, len(rows), newest, "the owner's number is that of the newest event")
			written += len(rows)
		}
		require.Len(t, announced.owners, written, "each commit is announced, nothing else")
	})
}

func TestAnEventTellsTheChange(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann := persontest.New(t, s)
		now := clock.System{}.Now()
		subject := ref.Of(ref.Benefit, uuid.New())
		to := "PAID"
		require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			return feed.NewRecorder(clock.NewFixed(now), &told{}).Record(ctx, tx, feed.Change{Owner: ann, Subject: subject, To: &to})
		}))
		row, err := s.FeedEvent.Query().Only(persontest.As(t, ann))
		require.NoError(t, err)
		require.Equal(t, subject, ref.Of(ref.Kind(row.SubjectKind), row.SubjectID))
		require.Nil(t, row.From)
		require.Equal(t, &to, row.To)
		require.Nil(t, row.Comment)
		require.True(t, now.Equal(row.OccurredAt))
		require.Nil(t, row.AnnouncedAt)
	})
}

func TestNobodyRecordsInAStrangersFeed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann, bob := persontest.New(t, s), persontest.New(t, s)
		announced := &told{}
		require.Error(t, s.InTx(persontest.As(t, ann), func(ctx context.Context, tx *storage.Tx) error {
			return record(ctx, tx, feed.NewRecorder(clock.System{}, announced), bob, ref.Appeal)
		}))
		newest, err := owner.Sequence(persontest.System(t), s, bob)
		require.NoError(t, err)
		require.Zero(t, newest)
		require.Empty(t, announced.owners)
	})
}
