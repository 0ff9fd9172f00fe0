//go:build longrun

package longrun_test

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// deaf is the announcer of a process that is killed right after its commit.
type deaf struct{}

func (deaf) Announce(uuid.UUID) {}

// watched is a cabinet in which everybody watches on both instances.
func watched(t *testing.T) (*cabinet, []*crew) {
	t.Helper()
	c := newCabinet(t, 10)
	var crews []*crew
	for _, i := range c.instances {
		crew := newCrew(t, 1, c.crowd, func(*rand.Rand) string { return i.url })
		crew.await(t, soon)
		crews = append(crews, crew)
	}
	return c, crews
}

// streams is how many streams some crews have had.
func streams(crews []*crew) (n int) {
	for _, crew := range crews {
		_, _, _, opened := crew.tally()
		n += opened
	}
	return n
}

// TestAKillBetweenCommitAndWakeUpLosesNothing: the sweep of any instance finds what nobody has announced.
func TestAKillBetweenCommitAndWakeUpLosesNothing(t *testing.T) {
	c, crews := watched(t)
	killed := feed.NewRecorder(clock.System{}, deaf{})
	before := streams(crews)
	for _, one := range c.crowd {
		require.NoError(t, c.store.InTx(viewer.NewSystemContext(t.Context(), "test"), func(ctx context.Context, tx *storage.Tx) error {
			return killed.Record(ctx, tx, feed.Change{Owner: one.id, Subject: ref.Of(ref.Person, one.id)})
		}))
		one.sent++
	}
	began := time.Now()
	for _, crew := range crews {
		crew.await(t, soon)
	}
	t.Logf("everybody has seen it %.1f s after the last commit", time.Since(began).Seconds())
	require.Equal(t, before, streams(crews), "on the streams that were open")
}

// TestAStreamOutlivesAnOutageOfRedis: nothing is lost while Redis is away for OUTAGE seconds, streams stay open, changes
// still arrive, and after its return they arrive at once again.
func TestAStreamOutlivesAnOutageOfRedis(t *testing.T) {
	outage := time.Duration(setting(t, "OUTAGE", 60)) * time.Second
	c, crews := watched(t)
	w := newWriter(c, 1<<40, 1)
	before := streams(crews)
	all := func() time.Duration {
		began := time.Now()
		require.NoError(t, w.reportTo(t.Context(), c.crowd, c.instances[0].url))
		for _, crew := range crews {
			crew.await(t, soon)
		}
		return time.Since(began)
	}
	usual := all()
	c.redis.end(t, syscall.SIGKILL)
	began := time.Now()
	longest, rounds := time.Duration(0), 0
	for time.Since(began) < outage {
		longest = max(longest, all())
		rounds++
	}
	c.redis.start(t)
	require.Eventually(t, func() bool { return all() < 2*time.Second }, soon, time.Millisecond, "wake-ups do not come back")
	t.Logf("%d rounds of reports in an outage of %.0f s: the slowest was everywhere after %.1f s; without an outage %.2f s, after it %.2f s",
		rounds, outage.Seconds(), longest.Seconds(), usual.Seconds(), all().Seconds())
	require.Equal(t, before, streams(crews), "the streams that were open")
}
