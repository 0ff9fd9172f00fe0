package fund_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/verification"
	"kabinet/internal/fund"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	verifications "kabinet/internal/verification"
)

const uid = "UID-0000000042"

func insured(id, sequence, change string) map[string]any {
	return event(fund.TypeInsuredChanged, id, uid, sequence,
		`{"uid":"`+uid+`","snils":"11223344595","lastName":"Примерова","firstName":"Анна","birthDate":"1980-02-29"`+change+`}`)
}

func TestARecordOfSomebodyUnknownIsAppliedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		system := persontest.System(t)
		require.Equal(t, fund.Applied, b.one(t, insured("b", "2", `,"accessCode":"7K3M9Q2T"`)).Outcome)
		record, err := b.store.InsuredRecord.Query().Only(system)
		require.NoError(t, err)
		version := func() int64 {
			n, err := owner.Sequence(system, b.store, record.OwnerID)
			require.NoError(t, err)
			return n
		}
		require.EqualValues(t, 1, version())
		require.Equal(t, fund.Duplicate, b.one(t, insured("b", "2", `,"accessCode":"7K3M9Q2T"`)).Outcome)
		require.Equal(t, fund.Stale, b.one(t, insured("a", "1", "")).Outcome)
		require.EqualValues(t, 1, version())
		require.Equal(t, fund.Applied, b.one(t, insured("c", "3", `,"inn":"500100732259","passport":{"series":"0000","number":"000042"}`)).Outcome)
		require.EqualValues(t, 2, version())

		require.Equal(t, fund.Result{ID: "d", Outcome: fund.Refused, Reason: fund.ReasonTransition},
			b.one(t, event(fund.TypeInsuredChanged, "d", uid, "4", `{"uid":"`+uid+`","snils":"08765430300","lastName":"П","firstName":"А","birthDate":"1980-02-29"}`)))
		persons, err := b.store.Person.Query().Count(system)
		require.NoError(t, err)
		require.Equal(t, 2, persons, "Ann, and the one who was made")
		require.EqualValues(t, 2, version())

		kept, err := b.store.FundEvent.Query().All(system)
		require.NoError(t, err)
		require.Len(t, kept, 4)
		for _, e := range kept {
			for _, secret := range []string{"11223344595", "Примерова", "7K3M9Q2T", "500100732259"} {
				require.NotContains(t, e.String()+string(e.Payload), secret)
			}
		}
	})
}

func TestRecordsOfOnePersonAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const events = 6
		results := make([]fund.Result, events)
		var wg sync.WaitGroup
		for i := range events {
			wg.Go(func() { results[i] = b.one(t, insured(fmt.Sprint(i), fmt.Sprint(i+1), "")) })
		}
		wg.Wait()
		for _, r := range results {
			require.Contains(t, []fund.Outcome{fund.Applied, fund.Stale}, r.Outcome, "none is refused because another came at once")
		}
		row, err := b.store.InsuredRecord.Query().Only(persontest.System(t))
		require.NoError(t, err)
		require.EqualValues(t, events, row.FundSequence)
	})
}

