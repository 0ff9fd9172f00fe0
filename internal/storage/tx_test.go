package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

var errRefused = errors.New("refused")

// add makes the row of an owner: any write would do.
func add(ctx context.Context, tx *storage.Tx) error {
	return owner.Create(ctx, tx, uuid.New(), owner.Person, time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC))
}

func owners(t *testing.T, s *storage.Store) int {
	t.Helper()
	n, err := s.Owner.Query().Count(persontest.System(t))
	require.NoError(t, err)
	return n
}

func TestATransactionIsCommittedWhenAllIsWell(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		var done []string
		err := s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			require.Equal(t, s.Dialect(), tx.Dialect())
			tx.AfterCommit(func(context.Context) {
				require.Equal(t, 1, owners(t, s), "what was written is there for everybody")
				done = append(done, "first")
			})
			tx.AfterCommit(func(context.Context) { done = append(done, "second") })
			require.Empty(t, done)
			return add(ctx, tx)
		})
		require.NoError(t, err)
		require.Equal(t, []string{"first", "second"}, done)
		require.Equal(t, 1, owners(t, s))
	})
}

func TestAnErrorRollsBack(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		err := s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			tx.AfterCommit(func(context.Context) { t.Error("there was no commit") })
			require.NoError(t, add(ctx, tx))
			return errRefused
		})
		require.ErrorIs(t, err, errRefused)
		require.Zero(t, owners(t, s))
	})
}

func TestAPanicRollsBackAndGoesOn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		require.PanicsWithValue(t, "fright", func() {
			_ = s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
				tx.AfterCommit(func(context.Context) { t.Error("there was no commit") })
				require.NoError(t, add(ctx, tx))
				panic("fright")
			})
		})
		require.Zero(t, owners(t, s))
		// The connection was given back: as many transactions as there are connections and more can follow.
		for range 64 {
			require.NoError(t, s.InTx(persontest.System(t), add))
		}
		require.Equal(t, 64, owners(t, s))
	})
}

func TestACallerWhoLeavesBeforeTheCommitHasChangedNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx, leave := context.WithCancel(persontest.System(t))
		err := s.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			tx.AfterCommit(func(context.Context) { t.Error("there was no commit") })
			require.NoError(t, add(ctx, tx))
			leave()
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, owners(t, s))
	})
}

func TestWhatFollowsACommitDoesNotDependOnTheCaller(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		ctx, leave := context.WithCancel(persontest.System(t))
		told := false
		require.NoError(t, s.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			tx.AfterCommit(func(context.Context) { leave() })
			tx.AfterCommit(func(ctx context.Context) {
				require.NoError(t, ctx.Err())
				told = true
			})
			return add(ctx, tx)
		}))
		require.True(t, told)
	})
}

func TestAFailedStatementLeavesNothingBehind(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		id := uuid.New()
		err := s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			if err := owner.Create(ctx, tx, id, owner.Person, time.Now()); err != nil {
				return err
			}
			return owner.Create(ctx, tx, id, owner.Person, time.Now()) // the id is taken
		})
		require.Error(t, err)
		require.Zero(t, owners(t, s))
	})
}

func TestEveryStatementIsObserved(t *testing.T) {
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		seen.Take()
		_, err := s.Owner.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, seen.Take(), 1)

		var id uuid.UUID
		require.NoError(t, s.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			id = uuid.New()
			if err := owner.Create(ctx, tx, id, owner.Person, time.Now()); err != nil { // Ent's own
				return err
			}
			if _, err := owner.NextSequence(ctx, tx, id); err != nil { // plain SQL that answers
				return err
			}
			return owner.ExtendJournal(ctx, tx, id, owner.Chain{Sequence: 1, Head: []byte{1}}) // plain SQL that does not
		}))
		statements := seen.Take()
		require.Len(t, statements, 5, "%q", statements)
		require.Equal(t, "BEGIN", statements[0])
		require.Contains(t, statements[1], "INSERT INTO")
		require.Contains(t, statements[2], "UPDATE")
		require.Contains(t, statements[3], "UPDATE")
		require.Equal(t, "COMMIT", statements[4])
		for _, statement := range statements {
			require.NotContains(t, statement, id.String(), "arguments are not shown")
		}
	})
}
