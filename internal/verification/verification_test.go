package verification_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/ent/feedevent"
	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/transition"
	"kabinet/internal/verification"
	"kabinet/internal/viewer"
)

// place is the service with Ann, whose account is not confirmed and whose phone is.
type place struct {
	*verification.Service

	store  *storage.Store
	people *person.Service
	clock  *clock.Fixed
	ann    uuid.UUID
	keys   int
}

// deaf is told of what nobody listens to.
type deaf struct{}

func (deaf) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
		sealer, recorder, journal := persontest.Sealer(t), feed.NewRecorder(c, deaf{}), audit.NewJournal(c)
		p := &place{store: s, clock: c, people: person.New(s, sealer, recorder, journal, c)}
		p.Service = verification.New(s, sealer, p.people, recorder, journal, c)
		p.ann = p.admit(t, "1000", nil)
		test(t, p)
	})
}

// admit lets somebody in whose account is not confirmed.
func (p *place) admit(t *testing.T, subject string, change func(l *identity.Login)) uuid.UUID {
	t.Helper()
	l := identity.Login{Provider: "esia", Subject: subject, Profile: identity.Profile{
		LastName: "Сидоров", FirstName: "Павел", Phone: identity.Phone{Number: "+79161234567", Confirmed: true},
	}}
	if change != nil {
		change(&l)
	}
	id, err := p.people.Admit(t.Context(), l)
	require.NoError(t, err)
	return id
}

// add gives somebody a document with two versions, and tells the id of the present one.
func (p *place) add(t *testing.T, id uuid.UUID, kind document.Kind) (doc ref.Ref, present uuid.UUID) {
	t.Helper()
	system := persontest.System(t)
	row, err := p.store.Document.Create().SetOwnerID(id).SetTitle("скан").SetKind(string(kind)).SetState(string(document.Processing)).
		SetCurrentVersion(2).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now()).Save(system)
	require.NoError(t, err)
	for number := 1; number <= 2; number++ {
		v, err := p.store.DocumentVersion.Create().SetOwnerID(id).SetDocumentID(row.ID).SetNumber(number).SetFileName("f.pdf").
			SetMediaType("application/pdf").SetSize(3).SetSha256(make([]byte, 32)).SetBlobKey("documents/" + row.ID.String()).
			SetCreatedAt(p.clock.Now()).Save(system)
		require.NoError(t, err)
		present = v.ID
	}
	return ref.Of(ref.Document, row.ID), present
}

func (p *place) key() string {
	p.keys++
	return fmt.Sprintf("intention-%d", p.keys)
}

// input names two scans that fit.
func (p *place) input(t *testing.T) verification.RequestInput {
	t.Helper()
	passport, _ := p.add(t, p.ann, document.Identity)
	snils, _ := p.add(t, p.ann, document.Certificate)
	return verification.RequestInput{PassportScan: passport, SnilsScan: snils, IdempotencyKey: p.key()}
}

func (p *place) apply(ctx context.Context, r verification.Report) error {
	return p.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return p.Apply(ctx, tx, r) })
}

func (p *place) version(t *testing.T) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), p.store, p.ann)
	require.NoError(t, err)
	return n
}

func (p *place) isConfirmed(t *testing.T) bool {
	t.Helper()
	confirmed, err := p.Confirmed(t.Context(), p.ann)
	require.NoError(t, err)
	return confirmed
}

func codes(t *testing.T, err error) map[string]fault.InputCode {
	t.Helper()
	var faults fault.Invalid
	require.ErrorAs(t, err, &faults)
	found := map[string]fault.InputCode{}
	for _, f := range faults {
		found[strings.Join(f.Path, ".")] = f.Code
		require.NotEmpty(t, f.Message.Ru)
		require.NotEmpty(t, f.Message.En)
	}
	return found
}

