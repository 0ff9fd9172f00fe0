package owner_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/feedevent"
	"kabinet/internal/fault"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

func TestTheSequenceRisesByOne(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann, bob := persontest.New(t, s), persontest.New(t, s)
		for want := int64(1); want <= 3; want++ {
			require.NoError(t, s.InTx(persontest.As(t, ann), func(ctx context.Context, tx *storage.Tx) error {
				n, err := owner.NextSequence(ctx, tx, ann)
				require.Equal(t, want, n)
				return err
			}))
			n, err := owner.Sequence(persontest.As(t, ann), s, ann)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		n, err := owner.Sequence(persontest.As(t, bob), s, bob)
		require.NoError(t, err)
		require.Zero(t, n, "another owner's number is another")
	})
}

func TestAnOwnerWhoIsNotThereIsNotFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann, nobody := persontest.New(t, s), uuid.New()
		_, err := owner.Sequence(persontest.System(t), s, nobody)
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, err = owner.Sequence(persontest.As(t, nobody), s, ann)
		require.ErrorIs(t, err, fault.ErrNotFound, "somebody else's is like none")
		for name, f := range map[string]func(context.Context, *storage.Tx) error{
			"lock": func(ctx context.Context, tx *storage.Tx) error { return owner.Lock(ctx, tx, nobody) },
			"journal": func(ctx context.Context, tx *storage.Tx) error {
				_, err := owner.JournalEnd(ctx, tx, nobody)
				return err
			},
			"give back": func(ctx context.Context, tx *storage.Tx) error { return owner.GiveBack(ctx, tx, nobody, 1) },
			"next": func(ctx context.Context, tx *storage.Tx) error {
				_, err := owner.NextSequence(ctx, tx, nobody)
				return err
			},
		} {
			require.Error(t, s.InTx(persontest.System(t), f), name)
		}
	})
}

func TestTheSequenceOfTheOwnerOfARow(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann, bob, system := persontest.New(t, s), persontest.New(t, s), persontest.System(t)
		event := func(whose uuid.UUID) uuid.UUID {
			row, err := s.FeedEvent.Create().SetOwnerID(whose).SetSequence(1).SetSubjectKind("PE").SetSubjectID(whose).
				SetOccurredAt(time.Now()).Save(system)
			require.NoError(t, err)
			return row.ID
		}
		hers := owner.Row{Table: feedevent.Table, Column: feedevent.FieldID, Value: event(ann)}
		event(bob)
		next := func(ctx context.Context, row owner.Row) (id uuid.UUID, n int64, err error) {
			err = s.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
				id, n, err = owner.NextSequenceOf(ctx, tx, row)
				return err
			})
			return id, n, err
		}
		for want := int64(1); want <= 2; want++ {
			id, n, err := next(system, hers)
			require.NoError(t, err)
			require.Equal(t, ann, id)
			require.Equal(t, want, n)
		}
		_, _, err := next(system, owner.Row{Table: feedevent.Table, Column: feedevent.FieldID, Value: uuid.New()})
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, _, err = next(persontest.As(t, ann), hers)
		require.Error(t, err, "not even their own: whose a row is must not be found out by asking")
		for whose, want := range map[uuid.UUID]int64{ann: 2, bob: 0} {
			n, err := owner.Sequence(system, s, whose)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
	})
}

func TestANumberIsGivenBack(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann := persontest.New(t, s)
		require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			for range 3 {
				n, err := owner.NextSequence(ctx, tx, ann)
				require.NoError(t, err)
				require.EqualValues(t, 1, n)
				require.NoError(t, owner.GiveBack(ctx, tx, ann, n))
			}
			first, err := owner.NextSequence(ctx, tx, ann)
			require.NoError(t, err)
			_, err = owner.NextSequence(ctx, tx, ann)
			require.NoError(t, err)
			require.Error(t, owner.GiveBack(ctx, tx, ann, first), "a later one was given")
			return nil
		}))
		n, err := owner.Sequence(persontest.System(t), s, ann)
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
	})
}

func TestAnOwnerIsMadeOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann := persontest.New(t, s)
		err := s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			return owner.Create(ctx, tx, ann, owner.Organisation, time.Now())
		})
		require.True(t, ent.IsConstraintError(err))
	})
}

// TestALockIsHeldToTheEnd: who comes second reads what the first has written.
func TestALockIsHeldToTheEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ann := persontest.New(t, s)
		system := persontest.System(t)
		locked, second := make(chan struct{}), make(chan error, 1)
		var order []string // written under the lock
		go func() {
			<-locked
			second <- s.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
				if err := owner.Lock(ctx, tx, ann); err != nil {
					return err
				}
				end, err := owner.JournalEnd(ctx, tx, ann)
				order = append(order, string(end.Head))
				return err
			})
		}()
		require.NoError(t, s.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
			if err := owner.Lock(ctx, tx, ann); err != nil {
				return err
			}
			close(locked)
			for range 50 { // enough statements for the other to come by if it could
				if _, err := owner.JournalEnd(ctx, tx, ann); err != nil {
					return err
				}
			}
			order = append(order, "written")
			return owner.ExtendJournal(ctx, tx, ann, owner.Chain{Sequence: 1, Head: []byte("head")})
		}))
		require.NoError(t, <-second)
		require.Equal(t, []string{"written", "head"}, order)
	})
}
