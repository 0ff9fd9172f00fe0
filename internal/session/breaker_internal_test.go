package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBreaker(t *testing.T) {
	var b breaker
	now := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	require.True(t, b.allow(now))
	require.True(t, b.allow(now), "closed for nobody while all is well")
	require.False(t, b.answered())

	require.True(t, b.failed(now))
	require.False(t, b.failed(now), "the same outage")
	require.False(t, b.allow(now.Add(breakerPause-1)))
	require.True(t, b.allow(now.Add(breakerPause)), "a probe")
	require.False(t, b.allow(now.Add(breakerPause)), "one alone")
	require.True(t, b.answered())
	require.True(t, b.allow(now))

	require.True(t, b.failed(now))
	require.True(t, b.allow(now.Add(-time.Hour)), "a clock that was set back does not keep it waiting")
}
