package office_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/office"
	"kabinet/internal/fund"
)

func number(t *testing.T, e event) int64 {
	t.Helper()
	n, err := strconv.ParseInt(e.Sequence, 10, 64)
	require.NoError(t, err)
	return n
}

// Whenever the process is killed, all is told in the end, in order, and nothing under a number twice unless it is the
// same event.
func TestNoRestartLosesWork(t *testing.T) {
	h := newHouse(t, func(o *office.Options) { o.Quiet = false })
	appeal := h.submit("Прошу исправить")
	for range 160 {
		h.clock.Advance(1e9)
		h.restart()
		require.NoError(t, h.Work(t.Context()))
	}
	require.Equal(t, []string{"registered", "assigned", "deficiencies"}, without(h.cabinet.about(appeal), "commented"))
	last, ids := map[string]int64{}, map[string]string{}
	for _, e := range h.cabinet.all() {
		require.Equal(t, last[e.Subject]+1, number(t, e), e.Type)
		last[e.Subject] = number(t, e)
		require.NotContains(t, ids, e.ID)
		ids[e.ID] = e.Type
	}
	require.Empty(t, h.State().Waiting)
}

// A crash between the cabinet's answer and its note: the same event goes again, under the same id.
func TestAnAnswerThatWasNotNotedIsAskedForAgain(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	books := filepath.Join(h.directory, "office.json")
	h.behaves(office.Down)
	h.pass(1)
	before, err := os.ReadFile(books)
	require.NoError(t, err)
	h.behaves(office.Normal)
	require.NoError(t, h.Work(t.Context()))
	require.NoError(t, os.WriteFile(books, before, 0o600))
	h.restart()
	require.NoError(t, h.Work(t.Context()))
	all := h.cabinet.all()
	require.Len(t, all, 2)
	require.Equal(t, all[0], all[1])
	require.Equal(t, []string{"registered 1", "registered 1"}, h.cabinet.about(appeal))
}

func TestTimeGoesOnWhileTheOfficeIsClosed(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	h.clock.Advance(100e9)
	h.restart()
	h.pass(1)
	require.Equal(t, []string{"registered 1"}, h.cabinet.about(appeal))
	h.pass(11)
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
}

func TestHalfAFileIsNoWork(t *testing.T) {
	h := newHouse(t)
	h.submit("Справка")
	books := filepath.Join(h.directory, "office.json")
	require.NoError(t, os.WriteFile(books+".part", []byte(`{"version":1,"app`), 0o600))
	h.restart()
	require.Len(t, h.State().Work, 1, "what was being written counts for nothing")
	for _, text := range []string{"", "{", "{}", `{"version":2}`, `{"version":1}`} {
		require.NoError(t, os.WriteFile(books, []byte(text), 0o600))
		_, err := office.New(h.options)
		require.ErrorIs(t, err, office.ErrBooks)
	}
}

// What cannot be kept is not taken, and what was there is there again.
func TestACommandThatCannotBeKeptIsNotTaken(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	obstacle := filepath.Join(h.directory, "office.json.part")
	require.NoError(t, os.Mkdir(obstacle, 0o700))
	e := h.command(submitted, newAppeal(), nil)
	require.Equal(t, http.StatusInternalServerError, h.post(e))
	h.clock.Advance(5e9)
	require.Error(t, h.Work(t.Context()))
	require.Empty(t, h.cabinet.all(), "nothing is told that is not written down")
	require.Len(t, h.State().Work, 1)
	require.NoError(t, os.Remove(obstacle))
	require.Equal(t, http.StatusAccepted, h.post(e))
	h.pass(1)
	require.Equal(t, "registered 1", h.cabinet.about(appeal)[0])
}

func TestWhatAnOfficeNeeds(t *testing.T) {
	h := newHouse(t)
	for name, spoil := range map[string]func(*office.Options){
		"an address":          func(o *office.Options) { o.CabinetURL = "" },
		"a whole address":     func(o *office.Options) { o.CabinetURL = "/fund/events" },
		"a secret":            func(o *office.Options) { o.Secret = "whsec_short" },
		"secrets of commands": func(o *office.Options) { o.CommandSecrets = []string{"short"} },
		"a pace":              func(o *office.Options) { o.Pace = -1 },
		"a directory":         func(o *office.Options) { o.Directory = filepath.Join(h.directory, "office.json", "x") },
	} {
		options := h.options
		spoil(&options)
		_, err := office.New(options)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "short", "secrets are not told")
	}
}

// Run works by itself; commands come meanwhile, and buttons are pushed.
func TestRun(t *testing.T) {
	h := newHouse(t, func(o *office.Options) { o.Poll = 1e6 })
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { h.Run(ctx) })
	appeals := map[string]bool{}
	for range 5 {
		appeals[h.submit("Справка")] = true
	}
	require.NoError(t, h.Publish())
	require.NoError(t, h.DecideAll())
	decided, published := 0, false
	deadline, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	for decided < len(appeals) || !published {
		select {
		case e := <-h.cabinet.came:
			if e.Type == fund.TypeAppealDecided {
				require.True(t, appeals[e.Subject])
				decided++
			}
			published = published || e.Type == fund.TypeAnnouncementPublished
		case <-deadline.Done():
			require.FailNow(t, "it does not work")
		}
	}
	stop()
	work.Wait()
}
