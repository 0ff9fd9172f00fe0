package idempotency_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/idempotency"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
)

func TestANumberIsRememberedLikeAnID(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		next := idempotency.Number(0)
		count := func(r idempotency.Request) (n idempotency.Number, again bool, err error) {
			err = a.store.InTx(persontest.As(t, ann), func(ctx context.Context, tx *storage.Tx) (err error) {
				n, again, err = idempotency.OnceNumber(ctx, tx, a.sealer, clock.System{}, r, func() (idempotency.Number, error) {
					next += 7
					return next, nil
				})
				return err
			})
			return n, again, err
		}
		for i := range 3 {
			n, again, err := count(request(ann))
			require.NoError(t, err)
			require.Equal(t, i > 0, again)
			require.EqualValues(t, 7, n)
		}
		other := request(ann)
		other.Input = "another"
		_, _, err := count(other)
		require.ErrorIs(t, err, idempotency.ErrReused)

		id := request(ann)
		id.Operation = "made"
		_, _, err = a.do(persontest.As(t, ann), id)
		require.NoError(t, err)
		_, _, err = count(id)
		require.Error(t, err, "what is remembered is no number")
	})
}