func TestWhatIsWrongWithARecord(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		whole := func(data string) map[string]any { return event(fund.TypeInsuredChanged, "x", uid, "1", data) }
		for name, test := range map[string]struct {
			event map[string]any
			want  fund.Reason
		}{
			"no name":              {whole(`{"uid":"` + uid + `","snils":"11223344595","birthDate":"1980-02-29"}`), fund.ReasonSchema},
			"a member too many":    {insured("x", "1", `,"diagnosis":"J06"`), fund.ReasonSchema},
			"a code in small":      {insured("x", "1", `,"accessCode":"abcdefgh"`), fund.ReasonSchema},
			"half a passport":      {insured("x", "1", `,"passport":{"series":"0000"}`), fund.ReasonSchema},
			"another subject":      {whole(`{"uid":"UID-0000000043","snils":"11223344595","lastName":"П","firstName":"А","birthDate":"1980-02-29"}`), fund.ReasonContents},
			"wrong check digits":   {whole(`{"uid":"` + uid + `","snils":"11223344596","lastName":"П","firstName":"А","birthDate":"1980-02-29"}`), fund.ReasonContents},
			"wrong digits of INN":  {insured("x", "1", `,"inn":"500100732258"`), fund.ReasonContents},
			"a day that is none":   {whole(`{"uid":"` + uid + `","snils":"11223344595","lastName":"П","firstName":"А","birthDate":"1981-02-29"}`), fund.ReasonContents},
			"an INN of ten digits": {insured("x", "1", `,"inn":"7707083893"`), fund.ReasonSchema},
		} {
			require.Equal(t, fund.Result{ID: "x", Outcome: fund.Refused, Reason: test.want}, b.one(t, test.event), name)
		}
		n, err := b.store.InsuredRecord.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

// verdict is the fund's on a request.
func verdict(id string, of ref.Ref, sequence, rest string) map[string]any {
	return event(fund.TypeVerificationVerdict, id, of.String(), sequence, `{"verification":"`+of.String()+`",`+rest+`}`)
}

func TestAVerdictOnAnIdentity(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		system := persontest.System(t)
		row, err := b.store.Verification.Create().SetOwnerID(b.ann).SetState(string(verifications.Submitted)).
			SetPassportVersionID(uuid.New()).SetSnilsVersionID(uuid.New()).SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(system)
		require.NoError(t, err)
		request := ref.Of(ref.Verification, row.ID)
		const faults = `"faults":[{"field":"PASSPORT_SCAN","message":"Не читается."}]`
		refused := func(want fund.Reason, e map[string]any) {
			t.Helper()
			require.Equal(t, fund.Result{ID: "x", Outcome: fund.Refused, Reason: want}, b.one(t, e))
		}
		refused(fund.ReasonSchema, verdict("x", request, "1", `"state":"REJECTED"`))
		refused(fund.ReasonSchema, verdict("x", request, "1", `"state":"REJECTED","faults":[]`))
		refused(fund.ReasonSchema, verdict("x", request, "1", `"state":"CONFIRMED",`+faults))
		refused(fund.ReasonSchema, verdict("x", request, "1", `"state":"SUBMITTED"`))
		refused(fund.ReasonSchema, verdict("x", request, "1", `"state":"REJECTED","faults":[{"field":"SHOES","message":"Грязные."}]`))
		refused(fund.ReasonContents, event(fund.TypeVerificationVerdict, "x", ref.Of(ref.Verification, b.ann).String(), "1",
			`{"verification":"`+request.String()+`","state":"CONFIRMED"}`))
		require.Equal(t, fund.Parked, b.one(t, verdict("y", ref.Of(ref.Verification, uuid.New()), "1", `"state":"CONFIRMED"`)).Outcome)

		before := b.version(t)
		require.Equal(t, fund.Applied, b.one(t, verdict("a", request, "1", `"state":"REJECTED",`+faults)).Outcome)
		require.Equal(t, fund.Duplicate, b.one(t, verdict("a", request, "1", `"state":"REJECTED",`+faults)).Outcome)
		refused(fund.ReasonTransition, verdict("x", request, "2", `"state":"CONFIRMED"`))
		require.Equal(t, before+1, b.version(t))
		got, err := b.store.Verification.Query().Where(verification.ID(row.ID)).Only(system)
		require.NoError(t, err)
		require.Equal(t, string(verifications.Rejected), got.State)
		require.NotContains(t, string(got.Faults), "читается")
	})
}

// The contract names the same faults as the cabinet shows.
func TestTheFieldsOfFaultsAreThoseOfTheSchema(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		system := persontest.System(t)
		row, err := b.store.Verification.Create().SetOwnerID(b.ann).SetState(string(verifications.Submitted)).
			SetPassportVersionID(uuid.New()).SetSnilsVersionID(uuid.New()).SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(system)
		require.NoError(t, err)
		var faults []verifications.Fault
		for _, f := range verifications.Fields() {
			faults = append(faults, verifications.Fault{Field: f, Message: "Неверно."})
		}
		text, err := json.Marshal(faults)
		require.NoError(t, err)
		require.Equal(t, fund.Applied, b.one(t, verdict("a", ref.Of(ref.Verification, row.ID), "1", `"state":"REJECTED","faults":`+string(text))).Outcome)
	})
}
