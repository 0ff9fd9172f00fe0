package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

const key = "0b5e0e5c-key"

type input struct {
	Text string
	List []int
}

// act is a mutation that counts how often it was done.
type act struct {
	store  *storage.Store
	sealer *seal.Sealer
	done   atomic.Int64
}

func (a *act) do(ctx context.Context, r idempotency.Request) (result ref.Ref, again bool, err error) {
	err = a.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		result, again, err = idempotency.Once(ctx, tx, a.sealer, clock.System{}, r, func() (ref.Ref, error) {
			a.done.Add(1)
			return ref.Of(ref.Appeal, uuid.New()), nil
		})
		return err
	})
	return result, again, err
}

func eachAct(t *testing.T, test func(t *testing.T, a *act, ann uuid.UUID)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		test(t, &act{store: s, sealer: persontest.Sealer(t)}, persontest.New(t, s))
	})
}

func request(owner uuid.UUID) idempotency.Request {
	return idempotency.Request{Owner: owner, Operation: "save", Key: key, Input: input{"text", []int{1, 2}}}
}

func TestTheSameRequestAnswersTheSame(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		first, again, err := a.do(persontest.As(t, ann), request(ann))
		require.NoError(t, err)
		require.False(t, again)
		for range 3 {
			result, again, err := a.do(persontest.As(t, ann), request(ann))
			require.NoError(t, err)
			require.True(t, again)
			require.Equal(t, first, result)
		}
		require.EqualValues(t, 1, a.done.Load())
	})
}

func TestOfManyAtOnceOneIsDone(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		const callers = 20
		results := make([]ref.Ref, callers)
		failures := make([]error, callers)
		var fresh atomic.Int64
		var wg sync.WaitGroup
		ctx := persontest.As(t, ann)
		for i := range callers {
			wg.Go(func() {
				result, again, err := a.do(ctx, request(ann))
				results[i], failures[i] = result, err
				if !again {
					fresh.Add(1)
				}
			})
		}
		wg.Wait()
		for i := range callers {
			require.NoError(t, failures[i])
			require.Equal(t, results[0], results[i])
		}
		require.EqualValues(t, 1, a.done.Load())
		require.EqualValues(t, 1, fresh.Load())
	})
}

func TestTheSameKeyWithAnotherInputIsAConflict(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		_, _, err := a.do(persontest.As(t, ann), request(ann))
		require.NoError(t, err)
		for _, other := range []any{input{"text", []int{2, 1}}, input{"texT", []int{1, 2}}, input{}, nil} {
			r := request(ann)
			r.Input = other
			_, _, err = a.do(persontest.As(t, ann), r)
			require.ErrorIs(t, err, idempotency.ErrReused)
			require.Equal(t, fault.Conflict, fault.CodeOf(err))
		}
		require.EqualValues(t, 1, a.done.Load())
	})
}

func TestAFailureIsNotRemembered(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		refused := errors.New("refused")
		err := a.store.InTx(persontest.As(t, ann), func(ctx context.Context, tx *storage.Tx) error {
			_, _, err := idempotency.Once(ctx, tx, a.sealer, clock.System{}, request(ann), func() (ref.Ref, error) { return ref.Ref{}, refused })
			return err
		})
		require.ErrorIs(t, err, refused)
		_, again, err := a.do(persontest.As(t, ann), request(ann))
		require.NoError(t, err)
		require.False(t, again)

		n, err := a.store.IdempotencyRecord.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestAKeyIsOfOneOwnerAndOperation(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		bob := persontest.New(t, a.store)
		seen := map[ref.Ref]bool{}
		for _, who := range []uuid.UUID{ann, bob} {
			for _, operation := range []string{"save", "submit"} {
				r := request(who)
				r.Operation = operation
				result, again, err := a.do(persontest.As(t, who), r)
				require.NoError(t, err)
				require.False(t, again)
				require.False(t, seen[result])
				seen[result] = true
			}
		}
		// Nobody learns of another's keys.
		_, _, err := a.do(persontest.As(t, ann), request(bob))
		require.ErrorIs(t, err, fault.ErrNotFound)
	})
}

func TestKeysHaveAForm(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		for _, bad := range []string{
			"", "short12", strings.Repeat("k", 129), "with space", "with.point", "ключключ", "line\nline1", "12345678\n", "nul\x00nulnul", "a/b/c/d/e",
		} {
			r := request(ann)
			r.Key = bad
			_, _, err := a.do(persontest.As(t, ann), r)
			require.ErrorIs(t, err, idempotency.ErrKey, "%q", bad)
		}
		require.Zero(t, a.done.Load())
		for _, good := range []string{"12345678", strings.Repeat("k", 128), "A-Z_a-z_0-9", uuid.NewString()} {
			r := request(ann)
			r.Key = good
			_, _, err := a.do(persontest.As(t, ann), r)
			require.NoError(t, err, good)
		}
	})
}

func TestAnInputThatHasNoFormIsAnError(t *testing.T) {
	eachAct(t, func(t *testing.T, a *act, ann uuid.UUID) {
		r := request(ann)
		r.Input = func() {}
		_, _, err := a.do(persontest.As(t, ann), r)
		require.Error(t, err)
		require.Zero(t, a.done.Load())
	})
}
