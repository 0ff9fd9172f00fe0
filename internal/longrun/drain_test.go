//go:build longrun

package longrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
)

// drainTime is how long a process may take to end.
const drainTime = 10 * time.Second

// TestADrainLosesNothing: a process with STREAMS open streams is asked to end, in the midst of requests and changes. It
// ends in time and well; every request that it had taken is answered; every client comes back to the other instance behind
// what it has seen, and misses nothing.
func TestADrainLosesNothing(t *testing.T) {
	streams := setting(t, "STREAMS", 1000)
	c := newCabinet(t, streams)
	leaving, staying := c.instances[0], c.instances[1]
	var drained atomic.Bool
	crew := newCrew(t, 1, c.crowd, func(*rand.Rand) string {
		if drained.Load() {
			return staying.url
		}
		return leaving.url
	})
	crew.await(t, soon)
	require.Equal(t, streams, crew.connected())

	// The fund reports to the other instance all the while, so that something changes at every moment.
	w := newWriter(c, 1<<40, 1)
	writing, stopWriting := context.WithCancel(t.Context())
	var work errgroup.Group
	work.Go(func() error {
		random := rand.New(rand.NewPCG(2, 2))
		for writing.Err() == nil {
			some := make([]*citizen, 10)
			for i := range some {
				some[i] = c.crowd[random.IntN(len(c.crowd)/2)]
			}
			if err := w.reportTo(t.Context(), some, staying.url); err != nil {
				return err
			}
		}
		return nil
	})
	// Requests go to the one that will leave: small ones one after another, and large ones that take their time.
	var asked, refused atomic.Int64
	for n := range 8 {
		work.Go(func() error { return ask(t.Context(), leaving.url, c.crowd[n].token, &asked, &refused) })
	}
	large := newLarge(c)
	for _, one := range large.about {
		work.Go(func() error { return large.send(t.Context(), one, leaving.url) })
	}
	large.underWay(t)

	drained.Store(true)
	took := leaving.stop(t)
	require.LessOrEqual(t, took, drainTime)

	require.Eventually(t, func() bool { return crew.connected() == streams }, soon, 10*time.Millisecond)
	stopWriting()
	require.NoError(t, work.Wait())
	crew.await(t, soon)
	require.NoError(t, w.reportTo(t.Context(), c.crowd, staying.url)) // what would come twice would come before it
	crew.await(t, soon)

	got, missed, gaps, opened := crew.tally()
	require.Zero(t, gaps)
	require.Zero(t, missed)
	t.Logf("%d streams: the process ended %.1f s after SIGTERM; %d small and %d large requests answered, none failed, %d turned away at the door",
		streams, took.Seconds(), asked.Load(), len(large.about), refused.Load())
	t.Logf("%d events got, none lost, none twice, over %d streams", got, opened)
}

// ask makes one request after another, each on a connection of its own, until the address is closed: once the process
// has taken a request it must answer it. A connection that the system had taken and the process had not is reset before
// anything is answered, which is no failure of a request.
func ask(ctx context.Context, url, token string, asked, refused *atomic.Int64) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: drainTime}
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql",
			bytes.NewReader([]byte(`{"query":"{ viewer { feedCursor person { fullName } } }"}`)))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(r)
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
			refused.Add(1)
			return nil
		}
		if err != nil {
			return fmt.Errorf("a request was not answered: %w", err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return fmt.Errorf("an answer broke off: %w", err)
		}
		var a struct{ Errors json.RawMessage }
		if err := json.Unmarshal(text, &a); err != nil || response.StatusCode != http.StatusOK || a.Errors != nil {
			return fmt.Errorf("%s: %s", response.Status, text)
		}
		asked.Add(1)
	}
}

// large are requests that are under way for a while: batches of the fund's reports, each on one person.
type large struct {
	cabinet *cabinet
	side    *fundSide
	about   []*citizen
}

func newLarge(c *cabinet) *large {
	const number = 5
	return &large{cabinet: c, side: newFundSide(c.settings), about: c.crowd[len(c.crowd)-number:]}
}

// errAgain means that a request had to be repeated.
var errAgain = errors.New("a request under way was not answered")

// send sends one, once.
func (l *large) send(ctx context.Context, about *citizen, url string) error {
	reports := make([][]byte, 300)
	for i := range reports {
		var err error
		if reports[i], err = about.report(); err != nil {
			return err
		}
	}
	tries := 0
	err := l.side.tell(ctx, reports, func() string { tries++; return url })
	if tries > 1 {
		err = errors.Join(err, errAgain)
	}
	return err
}

// underWay waits until the process works on each of them.
func (l *large) underWay(t testing.TB) {
	t.Helper()
	for _, one := range l.about {
		require.Eventually(t, func() bool {
			newest, err := owner.Sequence(persontest.System(t), l.cabinet.store, one.id)
			return err == nil && newest > 5
		}, soon, time.Millisecond)
	}
}
