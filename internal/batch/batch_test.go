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
