package batch_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/batch"
	"kabinet/internal/fault"
)

func TestOneLoadServesAllSiblings(t *testing.T) {
	ids := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	var loads atomic.Int32
	var lazy batch.Lazy[string]
	load := func(_ context.Context, asked []uuid.UUID) (map[uuid.UUID]string, error) {
		loads.Add(1)
		require.Equal(t, ids, asked)
		return map[uuid.UUID]string{ids[0]: "a", ids[1]: "b"}, nil
	}
	got := make([]string, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { got[i], _ = lazy.Get(t.Context(), id, ids, load) })
	}
	wg.Wait()
	require.Equal(t, []string{"a", "b", ""}, got)
	require.EqualValues(t, 1, loads.Load())
}

func TestAFailureIsEverybodys(t *testing.T) {
	broken := errors.New("broken")
	var lazy batch.Lazy[int]
	load := func(context.Context, []uuid.UUID) (map[uuid.UUID]int, error) { return nil, broken }
	for range 2 {
		_, err := lazy.Get(t.Context(), uuid.New(), nil, load)
		require.ErrorIs(t, err, broken)
	}
}

func TestRowsAreGroupedInTheirOrderAndNobodyHasNil(t *testing.T) {
	type row struct {
		item uuid.UUID
		n    int
	}
	a, b, none := uuid.New(), uuid.New(), uuid.New()
	groups := batch.Group([]uuid.UUID{a, b, none}, []row{{a, 3}, {b, 1}, {a, 2}},
		func(r row) uuid.UUID { return r.item }, func(r row) int { return 2 * r.n })
	require.Equal(t, map[uuid.UUID][]int{a: {6, 4}, b: {2}, none: {}}, groups)
	require.NotNil(t, groups[none])
}

func TestOneOfSeveralIsFoundOrNot(t *testing.T) {
	here, broken := uuid.New(), errors.New("broken")
	load := func(_ context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
		require.Len(t, ids, 1)
		return batch.Index([]string{"it"}, func(string) uuid.UUID { return here }), nil
	}
	v, err := batch.One(t.Context(), here, load)
	require.NoError(t, err)
	require.Equal(t, "it", v)
	_, err = batch.One(t.Context(), uuid.New(), load)
	require.ErrorIs(t, err, fault.ErrNotFound)
	_, err = batch.One(t.Context(), here, func(context.Context, []uuid.UUID) (map[uuid.UUID]string, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
}
