package fund_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/docs/events"
	"kabinet/internal/clarification"
	"kabinet/internal/fund"
	"kabinet/internal/identifier"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	verifications "kabinet/internal/verification"
)

const snils = "11223344595"

// meetAnn gives the boundary a person whom the fund knows by SNILS: Ann from now on.
func (b *boundary) meetAnn(t *testing.T) {
	t.Helper()
	require.Equal(t, fund.Applied, b.one(t, insured("meet", "1", "")).Outcome)
	record, err := b.store.InsuredRecord.Query().Only(persontest.System(t))
	require.NoError(t, err)
	b.ann = record.OwnerID
}

// kind is a type of events, as the table of all types tests it.
type kind struct {
	// subject makes the subject if it must be there before, and gives its name.
	subject func(t *testing.T, b *boundary) string
	// data is the data of an event with this number; all of 2, 3 and 4 can be applied, one after the other.
	data func(subject string, n int) string
	// stranger is a subject that is not known, or empty if there is no such thing.
	stranger string
	// unknown is data about somebody who is not known; empty if the data names nobody.
	unknown string
	// once: only the first event about a subject can be applied.
	once bool
	// nobodys: it has no owner.
	nobodys bool
}

func named(name string) func(*testing.T, *boundary) string {
	return func(*testing.T, *boundary) string { return name }
}

func withLeave(t *testing.T, b *boundary) string {
	t.Helper()
	b.addLeave(t, number)
	return number
}

const benefitNumber = "П-1"

func withBenefit(t *testing.T, b *boundary) string {
	t.Helper()
	require.Equal(t, fund.Applied, b.one(t, event(fund.TypeBenefitStarted, "start", benefitNumber, "1",
		`{"number":"`+benefitNumber+`","snils":"`+snils+`","type":"CHILD_CARE","startsOn":"2026-11-01"}`)).Outcome)
	return benefitNumber
}

// withAppeal gives an appeal in the review.
func withAppeal(t *testing.T, b *boundary) string {
	t.Helper()
	id := b.addAppeal(t).String()
	require.Equal(t, fund.Applied, b.one(t, event(fund.TypeAppealAssigned, "assign", id, "1", `{"appeal":"`+id+`","specialist":"Ответова"}`)).Outcome)
	return id
}

func withDocument(t *testing.T, b *boundary) string {
	t.Helper()
	row, err := b.store.Document.Create().SetOwnerID(b.ann).SetKind("CERTIFICATE").SetTitle("Справка").SetState("PROCESSING").SetCurrentVersion(1).
		SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.Document, row.ID).String()
}

func withVerification(t *testing.T, b *boundary) string {
	t.Helper()
	row, err := b.store.Verification.Create().SetOwnerID(b.ann).SetState(string(verifications.Submitted)).
		SetPassportVersionID(uuid.New()).SetSnilsVersionID(uuid.New()).SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.Verification, row.ID).String()
}

func withQuestion(t *testing.T, b *boundary) string {
	t.Helper()
	row, err := b.store.Clarification.Create().SetOwnerID(b.ann).SetSickLeaveID(b.addLeave(t, "910000000021").ID).
		SetAddressee(string(clarification.Doctor)).SetState(string(clarification.Asked)).SetQuestion([]byte("sealed")).
		SetCreatedAt(b.clock.Now()).SetUpdatedAt(b.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.Clarification, row.ID).String()
}

// pick gives the data of the events 2, 3 and 4.
func pick(format string, values ...string) func(string, int) string {
	return func(subject string, n int) string { return fmt.Sprintf(format, subject, values[n-2]) }
}

func sameAlways(format string) func(string, int) string {
	return func(subject string, _ int) string { return fmt.Sprintf(format, subject) }
}

