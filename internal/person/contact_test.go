package person_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/identifier"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
)

// codes are the codes of a fault.Invalid under their paths.
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

func (p *place) admit(t *testing.T) uuid.UUID {
	t.Helper()
	id, err := p.Admit(t.Context(), login("1000"))
	require.NoError(t, err)
	return id
}

func actions(t *testing.T, p *place, id uuid.UUID) []string {
	t.Helper()
	entries, err := p.store.AuditEntry.Query().Where(auditentry.OwnerID(id)).Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
	require.NoError(t, err)
	done := []string{}
	for _, e := range entries {
		require.Equal(t, id.String(), e.Actor)
		require.True(t, e.Allowed)
		done = append(done, e.Action)
	}
	return done
}

func TestAnOwnContactStandsBeforeTheProvidersAndOutlastsALogin(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		ann := persontest.As(t, id)
		got, err := p.Viewer(ann)
		require.NoError(t, err)
		require.Equal(t, &person.Contact{Value: "+79161234567", Confirmed: true, Source: person.Gosuslugi}, got.Phone())
		require.Equal(t, &person.Contact{Value: "ivanova@example.ru", Source: person.Gosuslugi}, got.Email())

		got, err = p.SetContact(ann, person.ContactInput{Kind: person.PhoneContact, Value: "8 (903) 000-11-22", IdempotencyKey: "intention-1"})
		require.NoError(t, err)
		require.Equal(t, &person.Contact{Value: "+79030001122", Confirmed: true, Source: person.Cabinet}, got.Phone())
		got, err = p.SetContact(ann, person.ContactInput{Kind: person.EmailContact, Value: "own@Example.RU", IdempotencyKey: "intention-2"})
		require.NoError(t, err)
		require.Equal(t, &person.Contact{Value: "own@example.ru", Confirmed: true, Source: person.Cabinet}, got.Email())
		require.EqualValues(t, 2, p.version(t, id))

		_, err = p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		got, err = p.Viewer(ann)
		require.NoError(t, err)
		require.Equal(t, "+79030001122", got.Phone().Value)
		require.Equal(t, "own@example.ru", got.Email().Value)
		require.EqualValues(t, 2, p.version(t, id), "the login tells what it told before")
		require.Equal(t, []string{"contact.set", "contact.set"}, actions(t, p, id))

		row, err := p.store.Person.Get(persontest.System(t), id)
		require.NoError(t, err)
		for _, secret := range []string{"9030001122", "own@", "example.ru"} {
			require.NotContains(t, string(row.Contacts)+row.String(), secret)
		}
	})
}

func TestAContactIsSetOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		ann := persontest.As(t, id)
		in := person.ContactInput{Kind: person.PhoneContact, Value: "+79030001122", IdempotencyKey: "intention-1"}
		const requests = 6
		failures := make([]error, requests)
		var wg sync.WaitGroup
		for i := range requests {
			wg.Go(func() { _, failures[i] = p.SetContact(ann, in) })
		}
		wg.Wait()
		require.NoError(t, errors.Join(failures...))
		in.Value = "89030001122" // the same in another form
		_, err := p.SetContact(ann, in)
		require.NoError(t, err)
		require.EqualValues(t, 1, p.version(t, id))
		require.Len(t, actions(t, p, id), 1)

		in.IdempotencyKey = "intention-2"
		_, err = p.SetContact(ann, in)
		require.NoError(t, err)
		require.EqualValues(t, 1, p.version(t, id), "another intention changes nothing either")
		require.Len(t, actions(t, p, id), 1, "and so the journal has nothing to tell")

		in.Value = "+79030001123"
		_, err = p.SetContact(ann, in)
		require.ErrorIs(t, err, idempotency.ErrReused)
		in.IdempotencyKey = "short"
		_, err = p.SetContact(ann, in)
		require.ErrorIs(t, err, idempotency.ErrKey)
	})
}

func TestContactsOfTwoPeopleAreApart(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		other := login("1001")
		other.Profile.Snils = otherSnils
		stranger, err := p.Admit(t.Context(), other)
		require.NoError(t, err)
		_, err = p.SetContact(persontest.As(t, stranger), person.ContactInput{Kind: person.PhoneContact, Value: "+79030001122", IdempotencyKey: "intention-1"})
		require.NoError(t, err)
		got, err := p.Viewer(persontest.As(t, id))
		require.NoError(t, err)
		require.Equal(t, person.Gosuslugi, got.Phone().Source)
		require.Zero(t, p.version(t, id))

		_, err = p.SetContact(t.Context(), person.ContactInput{Kind: person.PhoneContact, Value: "+79030001122", IdempotencyKey: "intention-2"})
		require.Error(t, err, "nobody asks")
	})
}