func TestARequestTakesTheScansAsTheyAreNow(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		passport, passportVersion := p.add(t, p.ann, document.Identity)
		snils, snilsVersion := p.add(t, p.ann, document.Identity)
		in := verification.RequestInput{PassportScan: passport, SnilsScan: snils, IdempotencyKey: p.key()}
		made, err := p.Request(ann, in)
		require.NoError(t, err)
		require.Equal(t, verification.Submitted, made.State)
		require.Nil(t, made.DecidedAt)
		faults, err := p.Faults(made)
		require.NoError(t, err)
		require.Empty(t, faults)
		again, err := p.Request(ann, in)
		require.NoError(t, err)
		require.Equal(t, made.ID, again.ID)
		in.SnilsScan, _ = p.add(t, p.ann, document.Identity)
		_, err = p.Request(ann, in)
		require.ErrorIs(t, err, idempotency.ErrReused)

		row, err := p.store.Verification.Query().Only(ann)
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{passportVersion, snilsVersion}, []uuid.UUID{row.PassportVersionID, row.SnilsVersionID})
		in.IdempotencyKey = "short"
		require.ErrorIs(t, in.Validate(), idempotency.ErrKey, "before a code is sent")
		require.EqualValues(t, 1, p.version(t))
		event, err := p.store.FeedEvent.Query().Where(feedevent.OwnerID(p.ann)).Only(ann)
		require.NoError(t, err)
		require.Equal(t, string(ref.Verification), event.SubjectKind)
		require.Equal(t, "SUBMITTED", *event.To)
		entry, err := p.store.AuditEntry.Query().Order(ent.Asc(auditentry.FieldSequence)).Only(ann)
		require.NoError(t, err)
		require.Equal(t, "verification.request", entry.Action)
		require.Equal(t, made.ID.String(), entry.Subject)
		require.False(t, p.isConfirmed(t))
	})
}

func TestNobodyElseSeesARequest(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		made, err := p.Request(persontest.As(t, p.ann), p.input(t))
		require.NoError(t, err)
		bob := persontest.As(t, p.admit(t, "1001", nil))
		_, err = p.Get(bob, made.ID.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
		list, err := p.List(bob)
		require.NoError(t, err)
		require.Empty(t, list)
		list, err = p.List(persontest.As(t, p.ann))
		require.NoError(t, err)
		require.Len(t, list, 1)
	})
}

