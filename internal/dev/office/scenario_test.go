package office_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/office"
	"kabinet/internal/fund"
)

func (h *house) behaves(s office.Scenario) {
	h.t.Helper()
	require.NoError(h.t, h.SetScenario(s, 0))
}

func TestAnOfficeThatIsDownTakesNothingAndSendsLater(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	h.behaves(office.Down)
	require.Equal(t, http.StatusServiceUnavailable, h.post(h.command(submitted, newAppeal(), nil)))
	h.pass(12)
	require.Zero(t, h.cabinet.requests())
	require.NotEmpty(t, h.State().Waiting)
	h.behaves(office.Normal)
	require.NoError(t, h.Work(t.Context()))
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
	require.Empty(t, h.State().Waiting)
}

func TestBadlySignedEventsAreSentAgain(t *testing.T) {
	h := newHouse(t)
	h.behaves(office.WrongSignature)
	appeal := h.submit("Справка")
	h.pass(200)
	require.Empty(t, h.cabinet.all())
	asked := h.cabinet.requests()
	require.Greater(t, asked, 5)
	require.Less(t, asked, 20, "it pauses between its attempts")
	h.behaves(office.Normal)
	require.NoError(t, h.Work(t.Context()))
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
}

func TestDuplicatesAreTheSameEvent(t *testing.T) {
	h := newHouse(t)
	h.behaves(office.Duplicates)
	h.submit("Справка")
	h.pass(12)
	all := h.cabinet.all()
	require.GreaterOrEqual(t, len(all), 6)
	for i := 0; i < len(all); i += 2 {
		require.Equal(t, all[i], all[i+1])
	}
	require.EqualValues(t, len(all)/2, h.State().Delivered)
}

func TestTheLaterGoesFirst(t *testing.T) {
	h := newHouse(t)
	h.behaves(office.OutOfOrder)
	appeal := h.submit("Справка")
	h.pass(1)
	require.Empty(t, h.cabinet.all(), "there is nothing yet that could overtake")
	h.pass(3)
	require.Equal(t, []string{"assigned 2", "registered 1"}, h.cabinet.about(appeal))
	h.pass(30)
	require.Empty(t, h.State().Waiting, "what stays alone goes in the end")
	require.NoError(t, h.Publish())
	require.NoError(t, h.Publish())
	h.pass(5)
	require.Len(t, h.State().Waiting, 2, "two pieces of news are two subjects")
	h.behaves(office.Normal)
	h.pass(1)
	require.Empty(t, h.State().Waiting)
}

// A state that cannot follow yet is refused; after its predecessor it can.
func TestWhatWasTooEarlyIsSentAgain(t *testing.T) {
	h := newHouse(t)
	registered := false
	h.cabinet.behaves(func(e event) (int, fund.Result) {
		if e.Type == fund.TypeAppealRegistered {
			registered = true
		} else if !registered {
			return http.StatusUnprocessableEntity, fund.Result{ID: e.ID, Outcome: fund.Refused, Reason: fund.ReasonTransition}
		}
		return http.StatusOK, fund.Result{ID: e.ID, Outcome: fund.Applied}
	})
	h.behaves(office.OutOfOrder)
	appeal := h.submit("Справка")
	h.pass(6)
	require.Equal(t, []string{"registered 1", "assigned 2"}, h.cabinet.about(appeal))
	require.Empty(t, h.State().Refused)
}

// slowly posts a command and gives the status once it is there; 0 if the cabinet does not wait.
func (h *house) slowly(ctx context.Context, e event) <-chan int {
	h.t.Helper()
	answered := make(chan int, 1)
	body, err := json.Marshal(e)
	require.NoError(h.t, err)
	request := h.signed(e.ID, body).WithContext(ctx)
	go func() {
		defer close(answered)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		answered <- answer.StatusCode
	}()
	return answered
}

func TestASlowOfficeAnswersLate(t *testing.T) {
	h := newHouse(t)
	require.NoError(t, h.SetScenario(office.Slow, 7*time.Second))
	e := h.command(submitted, newAppeal(), nil)
	answered := h.slowly(t.Context(), e)
	require.Equal(t, 7*time.Second, <-h.waits)
	require.Empty(t, answered)
	h.goOn <- h.clock.Now()
	require.Equal(t, http.StatusAccepted, <-answered)

	// Later than the cabinet waits: the command is taken all the same, and is known when it comes again.
	late := h.command(submitted, newAppeal(), nil)
	ctx, leave := context.WithCancel(t.Context())
	answered = h.slowly(ctx, late)
	require.Equal(t, 7*time.Second, <-h.waits)
	leave()
	require.Zero(t, <-answered)
	h.behaves(office.Normal)
	require.Equal(t, http.StatusConflict, h.post(late))
	require.Len(t, h.State().Work, 2)
}

