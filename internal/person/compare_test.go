package person_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/calendar"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
)

// differing gives what the fund's report and the login tell differently of a person.
func (p *place) differing(ctx context.Context, t require.TestingT, id uuid.UUID) []person.Mismatch {
	who, err := p.Get(ctx, id)
	require.NoError(t, err)
	mismatches, err := p.Mismatches(ctx, who)
	require.NoError(t, err)
	return mismatches
}

func TestMismatchesAreNamedFieldByField(t *testing.T) {
	text := func(s string) *string { return &s }
	each(t, func(t *testing.T, p *place) {
		id, system := p.admit(t), persontest.System(t)
		ann := persontest.As(t, id)
		require.NoError(t, p.apply(system, report(1)))
		require.Nil(t, p.differing(ann, t, id), "nothing is told of a record that is not linked")
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "7K3M9Q2T"))
		same := p.differing(ann, t, id)
		require.NotNil(t, same)
		require.Empty(t, same)

		sequence := int64(1)
		for name, test := range map[string]struct {
			change  func(r *person.Report)
			field   person.Compared
			profile *string
			fund    *string
			where   person.MendedAt
		}{
			"family name":   {func(r *person.Report) { r.LastName = "Смирнова" }, person.ComparedLastName, text("Иванова"), text("Смирнова"), person.AtGosuslugi},
			"given name":    {func(r *person.Report) { r.FirstName = "Марина" }, person.ComparedFirstName, text("Мария"), text("Марина"), person.AtGosuslugi},
			"patronymic":    {func(r *person.Report) { r.MiddleName = "Павловна" }, person.ComparedMiddleName, text("Петровна"), text("Павловна"), person.AtGosuslugi},
			"no patronymic": {func(r *person.Report) { r.MiddleName = "" }, person.ComparedMiddleName, text("Петровна"), nil, person.AtGosuslugi},
			"birth date":    {func(r *person.Report) { r.BirthDate = calendar.NewDate(1985, time.May, 18) }, person.ComparedBirthDate, text("1985-05-17"), text("1985-05-18"), person.AtGosuslugi},
			"INN":           {func(r *person.Report) { r.Inn = "376864406601" }, person.ComparedInn, text("500100732259"), text("376864406601"), person.AtGosuslugi},
			"passport":      {func(r *person.Report) { r.PassportNumber = "123457" }, person.ComparedPassport, text("4509 123456"), text("4509 123457"), person.AtGosuslugi},
			"day of issue":  {func(r *person.Report) { r.PassportIssuedOn = calendar.NewDate(2010, time.June, 2) }, person.ComparedPassportIssuedOn, text("2010-06-01"), text("2010-06-02"), person.AtGosuslugi},
			"phone":         {func(r *person.Report) { r.Phone = "+79160000000" }, person.ComparedPhone, text("+79161234567"), text("+79160000000"), person.AtFund},
			"e-mail":        {func(r *person.Report) { r.Email = "old@example.ru" }, person.ComparedEmail, text("ivanova@example.ru"), text("old@example.ru"), person.AtGosuslugi},
			"address":       {func(r *person.Report) { r.RegisteredAddress = "Тверь" }, person.ComparedRegisteredAddress, text("Москва"), text("Тверь"), person.AtGosuslugi},
		} {
			sequence++
			r := report(sequence)
			test.change(&r)
			require.NoError(t, p.apply(system, r))
			found := p.differing(ann, t, id)
			require.Len(t, found, 1, name)
			m := found[0]
			require.Equal(t, test.field, m.Field, name)
			require.Equal(t, test.profile, m.Profile, name)
			require.Equal(t, test.fund, m.Fund, name)
			require.Equal(t, test.where, m.MendedAt, name)
			require.Equal(t, person.Gosuslugi, m.Source, name)
			require.Equal(t, m.MendedAt == person.AtGosuslugi, m.Link != nil, name)
			for _, language := range []locale.Language{locale.Russian, locale.English} {
				require.NotEmpty(t, m.Message(locale.NewContext(ann, language)))
			}
		}

		stranger := persontest.New(t, p.store)
		who, err := p.Get(ann, id)
		require.NoError(t, err)
		foreign, err := p.Mismatches(persontest.As(t, stranger), who)
		require.NoError(t, err)
		require.Nil(t, foreign, "nobody else sees them")
	})
}

