// Package persontest gives tests somebody whose records are kept, and the contexts in which people and the system act.
package persontest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/owner"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// New makes a person: an owner's row and a person's, whose personal data is empty.
func New(t testing.TB, s *storage.Store) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	now := time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
	require.NoError(t, s.InTx(System(t), func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Create(ctx, tx, id, owner.Person, now); err != nil {
			return err
		}
		return tx.Person.Create().SetID(id).SetCreatedAt(now).SetUpdatedAt(now).SetTrusted(true).Exec(ctx)
	}))
	return id
}

// As is a context in which the person asks, through an account that may do everything.
func As(t testing.TB, id uuid.UUID) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: id, Level: viewer.Extended})
}

// System is a context in which the program itself acts.
func System(t testing.TB) context.Context {
	t.Helper()
	return viewer.NewSystemContext(t.Context(), "test")
}

// Sealer seals with keys of its own.
func Sealer(t testing.TB) *seal.Sealer {
	t.Helper()
	keys, err := seal.GenerateKeyset()
	require.NoError(t, err)
	sealer, err := seal.New(keys)
	require.NoError(t, err)
	return sealer
}