func TestWhileTheCabinetIsAwayNothingIsLost(t *testing.T) {
	for name, status := range map[string]int{"fails": 500, "is busy": 429, "is gone": 404, "redirects": 302} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.cabinet.behaves(func(event) (int, fund.Result) { return status, fund.Result{} })
			appeal := h.submit("Справка")
			h.pass(300)
			require.Less(t, h.cabinet.requests(), 25, "it pauses, half a minute at most")
			require.Greater(t, h.cabinet.requests(), 8)
			h.restart()
			h.cabinet.behaves(nil)
			h.pass(31)
			require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
			require.Empty(t, h.State().Refused)
		})
	}
	t.Run("does not answer", func(t *testing.T) {
		h := newHouse(t)
		appeal := h.submit("Справка")
		address := h.options.CabinetURL
		h.options.CabinetURL = "http://127.0.0.1:1/fund/events"
		h.restart()
		h.pass(12)
		require.NotContains(t, h.log.String(), "127.0.0.1:1/fund", "no address in the log")
		h.options.CabinetURL = address
		h.restart()
		require.NoError(t, h.Work(t.Context()))
		require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
	})
}

func TestWhatTheCabinetDoesNotWantIsLaidAside(t *testing.T) {
	h := newHouse(t)
	h.cabinet.behaves(func(e event) (int, fund.Result) {
		if e.Type == fund.TypeAppealAssigned {
			return http.StatusUnprocessableEntity, fund.Result{ID: e.ID, Outcome: fund.Refused, Reason: fund.ReasonSchema}
		}
		return http.StatusOK, fund.Result{ID: e.ID, Outcome: fund.Applied}
	})
	appeal, other := h.submit("Справка"), h.submit("Справка")
	h.pass(12)
	require.Equal(t, []string{"registered 1"}, h.cabinet.about(appeal), "the order of a subject is kept")
	require.Equal(t, []string{"registered 1"}, h.cabinet.about(other), "subjects do not wait for each other")
	h.pass(200)
	require.Equal(t, []string{"registered", "decided"}, without(h.cabinet.about(appeal), "commented"))
	require.Len(t, h.State().Refused, 2)
	require.Equal(t, "SCHEMA", h.State().Refused[0].Reason)
	require.Empty(t, h.State().Waiting)
}

func TestLostBooksAreNoticedByTheirNumbers(t *testing.T) {
	h := newHouse(t)
	highest := map[string]int64{}
	h.cabinet.behaves(func(e event) (int, fund.Result) {
		n := number(t, e)
		if n <= highest[e.Subject] {
			return http.StatusOK, fund.Result{ID: e.ID, Outcome: fund.Stale}
		}
		highest[e.Subject] = n
		return http.StatusOK, fund.Result{ID: e.ID, Outcome: fund.Applied}
	})
	appeal := newAppeal()
	highest[appeal] = 12
	require.Equal(t, http.StatusAccepted, h.post(h.command(submitted, appeal, nil)))
	h.pass(12)
	told := h.cabinet.about(appeal)
	require.Equal(t, "registered 1", told[0])
	require.True(t, strings.HasPrefix(told[1], "registered 17"), told[1])
	require.EqualValues(t, len(told)-1, highest[appeal]-aTuesday().Unix()-1, "and on from there, by one")
	require.Equal(t, "decided", strings.Fields(told[len(told)-1])[0])
}

func TestWhatCannotBeSet(t *testing.T) {
	h := newHouse(t)
	require.ErrorIs(t, h.SetScenario("sleeping", 0), office.ErrScenario)
	require.ErrorIs(t, h.SetScenario(office.Slow, -1), office.ErrDelay)
	require.ErrorIs(t, h.SetScenario(office.Slow, time.Hour), office.ErrDelay)
	require.ErrorIs(t, h.SetPace(0), office.ErrPace)
	require.ErrorIs(t, h.SetPace(1e9), office.ErrPace)
	for _, s := range office.Scenarios() {
		require.NotEmpty(t, s.Title())
		h.behaves(s)
		got, _ := h.Scenario()
		require.Equal(t, s, got)
	}
}

func TestThePaceChangesWhatIsUnderWay(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	require.NoError(t, h.SetPace(1))
	h.pass(3599)
	require.Empty(t, h.cabinet.about(appeal))
	h.pass(1)
	require.Len(t, h.cabinet.about(appeal), 1)
	require.NoError(t, h.SetPace(3*anHour))
	h.pass(1)
	require.Len(t, h.cabinet.about(appeal), 2)
}