func TestAFaultyContactIsRefusedBeforeACodeIsSent(t *testing.T) {
	for _, in := range []person.ContactInput{
		{Kind: person.PhoneContact},
		{Kind: person.PhoneContact, Value: "+74951234567"},
		{Kind: person.PhoneContact, Value: "9161234567890"},
		{Kind: person.PhoneContact, Value: "+7916123456"},
		{Kind: person.PhoneContact, Value: "name@example.ru"},
		{Kind: person.PhoneContact, Value: "+7" + strings.Repeat(" ", 40) + "9161234567"},
		{Kind: person.EmailContact},
		{Kind: person.EmailContact, Value: "Name <name@example.ru>"},
		{Kind: person.EmailContact, Value: "имя@example.ru"},
		{Kind: person.EmailContact, Value: "a@b"},
	} {
		require.Equal(t, map[string]fault.InputCode{"value": fault.Malformed}, codes(t, in.Validate()), "%q", in.Value)
		_, value := in.Contact()
		require.Empty(t, value, "nothing is sent anywhere")
	}
	require.ErrorIs(t, person.ContactInput{Kind: person.PhoneContact, Value: "+79161234567", IdempotencyKey: "short"}.Validate(), idempotency.ErrKey)
	require.Equal(t, map[string]fault.InputCode{"kind": fault.NotAllowed}, codes(t, person.ContactInput{Kind: "FAX", Value: "+79161234567"}.Validate()))
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t)
		_, err := p.SetContact(persontest.As(t, id), person.ContactInput{Kind: person.PhoneContact, Value: "1", IdempotencyKey: "intention-1"})
		require.Equal(t, map[string]fault.InputCode{"value": fault.Malformed}, codes(t, err))
		require.Zero(t, p.version(t, id))
	})
}

// However people write a number, the code goes to the same one.
func TestAPhoneIsReadInEveryFormPeopleUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`9[0-9]{9}`).Draw(t, "digits")
		mark := rapid.SampledFrom([]string{"", " ", "-"})
		text := rapid.SampledFrom([]string{"+7", "8", "7", ""}).Draw(t, "country") + mark.Draw(t, "a")
		if rapid.Bool().Draw(t, "brackets") {
			text += "(" + digits[:3] + ")"
		} else {
			text += digits[:3]
		}
		text += mark.Draw(t, "b") + digits[3:6] + mark.Draw(t, "c") + digits[6:8] + mark.Draw(t, "d") + digits[8:]
		in := person.ContactInput{Kind: person.PhoneContact, Value: text, IdempotencyKey: "intention-1"}
		require.NoError(t, in.Validate(), text)
		kind, value := in.Contact()
		require.Equal(t, person.PhoneContact, kind)
		require.Equal(t, "+7"+digits, value)
	})
}

func TestAnInnIsEnteredOnlyWhenTheProviderTellsNone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		without := login("1000")
		without.Profile.Inn = ""
		id, err := p.Admit(t.Context(), without)
		require.NoError(t, err)
		ann := persontest.As(t, id)
		for _, wrong := range []identifier.Inn{"", "7707083893", "376864406602", "1"} {
			_, err := p.SetInn(ann, person.InnInput{Inn: wrong, IdempotencyKey: "intention-0"})
			require.Equal(t, map[string]fault.InputCode{"inn": fault.Malformed}, codes(t, err))
		}
		got, err := p.SetInn(ann, person.InnInput{Inn: "376864406601", IdempotencyKey: "intention-1"})
		require.NoError(t, err)
		require.EqualValues(t, "376864406601", *got.Inn())
		require.Equal(t, person.Cabinet, *got.InnSource())
		_, err = p.SetInn(ann, person.InnInput{Inn: "376864406601", IdempotencyKey: "intention-3"})
		require.NoError(t, err, "the same once more")
		require.EqualValues(t, 1, p.version(t, id))
		require.Equal(t, []string{"inn.set"}, actions(t, p, id), "what changes nothing is not told")

		_, err = p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		got, err = p.Viewer(ann)
		require.NoError(t, err)
		require.EqualValues(t, "500100732259", *got.Inn(), "the provider tells one now")
		require.Equal(t, person.Gosuslugi, *got.InnSource())
		_, err = p.SetInn(ann, person.InnInput{Inn: "376864406601", IdempotencyKey: "intention-2"})
		require.Equal(t, map[string]fault.InputCode{"inn": fault.NotAllowed}, codes(t, err))
	})
}