// kinds are all types of events.
func kinds() map[string]kind {
	const stranger = identifier.Snils("08765430300")
	strangerAppeal, strangerNumber := ref.Of(ref.Appeal, uuid.New()).String(), "999999999999"
	bySnils := func(format string) (data func(string, int) string, unknown string) {
		return func(subject string, n int) string { return fmt.Sprintf(format, subject, snils, n) },
			fmt.Sprintf(format, strangerNumber, string(stranger), 2)
	}
	issued, issuedUnknown := bySnils(`{"number":"%s","snils":"%s","reason":"0%d","issuedOn":"2026-11-01","startsOn":"2026-11-01","clinic":{"name":"Клиника"}}`)
	started, startedUnknown := bySnils(`{"number":"%s","snils":"%s","type":"CHILD_CARE","startsOn":"2026-11-0%d"}`)
	paid, paidUnknown := bySnils(`{"number":"%s","snils":"%s","kind":"PENSION","period":"2026-0%d","employer":{"name":"ООО"},"base":"1.00","amount":"0.22"}`)
	due, dueUnknown := bySnils(`{"number":"%s","snils":"%s","state":"OPEN","title":"Сделать","dueOn":"2026-12-0%d"}`)
	return map[string]kind{
		fund.TypeSickLeaveIssued:  {subject: named(number), data: issued, stranger: strangerNumber, unknown: issuedUnknown, once: true},
		fund.TypeSickLeaveChanged: {subject: withLeave, data: sameAlways(`{"number":"%s","state":"020"}`), stranger: strangerNumber},
		fund.TypeBenefitStarted:   {subject: named(benefitNumber), data: started, stranger: strangerNumber, unknown: startedUnknown, once: true},
		fund.TypeBenefitChanged: {
			subject: withBenefit, data: pick(`{"number":"%s","state":"%s"}`, "READY_FOR_CALCULATION", "CALCULATED", "PAID"), stranger: strangerNumber,
		},
		fund.TypeBenefitAccrued: {
			subject: withBenefit, stranger: strangerNumber,
			data: sameAlways(`{"number":"%s","startsOn":"2026-11-01","endsOn":"2026-11-30","amount":"5.00","accruedOn":"2026-11-30"}`),
		},
		fund.TypeBenefitNotice:         {subject: withBenefit, data: sameAlways(`{"number":"%s","notice":"Исправьте"}`), stranger: strangerNumber, once: true},
		fund.TypeAppealChanged:         {subject: withAppeal, data: pick(`{"appeal":"%s","state":"%s"}`, "NEEDS_CORRECTION", "UNDER_REVIEW", "DONE"), stranger: strangerAppeal},
		fund.TypeAppealRegistered:      {subject: func(t *testing.T, b *boundary) string { t.Helper(); return b.addAppeal(t).String() }, data: sameAlways(`{"appeal":"%s","number":"О-1","dueOn":"2026-12-01"}`), stranger: strangerAppeal, once: true},
		fund.TypeAppealAssigned:        {subject: withAppeal, data: pick(`{"appeal":"%s","specialist":"%s"}`, "А", "Б", "В"), stranger: strangerAppeal},
		fund.TypeAppealCommented:       {subject: withAppeal, data: sameAlways(`{"appeal":"%s","text":"Ждите"}`), stranger: strangerAppeal},
		fund.TypeAppealDeficiencies:    {subject: withAppeal, data: sameAlways(`{"appeal":"%s","deficiencies":[{"what":"А","remedy":"Б"}]}`), stranger: strangerAppeal, once: true},
		fund.TypeAppealDecided:         {subject: withAppeal, data: sameAlways(`{"appeal":"%s","decision":"REFUSED","answer":"Нет"}`), stranger: strangerAppeal, once: true},
		fund.TypeDocumentVerdict:       {subject: withDocument, data: sameAlways(`{"document":"%s","state":"APPROVED"}`), stranger: ref.Of(ref.Document, uuid.New()).String(), once: true},
		fund.TypeVerificationVerdict:   {subject: withVerification, data: sameAlways(`{"verification":"%s","state":"CONFIRMED"}`), stranger: ref.Of(ref.Verification, uuid.New()).String(), once: true},
		fund.TypeClarificationAnswered: {subject: withQuestion, data: sameAlways(`{"clarification":"%s","answer":"Потому что."}`), stranger: ref.Of(ref.Clarification, uuid.New()).String(), once: true},
		fund.TypeInsuredChanged: {
			subject: named(uid),
			data:    pick(`{"uid":"%s","snils":"`+snils+`","lastName":"%s","firstName":"Анна","birthDate":"1980-02-29"}`, "А", "Б", "В"),
		},
		fund.TypeContributionReported:  {subject: named("В-1"), data: paid, stranger: strangerNumber, unknown: paidUnknown},
		fund.TypeDeadlineSet:           {subject: named("С-1"), data: due, stranger: strangerNumber, unknown: dueUnknown},
		fund.TypeAnnouncementPublished: {subject: named("Н-1"), data: sameAlways(`{"number":"%s","importance":"URGENT","title":{"ru":"А"},"text":{"ru":"Б"}}`), nobodys: true},
		fund.TypeMaintenancePlanned: {
			subject: named("Р-1"), nobodys: true,
			data: sameAlways(`{"number":"%s","systems":["SMS"],"text":{"ru":"А"},"startsAt":"2026-12-01T00:00:00Z","endsAt":"2026-12-02T00:00:00Z"}`),
		},
		fund.TypeSystemStatus: {subject: named("SMS"), data: pick(`{"system":"%s","state":"%s"}`, "DEGRADED", "UNAVAILABLE", "OPERATIONAL"), nobodys: true},
	}
}