func TestWhatIsWrongWithARequest(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		right := p.input(t)
		bob := p.admit(t, "1001", nil)
		foreign, _ := p.add(t, bob, document.Identity)
		medical, _ := p.add(t, p.ann, document.Medical)
		certificate, _ := p.add(t, p.ann, document.Certificate)
		deleted, _ := p.add(t, p.ann, document.Identity)
		require.NoError(t, p.store.Document.UpdateOneID(deleted.ID).SetDeletedAt(p.clock.Now()).Exec(persontest.System(t)))
		for name, test := range map[string]struct {
			passport, snils ref.Ref
			want            map[string]fault.InputCode
		}{
			"nothing":               {ref.Ref{}, ref.Ref{}, map[string]fault.InputCode{"passportScan": fault.Unknown, "snilsScan": fault.Unknown}},
			"no documents":          {ref.Of(ref.Appeal, right.PassportScan.ID), ref.Of(ref.Person, p.ann), map[string]fault.InputCode{"passportScan": fault.Unknown, "snilsScan": fault.Unknown}},
			"one for both":          {right.PassportScan, right.PassportScan, map[string]fault.InputCode{"snilsScan": fault.InConflict}},
			"somebody else's":       {foreign, right.SnilsScan, map[string]fault.InputCode{"passportScan": fault.Unknown}},
			"one that is not there": {ref.Of(ref.Document, uuid.New()), deleted, map[string]fault.InputCode{"passportScan": fault.Unknown, "snilsScan": fault.Unknown}},
			"other papers":          {certificate, medical, map[string]fault.InputCode{"passportScan": fault.NotAllowed, "snilsScan": fault.NotAllowed}},
		} {
			_, err := p.Request(ann, verification.RequestInput{PassportScan: test.passport, SnilsScan: test.snils, IdempotencyKey: p.key()})
			require.Equal(t, test.want, codes(t, err), name)
		}
		acting := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: p.ann, Principals: []uuid.UUID{bob}, Level: viewer.Extended})
		_, err := p.Request(acting, verification.RequestInput{PassportScan: foreign, SnilsScan: right.SnilsScan, IdempotencyKey: p.key()})
		require.Equal(t, map[string]fault.InputCode{"passportScan": fault.Unknown}, codes(t, err), "of somebody for whom they may act")
		p.admit(t, "1000", func(l *identity.Login) { l.Profile.Phone.Confirmed = false })
		_, err = p.Request(ann, right)
		require.Equal(t, map[string]fault.InputCode{"": fault.Required}, codes(t, err), "no confirmed phone")
		p.admit(t, "1000", func(l *identity.Login) { l.Trusted = true })
		_, err = p.Request(ann, right)
		require.Equal(t, map[string]fault.InputCode{"": fault.NotAllowed}, codes(t, err), "Gosuslugi has confirmed the account")
		n, err := p.store.Verification.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestWhatIsLackingIsListedExactly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		lacking := func() []verification.Field {
			t.Helper()
			missing, err := p.Missing(ann)
			require.NoError(t, err)
			fields := []verification.Field{}
			for _, m := range missing {
				fields = append(fields, m.Field)
				for _, language := range []locale.Language{locale.Russian, locale.English} {
					require.NotEmpty(t, m.Message(locale.NewContext(ann, language)))
				}
			}
			return fields
		}
		p.add(t, p.ann, document.Medical)
		p.add(t, p.admit(t, "1001", nil), document.Identity)
		p.admit(t, "1000", func(l *identity.Login) { l.Profile.Phone = identity.Phone{} })
		require.Equal(t, []verification.Field{verification.PassportScan, verification.SnilsScan, verification.Phone}, lacking())
		p.add(t, p.ann, document.Certificate)
		require.Equal(t, []verification.Field{verification.PassportScan, verification.Phone}, lacking())
		_, err := p.people.SetContact(ann, person.ContactInput{Kind: person.PhoneContact, Value: "+79030001122", IdempotencyKey: p.key()})
		require.NoError(t, err)
		require.Equal(t, []verification.Field{verification.PassportScan}, lacking())
		p.add(t, p.ann, document.Identity)
		require.Empty(t, lacking())
	})
}

func TestOneRequestAtATime(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		const requests = 5
		inputs, failures := make([]verification.RequestInput, requests), make([]error, requests)
		for i := range requests {
			inputs[i] = p.input(t)
		}
		var wg sync.WaitGroup
		for i := range requests {
			wg.Go(func() { _, failures[i] = p.Request(ann, inputs[i]) })
		}
		wg.Wait()
		made := 0
		for _, err := range failures {
			if err == nil {
				made++
				continue
			}
			require.Equal(t, map[string]fault.InputCode{"": fault.InConflict}, codes(t, err))
		}
		require.Equal(t, 1, made)
		require.EqualValues(t, 1, p.version(t))
	})
}

func TestVerdictsApplyInOrderAndOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann, system := persontest.As(t, p.ann), persontest.System(t)
		first, err := p.Request(ann, p.input(t))
		require.NoError(t, err)
		p.clock.Advance(time.Hour)
		found := []verification.Fault{
			{Field: verification.PassportScan, Message: "Не читается серия 4509."},
			{Field: verification.Snils, Message: "Номер другой."},
		}
		rejected := verification.Report{Verification: first.ID, Sequence: 2, State: verification.Rejected, Faults: found}
		require.NoError(t, p.apply(system, rejected))
		require.ErrorIs(t, p.apply(system, rejected), transition.ErrStale)
		rejected.Sequence = 1
		require.ErrorIs(t, p.apply(system, rejected), transition.ErrStale)
		require.ErrorIs(t, p.apply(system, verification.Report{Verification: first.ID, Sequence: 3, State: verification.Confirmed}), transition.ErrImpossible)
		require.ErrorIs(t, p.apply(system, verification.Report{Verification: ref.Of(ref.Verification, uuid.New()), Sequence: 1, State: verification.Confirmed}), fault.ErrNotFound)
		require.EqualValues(t, 2, p.version(t))
		require.False(t, p.isConfirmed(t))

		got, err := p.Get(ann, first.ID.ID)
		require.NoError(t, err)
		require.Equal(t, verification.Rejected, got.State)
		require.Equal(t, p.clock.Now(), got.DecidedAt.UTC())
		faults, err := p.Faults(got)
		require.NoError(t, err)
		require.Equal(t, found, faults)
		row, err := p.store.Verification.Query().Only(system)
		require.NoError(t, err)
		events, err := p.store.FeedEvent.Query().All(system)
		require.NoError(t, err)
		lines, err := p.store.AuditEntry.Query().Order(ent.Asc(auditentry.FieldSequence)).All(system)
		require.NoError(t, err)
		require.Len(t, lines, 2, "the request and the verdict, each once")
		require.Equal(t, []string{"verification.decide", first.ID.String(), "REJECTED", "system:test"},
			[]string{lines[1].Action, lines[1].Subject, lines[1].Reason, lines[1].Actor})
		require.NotContains(t, row.String()+string(row.Faults)+fmt.Sprint(events, lines), "4509")

		second, err := p.Request(ann, p.input(t))
		require.NoError(t, err, "after a rejection")
		require.NoError(t, p.apply(system, verification.Report{Verification: second.ID, Sequence: 1, State: verification.Confirmed}))
		require.True(t, p.isConfirmed(t))
		require.EqualValues(t, 4, p.version(t))
		list, err := p.List(ann)
		require.NoError(t, err)
		require.Equal(t, []ref.Ref{second.ID, first.ID}, []ref.Ref{list[0].ID, list[1].ID}, "newest first")
		_, err = p.Request(ann, p.input(t))
		require.Equal(t, map[string]fault.InputCode{"": fault.NotAllowed}, codes(t, err), "confirmed already")
		other, err := p.Confirmed(t.Context(), p.admit(t, "1001", nil))
		require.NoError(t, err)
		require.False(t, other, "nobody else")
	})
}

// An account that is not confirmed can tell whatever its owner likes: what the fund has examined must not serve them
// under somebody else's name.
func TestAConfirmationIsForWhomItExamined(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		made, err := p.Request(ann, p.input(t))
		require.NoError(t, err)
		require.NoError(t, p.apply(persontest.System(t), verification.Report{Verification: made.ID, Sequence: 1, State: verification.Confirmed}))
		require.True(t, p.isConfirmed(t))
		for name, change := range map[string]func(l *identity.Login){
			"another family name": func(l *identity.Login) { l.Profile.LastName = "Иванов" },
			"another given name":  func(l *identity.Login) { l.Profile.FirstName = "Пётр" },
			"a patronymic":        func(l *identity.Login) { l.Profile.MiddleName = "Ильич" },
			"a SNILS":             func(l *identity.Login) { l.Profile.Snils = "11223344595" },
			"a birth date":        func(l *identity.Login) { l.Profile.BirthDate = calendar.NewDate(1995, time.July, 21) },
		} {
			p.admit(t, "1000", change)
			require.False(t, p.isConfirmed(t), name)
		}
		_, err = p.Request(ann, p.input(t))
		require.NoError(t, err, "they may have that examined, too")
		p.admit(t, "1000", func(l *identity.Login) {
			l.Profile.LastName, l.Profile.Phone.Number = " СИДОРОВ", "+79030001122"
		})
		require.True(t, p.isConfirmed(t), "the same person as before")
	})
}
