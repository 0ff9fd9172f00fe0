package clock_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
)

func TestClocksTellWhatADatabaseCanKeep(t *testing.T) {
	odd := time.Date(2026, time.March, 2, 12, 0, 0, 123_456_789, time.FixedZone("MSK", 3*3600))
	for name, c := range map[string]clock.Clock{"system": clock.System{}, "fixed": clock.NewFixed(odd)} {
		now := c.Now()
		require.Equal(t, time.UTC, now.Location(), name)
		require.Zero(t, now.Nanosecond()%1000, name)
		require.Equal(t, now, now.Round(0), "%s: no monotonic part, so that equal times are equal values", name)
	}
	require.Equal(t, time.Date(2026, time.March, 2, 9, 0, 0, 123_456_000, time.UTC), clock.NewFixed(odd).Now())
	require.WithinDuration(t, time.Now(), clock.System{}.Now(), time.Minute)
}

func TestAFixedClockMovesOnlyWhenTold(t *testing.T) {
	start := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	c := clock.NewFixed(start)
	require.Equal(t, c.Now(), c.Now())
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { c.Advance(time.Second); c.Now() })
	}
	wg.Wait()
	require.Equal(t, start.Add(100*time.Second), c.Now())
}
