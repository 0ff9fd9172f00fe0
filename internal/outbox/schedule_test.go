package outbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/outbox"
)

func TestPausesGrowFromFiveSecondsToAnHour(t *testing.T) {
	require.Equal(t, 5*time.Second, outbox.Delay(1, 0, 0))
	require.Equal(t, 10*time.Second, outbox.Delay(2, 0, 0))
	require.Equal(t, 48*time.Minute, outbox.Delay(11, 0, 0))
	require.Equal(t, time.Hour, outbox.Delay(11, 1, 0))
	require.Equal(t, 20*time.Minute, outbox.Delay(1, 0, 20*time.Minute), "the fund asks for more")
	require.Equal(t, time.Hour, outbox.Delay(1, 0, 24*time.Hour), "but not for more than the longest")
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 10_000).Draw(t, "attempts")
		chance := rapid.Float64Range(0, 0.999).Draw(t, "chance")
		pause := outbox.Delay(n, chance, 0)
		require.GreaterOrEqual(t, pause, 5*time.Second)
		require.LessOrEqual(t, pause, time.Hour)
		require.GreaterOrEqual(t, outbox.Delay(n+1, chance, 0), pause)
		require.GreaterOrEqual(t, pause, outbox.Delay(n, 0, 0), "chance only adds")
	})
}

func TestTheScheduleEndsWithAnAttemptAfterThreeDays(t *testing.T) {
	since := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		now, attempts, last := since, 0, false
		for {
			attempts++
			at, again := outbox.Next(since, now, outbox.Delay(attempts, rapid.Float64Range(0, 0.999).Draw(t, "chance"), 0))
			if !again {
				break
			}
			require.True(t, at.After(now))
			now, last = at, at.Equal(since.Add(72*time.Hour))
		}
		require.True(t, last)
		require.Greater(t, attempts, 70)
		require.Less(t, attempts, 110)
	})
}

func TestEveryAnswerHasAMeaning(t *testing.T) {
	for status, want := range map[int]outbox.ErrorCode{
		200: "", 202: "", 204: "", 299: "", 409: "",
		300: outbox.Unavailable, 302: outbox.Unavailable, 308: outbox.Unavailable,
		400: outbox.Refused, 410: outbox.Refused, 413: outbox.Refused, 415: outbox.Refused, 422: outbox.Refused,
		401: outbox.Unavailable, 403: outbox.Unavailable, 404: outbox.Unavailable, 405: outbox.Unavailable,
		407: outbox.Unavailable, 421: outbox.Unavailable,
		408: outbox.Timeout, 425: outbox.Busy, 429: outbox.Busy,
		500: outbox.Unavailable, 501: outbox.Unavailable, 502: outbox.Unavailable, 503: outbox.Busy, 504: outbox.Timeout, 599: outbox.Unavailable,
	} {
		code, after := outbox.Judge(status, "")
		require.Equal(t, want, code, "%d %s", status, http.StatusText(status))
		require.Zero(t, after)
	}
	for header, want := range map[string]time.Duration{
		"": 0, "90": 90 * time.Second, "0": 0, "-5": 0, "soon": 0, "99999999999": time.Hour, "Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		_, after := outbox.Judge(http.StatusServiceUnavailable, header)
		require.Equal(t, want, after, header)
	}
}
