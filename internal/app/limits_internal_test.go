package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/confirm"
	"kabinet/internal/notify"
	"kabinet/internal/ratelimit"
	"kabinet/internal/viewer"
)

func limiterOf(t *testing.T) (*ratelimit.Limiter, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	server.SetTime(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return ratelimit.New(client, clock.System{}, slog.New(slog.DiscardHandler)), server
}

func asking(t *testing.T, person uuid.UUID, entry viewer.Entry) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: person, SessionID: uuid.New(), Entry: entry})
}

// passes counts how often something is allowed before it is refused.
func passes(t *testing.T, try func() error) int {
	t.Helper()
	for n := range 1000 {
		if err := try(); err != nil {
			require.ErrorIs(t, err, ratelimit.ErrTooMany)
			return n
		}
	}
	require.Fail(t, "never refused")
	return 0
}

const number = "+79001234567"

// Whoever names somebody's number as theirs takes nothing from what its owner is sent.
func TestStrangersUseUpNothingOfAnOwnersCodes(t *testing.T) {
	l, _ := limiterOf(t)
	limits := codeLimits(l)
	send := func(person uuid.UUID, entry viewer.Entry, own bool) func() error {
		return func() error {
			return limits.Send(asking(t, person, entry), person, confirm.Destination{Channel: notify.SMS, Address: number, Own: own})
		}
	}
	for range 3 {
		passes(t, send(uuid.New(), viewer.Incomplete, false))
	}
	require.Zero(t, passes(t, send(uuid.New(), viewer.Incomplete, false)), "the number is named no more")
	ann := uuid.New()
	require.Equal(t, codesOfPerson.Burst, passes(t, send(ann, viewer.Complete, true)))
	require.Equal(t, codesOfPerson.Burst, passes(t, send(ann, viewer.Blocked, true)), "in a session that is blocked, from another budget")
	require.Equal(t, codesOfPerson.Burst, passes(t, send(uuid.New(), viewer.Complete, true)), "each has their own")
}

func TestOnePersonTriesFewUnprovedAddresses(t *testing.T) {
	l, _ := limiterOf(t)
	limits, ann, next := codeLimits(l), uuid.New(), 0
	require.Equal(t, unprovedOfOne.Burst, passes(t, func() error {
		next++
		return limits.Send(asking(t, ann, viewer.Complete), ann, confirm.Destination{Channel: notify.SMS, Address: number + string(rune('a'+next))})
	}))
	require.Equal(t, codesOfPerson.Burst, passes(t, func() error {
		return limits.Send(asking(t, ann, viewer.Complete), ann, confirm.Destination{Channel: notify.SMS, Address: number, Own: true})
	}), "which leaves what goes to their own phone")
}

func TestWhoIsBlockedUsesUpNothingOfTheOtherSessions(t *testing.T) {
	l, _ := limiterOf(t)
	limits, ann := codeLimits(l), uuid.New()
	for _, entry := range []viewer.Entry{viewer.Blocked, viewer.Complete} {
		require.Equal(t, guessesOfOne.Burst, passes(t, func() error { return limits.Attempt(asking(t, ann, entry), ann) }))
	}
	require.Zero(t, passes(t, func() error { return limits.Attempt(asking(t, ann, viewer.Incomplete), ann) }))
}

func TestAPersonIsAlertedOnceAnHour(t *testing.T) {
	l, server := limiterOf(t)
	alert, ann := alertLimit(l), uuid.New()
	try := func() error { return alert(t.Context(), ann) }
	require.Equal(t, 1, passes(t, try))
	require.NoError(t, alert(t.Context(), uuid.New()), "each person apart")
	server.SetTime(time.Date(2026, time.March, 2, 10, 0, 1, 0, time.UTC))
	require.Equal(t, 1, passes(t, try))
}
