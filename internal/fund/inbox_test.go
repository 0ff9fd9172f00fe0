package fund_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/ent/sickleave"
	"kabinet/internal/fund"
	"kabinet/internal/person/persontest"
)

const number = "910000000001"

func (b *boundary) state(t *testing.T, number string) string {
	t.Helper()
	row, err := b.store.SickLeave.Query().Where(sickleave.Number(number)).Only(persontest.System(t))
	require.NoError(t, err)
	return row.State
}

func TestAnEventIsAppliedOnceAndInOrder(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		before := b.version(t)
		require.Equal(t, fund.Applied, b.one(t, leaf("a", number, "2", "020")).Outcome)
		require.Equal(t, before+1, b.version(t))
		require.Equal(t, fund.Duplicate, b.one(t, leaf("a", number, "2", "020")).Outcome, "the same event")
		require.Equal(t, fund.Stale, b.one(t, leaf("b", number, "1", "030")).Outcome, "an older one")
		require.Equal(t, fund.Duplicate, b.one(t, leaf("b", number, "1", "030")).Outcome, "the older one again")
		require.Equal(t, before+1, b.version(t))
		require.Equal(t, "EXTENDED", b.state(t, number))
	})
}

func TestAParkedEventIsAppliedWhenItsSubjectIsThere(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		require.Equal(t, fund.Parked, b.one(t, leaf("a", number, "1", "030")).Outcome)
		require.Equal(t, fund.Parked, b.one(t, leaf("a", number, "1", "030")).Outcome, "still not there")
		b.addLeave(t, number)
		require.Equal(t, fund.Applied, b.one(t, leaf("a", number, "1", "030")).Outcome)

		other := "910000000002"
		require.Equal(t, fund.Parked, b.one(t, leaf("b", other, "1", "030")).Outcome)
		b.addLeave(t, other)
		replayed, err := b.Replay(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, []fund.Result{{ID: "b", Outcome: fund.Applied}}, replayed)
		require.Equal(t, "CLOSED", b.state(t, other))
	})
}

func TestARefusedEventIsJudgedAnew(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		paid := leaf("c", number, "3", "080")
		require.Equal(t, fund.Result{ID: "c", Outcome: fund.Refused, Reason: fund.ReasonTransition}, b.one(t, paid), "out of order")
		require.Equal(t, fund.Applied, b.one(t, leaf("a", number, "1", "030")).Outcome)
		require.Equal(t, fund.Applied, b.one(t, leaf("b", number, "2", "060")).Outcome)
		require.Equal(t, fund.Applied, b.one(t, paid).Outcome)

		spoilt := leaf("d", number, "4", "090")
		spoilt["checksum"] = fund.Checksum([]byte("something else"))
		require.Equal(t, fund.ReasonChecksum, b.one(t, spoilt).Reason)
		replayed, err := b.Replay(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, replayed, "what was spoilt on the way is not judged from what is kept of it")
	})
}

func TestAClashWithOtherDataIsRefusedAndKept(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		first, second := b.addAppeal(t), b.addAppeal(t)
		register := func(id, subject string) map[string]any {
			return event(fund.TypeAppealChanged, id, subject, "1", `{"appeal":"`+subject+`","state":"REGISTERED","number":"О-1"}`)
		}
		require.Equal(t, fund.Applied, b.one(t, register("a", first.String())).Outcome)
		before := b.version(t)
		require.Equal(t, fund.Result{ID: "b", Outcome: fund.Refused, Reason: fund.ReasonContents}, b.one(t, register("b", second.String())))
		require.Equal(t, before, b.version(t))
		kept, err := fund.List(t.Context(), b.store, fund.Refused, 10)
		require.NoError(t, err)
		require.Len(t, kept, 1)
		require.NotContains(t, string(kept[0].Payload), "REGISTERED", "what is kept is sealed")
	})
}

func TestWhatIsWrongWithAnEvent(t *testing.T) {
	data := func(data string) map[string]any { return event(fund.TypeSickLeaveChanged, "x", number, "1", data) }
	without := func(attribute string) map[string]any {
		e := leaf("x", number, "1", "030")
		delete(e, attribute)
		return e
	}
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		before := b.version(t)
		for name, test := range map[string]struct {
			event map[string]any
			want  fund.Reason
		}{
			"no checksum":          {without("checksum"), fund.ReasonChecksum},
			"unknown type":         {event("ru.sfr.unknown", "x", number, "1", `{}`), fund.ReasonType},
			"unknown state":        {data(`{"number":"` + number + `","state":"777"}`), fund.ReasonSchema},
			"a member too many":    {data(`{"number":"` + number + `","state":"030","snils":"1"}`), fund.ReasonSchema},
			"a key twice":          {data(`{"number":"` + number + `","state":"777","state":"030"}`), fund.ReasonSchema},
			"NUL in a text":        {data(`{"number":"` + number + `","state":"030","comment":"a\u0000b"}`), fund.ReasonSchema},
			"a day that is none":   {data(`{"number":"` + number + `","state":"030","endsOn":"2026-02-31"}`), fund.ReasonContents},
			"another subject":      {data(`{"number":"910000000009","state":"030"}`), fund.ReasonContents},
			"an impossible state":  {data(`{"number":"` + number + `","state":"080"}`), fund.ReasonTransition},
			"the id of a document": {event(fund.TypeAppealChanged, "x", "DO_AZOgAAAAcACAAAAAAAAAAg", "1", `{"appeal":"DO_AZOgAAAAcACAAAAAAAAAAg","state":"DONE"}`), fund.ReasonSchema},
		} {
			require.Equal(t, fund.Result{ID: "x", Outcome: fund.Refused, Reason: test.want}, b.one(t, test.event), name)
		}
		require.Equal(t, before, b.version(t))
		require.Equal(t, "OPENED", b.state(t, number))
	})
}

func TestABatchIsTakenEventByEvent(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		body, err := json.Marshal([]any{leaf("a", number, "1", "020"), map[string]any{}, leaf("b", number, "2", "030"), leaf("a", number, "1", "020")})
		require.NoError(t, err)
		results, err := b.send(t, fund.MediaTypeBatch, body)
		require.NoError(t, err)
		require.Equal(t, []fund.Result{
			{ID: "a", Outcome: fund.Applied},
			{Outcome: fund.Refused, Reason: fund.ReasonEnvelope},
			{ID: "b", Outcome: fund.Applied},
			{ID: "a", Outcome: fund.Duplicate},
		}, results)
		require.Equal(t, "CLOSED", b.state(t, number))

		_, err = b.send(t, fund.MediaTypeBatch, []byte("["+strings.Repeat("{},", 500)+"{}]"))
		require.ErrorIs(t, err, fund.ErrBatch)
	})
}

// White space around the data is no part of it, however the sender lays out its JSON.
func TestTheChecksumIsThatOfTheData(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		data := `{"number": "` + number + `", "state": "030"}`
		for i, layout := range []string{"%s", " %s", "\n\t%s\n", "%s  "} {
			body := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"urn:test","type":%q,"subject":%q,"sequence":"1","datacontenttype":"application/json","checksum":%q,"data":`+layout+`}`,
				i, fund.TypeSickLeaveChanged, number, fund.Checksum([]byte(data)), data)
			results, err := b.send(t, fund.MediaTypeEvent, []byte(body))
			require.NoError(t, err)
			require.NotEqual(t, fund.Refused, results[0].Outcome, layout)
		}
	})
}
