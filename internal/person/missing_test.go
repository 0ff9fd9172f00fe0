package person_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/calendar"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
)

// missing gives the fields that a person who has logged in so lacks.
func (p *place) missing(t *testing.T, l identity.Login) []person.Field {
	t.Helper()
	id, err := p.Admit(t.Context(), l)
	require.NoError(t, err)
	who, err := p.Viewer(persontest.As(t, id))
	require.NoError(t, err)
	missing, err := p.Missing(persontest.As(t, id), who)
	require.NoError(t, err)
	fields := []person.Field{}
	for _, m := range missing {
		fields = append(fields, m.Field)
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			require.NotEmpty(t, m.Message(locale.NewContext(t.Context(), language)))
		}
		require.Equal(t, m.MendedAt == person.AtGosuslugi, m.Link != nil, "%s", m.Field)
	}
	return fields
}

func TestWhatIsRequiredAndMissingIsListedExactly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for name, test := range map[string]struct {
			change func(l *identity.Login)
			want   []person.Field
		}{
			"all is there but the link":   {func(*identity.Login) {}, []person.Field{person.FieldFundUID}},
			"an unconfirmed account":      {func(l *identity.Login) { l.Trusted = false }, []person.Field{}},
			"no INN":                      {func(l *identity.Login) { l.Profile.Inn = "" }, []person.Field{person.FieldInn, person.FieldFundUID}},
			"no SNILS":                    {func(l *identity.Login) { l.Profile.Snils = "" }, []person.Field{person.FieldSnils, person.FieldFundUID}},
			"no passport":                 {func(l *identity.Login) { l.Profile.Passport = identity.Passport{} }, []person.Field{person.FieldPassport, person.FieldFundUID}},
			"no series":                   {func(l *identity.Login) { l.Profile.Passport.Series = "" }, []person.Field{person.FieldPassport, person.FieldFundUID}},
			"no day of issue":             {func(l *identity.Login) { l.Profile.Passport.IssuedOn = calendar.Date{} }, []person.Field{person.FieldPassportIssuedOn, person.FieldFundUID}},
			"no issuer":                   {func(l *identity.Login) { l.Profile.Passport.IssuedBy = "" }, []person.Field{person.FieldPassportIssuer, person.FieldFundUID}},
			"no e-mail":                   {func(l *identity.Login) { l.Profile.Email = identity.Email{} }, []person.Field{person.FieldEmail, person.FieldFundUID}},
			"no phone":                    {func(l *identity.Login) { l.Profile.Phone = identity.Phone{} }, []person.Field{person.FieldPhone, person.FieldFundUID}},
			"a phone not confirmed":       {func(l *identity.Login) { l.Profile.Phone.Confirmed = false }, []person.Field{person.FieldPhoneConfirmed, person.FieldFundUID}},
			"no address":                  {func(l *identity.Login) { l.Profile.Addresses = nil }, []person.Field{person.FieldRegisteredAddress, person.FieldFundUID}},
			"only where the person lives": {func(l *identity.Login) { l.Profile.Addresses[0].Kind = identity.Residence }, []person.Field{person.FieldRegisteredAddress, person.FieldFundUID}},
			"next to nothing": {func(l *identity.Login) { l.Profile = identity.Profile{LastName: "Иванова"} }, []person.Field{
				person.FieldInn, person.FieldSnils, person.FieldPassport, person.FieldEmail, person.FieldPhone,
				person.FieldRegisteredAddress, person.FieldFundUID,
			}},
		} {
			l := login("1000")
			l.Profile.Addresses = []identity.Address{{Kind: identity.Registration, Text: "Москва"}}
			test.change(&l)
			require.Equal(t, test.want, p.missing(t, l), name)
		}
	})
}

func TestWhatIsRequiredIsAMatterOfTheProvider(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.Service = newService(p.store, persontest.Sealer(t), p.clock, person.Require(person.FieldEmail, person.FieldPhoneConfirmed))
		nothing := login("1000")
		nothing.Profile = identity.Profile{LastName: "Иванова", Snils: snils, BirthDate: calendar.NewDate(1985, time.May, 17)}
		require.Equal(t, []person.Field{person.FieldEmail}, p.missing(t, nothing))
		require.False(t, p.Requires(person.FieldFundUID))
		require.True(t, p.Requires(person.FieldEmail))
	})
}
