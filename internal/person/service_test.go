package person_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// place is the service on an empty database.
type place struct {
	*person.Service

	store *storage.Store
	clock *clock.Fixed
}

// deaf is told of what nobody listens to.
type deaf struct{}

func (deaf) Announce(uuid.UUID) {}

func newService(s *storage.Store, sealer *seal.Sealer, c clock.Clock, options ...person.Option) *person.Service {
	return person.New(s, sealer, feed.NewRecorder(c, deaf{}), audit.NewJournal(c), c, options...)
}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		p := &place{store: s, clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))}
		p.Service = newService(s, persontest.Sealer(t), p.clock)
		test(t, p)
	})
}

const (
	snils      = identifier.Snils("11223344595")
	otherSnils = identifier.Snils("08765430300")
)

// login is a confirmed login.
func login(subject string) identity.Login {
	return identity.Login{
		Provider: "esia", Subject: subject, Trusted: true,
		Profile: identity.Profile{
			LastName: "Иванова", FirstName: "Мария", MiddleName: "Петровна", BirthDate: calendar.NewDate(1985, time.May, 17),
			Gender: identity.Female, Snils: snils, Inn: "500100732259",
			Passport:  identity.Passport{Series: "4509", Number: "123456", IssuedOn: calendar.NewDate(2010, time.June, 1), IssuedBy: "ОВД", IssuerCode: "770001"},
			Phone:     identity.Phone{Number: "+79161234567", Confirmed: true},
			Email:     identity.Email{Address: "ivanova@example.ru"},
			Addresses: []identity.Address{{Kind: identity.Registration, PostalCode: "101000", Text: "Москва"}},
		},
	}
}

func (p *place) count(t *testing.T) (persons, owners int) {
	t.Helper()
	persons, err := p.store.Person.Query().Count(persontest.System(t))
	require.NoError(t, err)
	owners, err = p.store.Owner.Query().Count(persontest.System(t))
	require.NoError(t, err)
	return persons, owners
}

func TestAFirstLoginMakesAPerson(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		got, err := p.Viewer(persontest.As(t, id))
		require.NoError(t, err)
		require.Equal(t, id, got.ID.ID)
		require.True(t, got.Confirmed)
		require.Equal(t, "Иванова Мария Петровна", got.FullName())
		require.Equal(t, snils, *got.Snils())
		require.Equal(t, identifier.Inn("500100732259"), *got.Inn())
		require.Equal(t, "1985-05-17", got.BirthDate().String())
		require.Equal(t, "123456", got.Passport().Number)
		require.Equal(t, "770001", *got.Passport().IssuerCode)
		require.True(t, got.Phone().Confirmed)
		require.Equal(t, "ivanova@example.ru", got.Email().Value)
		require.Equal(t, "101000", *got.Addresses()[0].PostalCode)

		_, err = p.Get(persontest.As(t, uuid.New()), id)
		require.ErrorIs(t, err, fault.ErrNotFound)
		n, err := owner.Sequence(persontest.As(t, id), p.store, id)
		require.NoError(t, err, "a person owns records from the first moment")
		require.Zero(t, n)
	})
}

func TestALaterLoginTakesOverWhatHasChanged(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		p.clock.Advance(time.Hour)
		later := login("1000")
		later.Profile = identity.Profile{LastName: "Смирнова", FirstName: "Мария", Snils: snils}
		again, err := p.Admit(t.Context(), later)
		require.NoError(t, err)
		require.Equal(t, id, again)
		got, err := p.Viewer(persontest.As(t, id))
		require.NoError(t, err)
		require.Equal(t, "Смирнова Мария", got.FullName())
		require.Nil(t, got.MiddleName())
		require.Nil(t, got.Passport())
		require.Nil(t, got.Phone())
		require.Nil(t, got.Email())
		require.Nil(t, got.Inn())
		require.Nil(t, got.Gender())
		require.Empty(t, got.Addresses())
	})
}

func TestAccountsAreToldApart(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		seen := map[uuid.UUID]bool{}
		for _, account := range [][2]string{{"esia", "1000"}, {"esia", "1001"}, {"other", "1000"}, {"esi", "a\x001000"}} {
			l := login(account[1])
			l.Provider, l.Profile.Snils = account[0], ""
			id, err := p.Admit(t.Context(), l)
			require.NoError(t, err)
			require.False(t, seen[id], "%q", account)
			seen[id] = true
		}
	})
}

func TestNothingPersonalIsInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		row, err := p.store.Person.Get(persontest.System(t), id)
		require.NoError(t, err)
		dump := string(row.Identity) + string(row.SnilsHash) + string(row.SubjectHash) + row.String()
		for _, secret := range []string{"Иванова", string(snils), "500100732259", "123456", "79161234567", "ivanova@", "Москва", "1985-05-17"} {
			require.NotContains(t, dump, secret)
		}
	})
}

// known makes a person of whom the fund knows the SNILS alone.
func (p *place) known(t *testing.T, sealer *seal.Sealer, n identifier.Snils) uuid.UUID {
	t.Helper()
	id := persontest.New(t, p.store)
	require.NoError(t, p.store.Person.UpdateOneID(id).SetSnilsHash(sealer.Lookup("persons.snils_hash", string(n))).Exec(persontest.System(t)))
	return id
}

func eachKnown(t *testing.T, test func(t *testing.T, p *place, known uuid.UUID)) {
	t.Helper()
	each(t, func(t *testing.T, p *place) {
		sealer := persontest.Sealer(t)
		p.Service = newService(p.store, sealer, p.clock)
		test(t, p, p.known(t, sealer, snils))
	})
}

func TestWhomTheFundKnowsIsRecognised(t *testing.T) {
	eachKnown(t, func(t *testing.T, p *place, known uuid.UUID) {
		for range 2 {
			id, err := p.Admit(t.Context(), login("1000"))
			require.NoError(t, err)
			require.Equal(t, known, id)
		}
	})
}

func TestAnUnconfirmedAccountIsNobodyKnown(t *testing.T) {
	eachKnown(t, func(t *testing.T, p *place, known uuid.UUID) {
		unconfirmed := login("1000")
		unconfirmed.Trusted = false
		id, err := p.Admit(t.Context(), unconfirmed)
		require.NoError(t, err)
		require.NotEqual(t, known, id, "anybody can claim a SNILS")
		got, err := p.Viewer(persontest.As(t, id))
		require.NoError(t, err)
		require.False(t, got.Confirmed)
	})
}

func TestAnAccountThatIsConfirmedLaterIsRecognisedThen(t *testing.T) {
	eachKnown(t, func(t *testing.T, p *place, known uuid.UUID) {
		unconfirmed := login("1000")
		unconfirmed.Trusted = false
		first, err := p.Admit(t.Context(), unconfirmed)
		require.NoError(t, err)
		for range 2 {
			id, err := p.Admit(t.Context(), login("1000"))
			require.NoError(t, err)
			require.Equal(t, known, id)
		}
		require.NotEqual(t, first, known)
	})
}

func TestASnilsIsOfOneAccount(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		first, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		_, err = p.Admit(t.Context(), login("1001"))
		require.ErrorIs(t, err, person.ErrAnotherAccount)

		changed := login("1002")
		changed.Profile.Snils = otherSnils
		_, err = p.Admit(t.Context(), changed)
		require.NoError(t, err)
		_, err = p.Admit(t.Context(), login("1002"))
		require.ErrorIs(t, err, person.ErrAnotherAccount, "not by a later change either")

		again, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.NotContains(t, person.ErrAnotherAccount.Error(), string(snils))
	})
}

func TestTwoFirstLoginsAtOnceMakeOnePerson(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const logins = 8
		ctx := t.Context()
		ids, failures := make([]uuid.UUID, logins), make([]error, logins)
		var wg sync.WaitGroup
		for i := range logins {
			wg.Go(func() { ids[i], failures[i] = p.Admit(ctx, login("1000")) })
		}
		wg.Wait()
		for i := range logins {
			require.NoError(t, failures[i])
			require.Equal(t, ids[0], ids[i])
		}
		persons, owners := p.count(t)
		require.Equal(t, 1, persons)
		require.Equal(t, 1, owners)
	})
}

func TestKeysThatWereRotatedStillFind(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		keys, err := seal.GenerateKeyset()
		require.NoError(t, err)
		old, err := seal.New(keys)
		require.NoError(t, err)
		id, err := newService(s, old, clock.System{}).Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		rotated, err := seal.RotateLookup(keys)
		require.NoError(t, err)
		fresh, err := seal.New(rotated)
		require.NoError(t, err)
		for range 2 {
			again, err := newService(s, fresh, clock.System{}).Admit(t.Context(), login("1000"))
			require.NoError(t, err)
			require.Equal(t, id, again)
		}
	})
}