func TestWhatOneSideDoesNotTellIsNoMismatch(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, system := p.admit(t), persontest.System(t)
		r := person.Report{
			UID: "UID-0000000001", Sequence: 1, Snils: snils, LastName: "Иванова", FirstName: "Мария", MiddleName: "Петровна",
			BirthDate: calendar.NewDate(1985, time.May, 17), AccessCode: "7K3M9Q2T",
		}
		require.NoError(t, p.apply(system, r))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "7K3M9Q2T"))
		require.Empty(t, p.differing(persontest.As(t, id), t, id), "the fund tells little")

		require.NoError(t, p.apply(system, report(2)))
		little := login("1000")
		little.Profile = identity.Profile{LastName: "Иванова", FirstName: "Мария", MiddleName: "Петровна", Snils: snils}
		_, err := p.Admit(t.Context(), little)
		require.NoError(t, err)
		require.Empty(t, p.differing(persontest.As(t, id), t, id), "the provider tells little")
	})
}

func TestAMismatchOfWhatThePersonHasEnteredIsMendedElsewhere(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		without := login("1000")
		without.Profile.Inn = ""
		id, err := p.Admit(t.Context(), without)
		require.NoError(t, err)
		ann := persontest.As(t, id)
		_, err = p.SetInn(ann, person.InnInput{Inn: "376864406601", IdempotencyKey: "intention-1"})
		require.NoError(t, err)
		_, err = p.SetContact(ann, person.ContactInput{Kind: person.EmailContact, Value: "own@example.ru", IdempotencyKey: "intention-2"})
		require.NoError(t, err)
		require.NoError(t, p.apply(persontest.System(t), report(1)))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "7K3M9Q2T"))
		found := p.differing(ann, t, id)
		require.Len(t, found, 2)
		require.Equal(t, person.ComparedInn, found[0].Field)
		require.Equal(t, person.Cabinet, found[0].Source)
		require.Equal(t, person.InCabinet, found[0].MendedAt)
		require.Equal(t, person.ComparedEmail, found[1].Field)
		require.Equal(t, person.Cabinet, found[1].Source)
		require.Equal(t, person.AtFund, found[1].MendedAt, "the address was proved here")
	})
}

// However the two systems write the same, it is the same; and what differs in a letter or a digit is not.
func TestTheFormDoesNotMatter(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		first := login("1000")
		first.Profile.LastName, first.Profile.Addresses[0].Text = "Королёва-Щеглова", "г. Орёл, ул. Ёлочная, д. 5, кв. 12"
		id, err := p.Admit(t.Context(), first)
		require.NoError(t, err)
		system, ann := persontest.System(t), persontest.As(t, id)
		first0 := report(1)
		require.NoError(t, p.apply(system, first0))
		require.Equal(t, person.LinkDone, p.link(t, id, snils, "7K3M9Q2T"))
		sequence := int64(1)
		rapid.Check(t, func(r *rapid.T) {
			sequence++
			told := report(sequence)
			told.LastName = written(r, "Королёва-Щеглова")
			told.FirstName, told.MiddleName = written(r, "Мария"), written(r, "Петровна")
			told.RegisteredAddress = rapid.SampledFrom([]string{"", "302000, ", "302000 "}).Draw(r, "code") + written(r, first.Profile.Addresses[0].Text)
			told.Phone = rapid.SampledFrom([]string{"+79161234567", "89161234567", "8 (916) 123-45-67", "9161234567", "+7(916)1234567"}).Draw(r, "phone")
			told.Email = rapid.SampledFrom([]string{"ivanova@example.ru", "Ivanova@Example.RU", " ivanova@example.ru "}).Draw(r, "mail")
			want := []person.Compared(nil)
			if rapid.Bool().Draw(r, "another name") {
				told.LastName += "я"
				want = append(want, person.ComparedLastName)
			}
			if rapid.Bool().Draw(r, "another house") {
				told.RegisteredAddress += "3"
				want = append(want, person.ComparedRegisteredAddress)
			}
			require.NoError(r, p.apply(system, told))
			var got []person.Compared
			for _, m := range p.differing(ann, r, id) {
				got = append(got, m.Field)
			}
			require.Equal(r, want, got)
		})
	})
}

// written draws another way to write a text: capitals, е for ё, ё of two characters, spaces.
func written(r *rapid.T, s string) string {
	yo := rapid.SampledFrom([]string{"ё", "е", "е\u0308"}).Draw(r, "ё")
	s = strings.NewReplacer("ё", yo, "Ё", strings.ToUpper(yo)).Replace(s)
	if rapid.Bool().Draw(r, "capitals") {
		s = strings.ToUpper(s)
	}
	s = strings.ReplaceAll(s, " ", rapid.SampledFrom([]string{" ", "  ", "\u00a0", "\t"}).Draw(r, "space"))
	s = strings.ReplaceAll(s, "-", rapid.SampledFrom([]string{"-", " ", " - ", "–"}).Draw(r, "hyphen"))
	return rapid.SampledFrom([]string{"", " "}).Draw(r, "before") + s
}
