package fund_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/docs/events"
	"kabinet/ent/benefit"
	"kabinet/ent/fundevent"
	"kabinet/internal/fund"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/person/persontest"
)

const (
	leafData  = `{"number":"` + number + `","snils":"` + snils + `","reason":"01","issuedOn":"2026-11-01","startsOn":"2026-11-01","clinic":{"name":"Клиника"}}`
	startData = `{"number":"` + benefitNumber + `","snils":"` + snils + `","type":"TEMPORARY_DISABILITY","sickLeave":"` + number + `","startsOn":"2026-11-01"}`
)

// story is what the fund tells of a person, the last first: nothing of it can be applied in this order.
func story() []map[string]any {
	return []map[string]any{
		event(fund.TypeBenefitChanged, "5", benefitNumber, "3", `{"number":"`+benefitNumber+`","state":"PAID"}`),
		event(fund.TypeBenefitChanged, "4", benefitNumber, "2", `{"number":"`+benefitNumber+`","state":"CALCULATED"}`),
		event(fund.TypeBenefitStarted, "3", benefitNumber, "1", startData),
		leaf("2", number, "2", "030"),
		event(fund.TypeSickLeaveIssued, "1", number, "1", leafData),
	}
}

func (b *boundary) requireStoryTold(t *testing.T) {
	t.Helper()
	row, err := b.store.Benefit.Query().Where(benefit.Number(benefitNumber)).WithSickLeave().Only(persontest.System(t))
	require.NoError(t, err)
	require.Equal(t, "PAID", row.State)
	require.EqualValues(t, 3, row.FundSequence)
	require.Equal(t, "CLOSED", b.state(t, number))
	require.Equal(t, number, row.Edges.SickLeave.Number)
	parked, err := fund.List(t.Context(), b.store, fund.Parked, 10)
	require.NoError(t, err)
	require.Empty(t, parked)
}

func TestWhatIsParkedIsAppliedWhenItsPersonIsMade(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		for _, e := range story() {
			require.Equal(t, fund.Parked, b.one(t, e).Outcome)
		}
		parked, err := fund.List(t.Context(), b.store, fund.Parked, 10)
		require.NoError(t, err)
		require.Len(t, parked, 5)
		waits := map[string]string{}
		for _, p := range parked {
			waits[p.EventID] = p.Reason
		}
		require.Equal(t, map[string]string{"1": "PERSON", "2": "SUBJECT", "3": "PERSON", "4": "SUBJECT", "5": "SUBJECT"}, waits)

		b.meetAnn(t)
		b.requireStoryTold(t)
		require.EqualValues(t, 6, b.version(t), "one for each event")
	})
}

func TestWhatIsParkedInABatchIsAppliedByTheRestOfIt(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		body, err := json.Marshal(append(story(), insured("0", "1", "")))
		require.NoError(t, err)
		results, err := b.send(t, fund.MediaTypeBatch, body)
		require.NoError(t, err)
		for i, id := range []string{"5", "4", "3", "2", "1", "0"} {
			require.Equal(t, fund.Result{ID: id, Outcome: fund.Applied}, results[i])
		}
		b.requireStoryTold(t)
	})
}

func TestABatchIsTakenInTheOrderOfSequences(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		body, err := json.Marshal([]any{leaf("c", number, "3", "060"), leaf("a", number, "1", "020"), leaf("b", number, "2", "030")})
		require.NoError(t, err)
		results, err := b.send(t, fund.MediaTypeBatch, body)
		require.NoError(t, err)
		for i, id := range []string{"c", "a", "b"} {
			require.Equal(t, fund.Result{ID: id, Outcome: fund.Applied}, results[i])
		}
		require.Equal(t, "FILLED_BY_EMPLOYER", b.state(t, number))
	})
}

// login lets Ann in by the identity provider, which makes her person.
func (b *boundary) login(t *testing.T) {
	t.Helper()
	_, err := b.people.Admit(t.Context(), identity.Login{
		Provider: "esia", Subject: "1", Trusted: true, Profile: identity.Profile{Snils: snils},
	})
	require.NoError(t, err)
}

