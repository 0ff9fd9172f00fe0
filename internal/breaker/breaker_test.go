package breaker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/breaker"
)

const pause = time.Second

func TestOneFailureOpensIt(t *testing.T) {
	b := breaker.New(1, pause)
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	require.True(t, b.Allow(now))
	require.True(t, b.Allow(now), "closed for nobody while all is well")
	require.False(t, b.Answered())

	require.True(t, b.Failed(now))
	require.False(t, b.Failed(now), "the same outage")
	require.False(t, b.Allow(now.Add(pause-1)))
	require.True(t, b.Allow(now.Add(pause)), "a probe")
	require.False(t, b.Allow(now.Add(pause)), "one alone")
	require.True(t, b.Answered())
	require.True(t, b.Allow(now))

	require.True(t, b.Failed(now))
	require.True(t, b.Allow(now.Add(-time.Hour)), "a clock that was set back does not keep it waiting")
}

func TestSeveralFailuresInARowOpenIt(t *testing.T) {
	b := breaker.New(3, pause)
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	require.False(t, b.Failed(now))
	require.False(t, b.Failed(now))
	require.False(t, b.Answered(), "it was not open")
	for i := range 3 {
		require.Equal(t, 8, b.AllowN(now, 8))
		require.Equal(t, i == 2, b.Failed(now))
	}
	require.Zero(t, b.AllowN(now, 8))
	require.Zero(t, b.AllowN(now.Add(pause), 0), "what nobody wants is no probe")
	require.Equal(t, 1, b.AllowN(now.Add(pause), 8))
	require.Zero(t, b.AllowN(now.Add(pause), 8))
	require.True(t, b.Answered())
	require.Equal(t, 8, b.AllowN(now, 8))
}