// The owner's sequence is the version of all that they see: an event that is applied raises it by one, every other by none.
func TestEveryTypeRaisesTheSequenceByOneWhenItIsApplied(t *testing.T) {
	table := kinds()
	schemas, err := fs.Glob(events.Files, "*.schema.json")
	require.NoError(t, err)
	require.Len(t, schemas, len(table))
	for _, name := range schemas {
		name = strings.TrimSuffix(name, ".schema.json")
		k, listed := table[name]
		require.True(t, listed, name)
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *boundary) {
				b.meetAnn(t)
				b.checkInvariant(t, name, k)
			})
		})
	}
}

func (b *boundary) checkInvariant(t *testing.T, name string, k kind) {
	t.Helper()
	subject := k.subject(t, b)
	one := int64(1)
	if k.nobodys {
		one = 0
	}
	send := func(id, subject, sequence, data string, want fund.Outcome, rise int64) {
		t.Helper()
		before := b.version(t)
		got := b.one(t, event(name, id, subject, sequence, data))
		require.Equal(t, want, got.Outcome, "%s: %s", id, got.Reason)
		require.Equal(t, before+rise, b.version(t), id)
	}
	send("a", subject, "12", k.data(subject, 2), fund.Applied, one)
	send("a", subject, "12", k.data(subject, 2), fund.Duplicate, 0)
	send("b", subject, "11", k.data(subject, 3), fund.Stale, 0)
	send("b", subject, "11", k.data(subject, 3), fund.Duplicate, 0)
	send("again", subject, "12", k.data(subject, 3), fund.Stale, 0)
	send("elsewhere", "another", "13", k.data(subject, 3), fund.Refused, 0)
	send("no schema", subject, "13", `{"unexpected":1}`, fund.Refused, 0)
	if k.stranger != "" {
		data := k.unknown
		if data == "" {
			data = k.data(k.stranger, 3)
		}
		send("stranger", k.stranger, "1", data, fund.Parked, 0)
		send("stranger", k.stranger, "1", data, fund.Parked, 0)
	}
	if k.once {
		send("c", subject, "13", k.data(subject, 3), fund.Refused, 0)
		return
	}
	send("c", subject, "13", k.data(subject, 3), fund.Applied, one)
	send("d", subject, "20", k.data(subject, 4), fund.Applied, one)
}
