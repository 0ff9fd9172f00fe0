package office_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
	"kabinet/internal/ref"
)

func readFile(t *testing.T, directory string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(directory, "office.json"))
	require.NoError(t, err)
	return string(text)
}

// without leaves out the remark that about every second appeal gets, and the numbers.
func without(told []string, kind string) []string {
	rest := []string{}
	for _, one := range told {
		one = one[:len(one)-2]
		if one != kind {
			rest = append(rest, one)
		}
	}
	return rest
}

func TestAnAppealIsDecided(t *testing.T) {
	h := newHouse(t)
	remarks := 0
	for i := range 20 {
		appeal := ref.Of(ref.Appeal, uuid.NewSHA1(uuid.Nil, []byte{byte(i)})).String() // the same ones each time
		h.submitAs(appeal, "Справка")
		require.Empty(t, h.cabinet.about(appeal))
		h.pass(1)
		require.Equal(t, []string{"registered 1"}, h.cabinet.about(appeal))
		h.pass(11)
		told := h.cabinet.about(appeal)
		require.Equal(t, []string{"registered", "assigned", "decided"}, without(told, "commented"))
		remarks += len(told) - 3
		last := h.cabinet.all()[len(h.cabinet.all())-1]
		require.Equal(t, "DONE", last.field("decision"))
		h.pass(24)
		require.Equal(t, told, h.cabinet.about(appeal))
	}
	require.NotZero(t, remarks, "now and then one is remarked upon")
	require.Less(t, remarks, 20)
	numbers := map[string]bool{}
	for _, e := range h.cabinet.all() {
		if e.Type == fund.TypeAppealRegistered {
			numbers[e.field("number")] = true
			require.Equal(t, "2026-12-01", e.field("dueOn"), "five working days after a Tuesday")
		}
	}
	require.Len(t, numbers, 20)
	require.Empty(t, h.State().Work)
	require.Empty(t, h.State().Waiting)
}

func TestAtTheDefaultPaceFiveSecondsAndAMinuteSuffice(t *testing.T) {
	h := newHouse(t)
	h.options.Pace = 0
	h.restart()
	appeal := h.submit("Справка")
	wait := func(d time.Duration) {
		h.clock.Advance(d)
		require.NoError(t, h.Work(t.Context()))
	}
	wait(5 * time.Second)
	require.Equal(t, []string{"registered 1"}, h.cabinet.about(appeal))
	for range 55 {
		wait(time.Second)
	}
	require.Equal(t, "decided", without(h.cabinet.about(appeal), "")[len(h.cabinet.about(appeal))-1])
}

func TestASubjectLineProvokesACorrection(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Прошу ИСПРАВИТЬ сведения")
	h.pass(12)
	require.Equal(t, []string{"registered", "assigned", "deficiencies"}, without(h.cabinet.about(appeal), "commented"))
	h.pass(100)
	require.Equal(t, []string{"registered", "assigned", "deficiencies"}, without(h.cabinet.about(appeal), "commented"))

	number := h.cabinet.all()[0].field("number")
	require.Equal(t, http.StatusAccepted, h.post(h.command(submitted, appeal, map[string]any{
		"subject": "Прошу исправить сведения", "corrected": true, "number": number,
	})))
	h.pass(6)
	require.Equal(t, []string{"registered", "assigned", "deficiencies", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
}

func TestACorrectedAppealWithoutANumberIsRegisteredAgain(t *testing.T) {
	h := newHouse(t)
	appeal := newAppeal()
	require.Equal(t, http.StatusAccepted, h.post(h.command(submitted, appeal, map[string]any{"corrected": true})))
	h.pass(12)
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
}

func TestASubjectLineProvokesARefusal(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Не согласна с отказом")
	h.pass(12)
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(appeal), "commented"))
	require.Equal(t, "REFUSED", h.cabinet.all()[len(h.cabinet.all())-1].field("decision"))
}

func TestAWithdrawnAppealIsLeftAlone(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	h.pass(2)
	require.Equal(t, http.StatusAccepted, h.post(h.command(withdrawn, appeal, nil)))
	h.pass(48)
	require.Equal(t, []string{"registered 1", "commented 2"}, h.cabinet.about(appeal))
	require.Empty(t, h.State().Work)
}

// The cabinet refuses what comes of an appeal that has ended meanwhile; it is not sent any more.
func TestWhatCrossedAWithdrawalIsTakenBack(t *testing.T) {
	h := newHouse(t)
	appeal := h.submit("Справка")
	h.cabinet.behaves(func(e event) (int, fund.Result) {
		return http.StatusUnprocessableEntity, fund.Result{ID: e.ID, Outcome: fund.Refused, Reason: fund.ReasonTransition}
	})
	h.pass(2)
	require.Len(t, h.State().Waiting, 1)
	require.Equal(t, http.StatusAccepted, h.post(h.command(withdrawn, appeal, nil)))
	require.Empty(t, h.State().Waiting)
	h.cabinet.behaves(nil)
	h.pass(2)
	require.Equal(t, []string{"commented 2"}, h.cabinet.about(appeal))
}

func TestMessagesAreAnswered(t *testing.T) {
	h := newHouse(t)
	appeal := newAppeal() // that the office has never seen
	require.Equal(t, http.StatusAccepted, h.post(h.command(commented, appeal, nil)))
	require.Equal(t, http.StatusAccepted, h.post(h.command(commented, appeal, nil)))
	h.pass(2)
	require.Equal(t, []string{"commented 1", "commented 2"}, h.cabinet.about(appeal))
	for _, e := range h.cabinet.all() {
		require.NotEmpty(t, e.field("author"))
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	h := newHouse(t)
	answers := map[string]bool{}
	for _, addressee := range []string{"DOCTOR", "EMPLOYER"} {
		question := ref.Of(ref.Clarification, uuid.New()).String()
		require.Equal(t, http.StatusAccepted, h.post(h.command(asked, question, map[string]any{"addressee": addressee})))
		h.pass(3)
		require.Equal(t, []string{"answered 1"}, h.cabinet.about(question))
		answers[h.cabinet.all()[len(h.cabinet.all())-1].field("answer")] = true
	}
	require.Len(t, answers, 2)
}

func TestEverythingCanBeDecidedNow(t *testing.T) {
	h := newHouse(t)
	first, second := h.submit("Справка"), h.submit("исправить")
	require.NoError(t, h.DecideAll())
	require.NoError(t, h.Work(t.Context()))
	require.Equal(t, []string{"registered", "assigned", "decided"}, without(h.cabinet.about(first), "commented"))
	require.Equal(t, []string{"registered", "assigned", "deficiencies"}, without(h.cabinet.about(second), "commented"))
	require.Empty(t, h.State().Work)
}