func TestWhatIsParkedIsAppliedWhenItsPersonLogsIn(t *testing.T) {
	for name, release := range map[string]func(t *testing.T, b *boundary){
		"released": func(t *testing.T, b *boundary) {
			applied, err := b.Release(t.Context(), identifier.Snils(snils))
			require.NoError(t, err)
			require.Equal(t, 5, applied)
		},
		"in the background": func(t *testing.T, b *boundary) {
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			defer wg.Wait()
			defer stop()
			wg.Go(func() { b.Run(ctx) })
			b.Appeared(identifier.Snils(snils))
			require.Eventually(t, func() bool {
				n, err := b.store.FundEvent.Query().Where(fundevent.Outcome(string(fund.Parked))).Count(persontest.System(t))
				return err == nil && n == 0
			}, soon, tick)
		},
		"by the sweep": func(t *testing.T, b *boundary) {
			settled, err := b.Sweep(t.Context())
			require.NoError(t, err)
			require.Positive(t, settled)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *boundary) {
				for _, e := range story() {
					require.Equal(t, fund.Parked, b.one(t, e).Outcome)
				}
				applied, err := b.Release(t.Context(), identifier.Snils(snils))
				require.NoError(t, err)
				require.Zero(t, applied, "nobody has come")
				b.login(t)
				release(t, b)
				b.requireStoryTold(t)
			})
		})
	}
}

// The sweep comes by everything that is parked, however much there is, and leaves what must wait on as it is.
func TestTheSweepComesByEverything(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const strangers = 230
		for i := range strangers {
			require.Equal(t, fund.Parked, b.one(t, leaf(fmt.Sprint("s", i), fmt.Sprintf("%012d", i+1), "1", "020")).Outcome)
		}
		for _, e := range story() {
			b.one(t, e)
		}
		before, err := fund.List(t.Context(), b.store, fund.Parked, 500)
		require.NoError(t, err)
		b.login(t)
		b.clock.Advance(1)
		for range 3 { // a hundred at a time
			_, err := b.Sweep(t.Context())
			require.NoError(t, err)
		}
		b.requireParked(t, strangers)
		after, err := fund.List(t.Context(), b.store, fund.Parked, 500)
		require.NoError(t, err)
		require.Equal(t, before[5].ReceivedAt, after[0].ReceivedAt)
		require.Equal(t, before[5].Payload, after[0].Payload)
		b.addLeave(t, fmt.Sprintf("%012d", 1))
		for range 3 {
			_, err := b.Sweep(t.Context())
			require.NoError(t, err)
		}
		b.requireParked(t, strangers-1)
	})
}

func (b *boundary) requireParked(t *testing.T, want int) {
	t.Helper()
	n, err := b.store.FundEvent.Query().Where(fundevent.Outcome(string(fund.Parked))).Count(persontest.System(t))
	require.NoError(t, err)
	require.Equal(t, want, n)
}

// An event and what it waits for may come at the same time: whoever is second applies it.
func TestAnEventAndItsPersonAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const people = 12
		var wg sync.WaitGroup
		for i := range people {
			n := string(identifier.SnilsOf(900_000_000 + i))
			wg.Go(func() {
				b.one(t, event(fund.TypeDeadlineSet, fmt.Sprint("d", i), fmt.Sprint("С-", i), "1",
					fmt.Sprintf(`{"number":"С-%d","snils":"%s","state":"OPEN","title":"Сделать","dueOn":"2026-12-01"}`, i, n)))
			})
			wg.Go(func() {
				b.one(t, event(fund.TypeInsuredChanged, fmt.Sprint("i", i), fmt.Sprintf("UID-%04d", i), "1",
					fmt.Sprintf(`{"uid":"UID-%04d","snils":"%s","lastName":"П","firstName":"А","birthDate":"1980-02-29"}`, i, n)))
			})
		}
		wg.Wait()
		b.requireParked(t, 0)
		n, err := b.store.Deadline.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, people, n)
	})
}

// The examples tell one story: what they are about is in them, but for what only the cabinet can name or was there before.
func TestTheExamplesApply(t *testing.T) {
	names, err := fs.Glob(events.Files, "*.example.json")
	require.NoError(t, err)
	each(t, func(t *testing.T, b *boundary) {
		for _, name := range names {
			text, err := events.Files.ReadFile(name)
			require.NoError(t, err)
			body, err := fund.Seal(text)
			require.NoError(t, err)
			_, err = b.send(t, fund.MediaTypeEvent, body)
			require.NoError(t, err)
		}
		rows, err := fund.List(t.Context(), b.store, "", 100)
		require.NoError(t, err)
		require.Len(t, rows, len(names))
		for _, row := range rows {
			want := fund.Applied
			switch {
			case strings.HasPrefix(row.Type, "ru.sfr.appeal."), row.Type == fund.TypeDocumentVerdict, row.Type == fund.TypeVerificationVerdict, row.Type == fund.TypeClarificationAnswered,
				row.Type == fund.TypeSickLeaveChanged, row.Type == fund.TypeBenefitChanged:
				want = fund.Parked
			}
			require.Equal(t, string(want), row.Outcome, "%s: %s", row.Type, row.Reason)
		}
	})
}
