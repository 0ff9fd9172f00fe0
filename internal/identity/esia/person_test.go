package esia

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/calendar"
	"kabinet/internal/identity"
)

func read(t *testing.T, person, roles string) identity.Profile {
	t.Helper()
	var answer personAnswer
	require.NoError(t, json.Unmarshal([]byte(person), &answer))
	if roles != "" {
		require.NoError(t, json.Unmarshal([]byte(roles), &answer.Roles))
	}
	return answer.profile()
}

// A record as ESIA's guide shows it, with a person of its test range.
func TestProfileOfARecord(t *testing.T) {
	p := read(t, `{
		"stateFacts": ["EntityRoot"], "firstName": "Имя006", "lastName": "Фамилия006", "middleName": "Отчество006",
		"birthDate": "07.03.1991", "gender": "M", "trusted": true, "citizenship": "RUS", "snils": "000-000-600 15",
		"inn": "376864406601", "updatedOn": 1625208000, "rIdDoc": 12, "status": "REGISTERED",
		"contacts": {"stateFacts": ["hasSize"], "size": 4, "elements": [
			{"id": 1, "type": "PHN", "vrfStu": "VERIFIED", "value": "+7(495)1234567"},
			{"id": 2, "type": "MBT", "vrfStu": "NOT_VERIFIED", "value": "+7(977)8318309"},
			{"id": 3, "type": "MBT", "vrfStu": "VERIFIED", "value": "+7(900)0000001"},
			{"id": 4, "type": "CEM", "vrfStu": "VERIFIED", "value": "work@example.ru"},
			{"id": 5, "type": "EML", "vrfStu": "NOT_VERIFIED", "value": "own@example.ru"}]},
		"documents": {"elements": [
			{"id": 11, "type": "RF_PASSPORT", "vrfStu": "VERIFIED", "series": "0001", "number": "000001", "issueDate": "01.01.2001", "issueId": "000001", "issuedBy": "старый"},
			{"id": 12, "type": "RF_PASSPORT", "vrfStu": "NOT_VERIFIED", "series": "0002", "number": "000002", "issueDate": "02.02.2011", "issueId": "000-002", "issuedBy": "ОВД"},
			{"id": 13, "type": "RF_DRIVING_LICENSE", "vrfStu": "VERIFIED", "series": "0003", "number": "000003"}]},
		"addresses": {"elements": [
			{"id": 21, "type": "PRG", "zipCode": "000001", "addressStr": "г. Примерск, ул. Садовая", "house": "5", "frame": "2", "flat": "12"},
			{"id": 22, "type": "PLV", "zipCode": "12", "region": "Вымышленная обл.", "city": "Примерск", "street": "Мира", "house": "1"},
			{"id": 23, "type": "XXX", "addressStr": "чужой вид"},
			{"id": 24, "type": "PLV", "zipCode": "000001"}]},
		"organizations": {"elements": [{"oid": 31, "inn": "7707083893"}]}
	}`, `{"elements": [
		{"oid": 31, "fullName": "ООО «Пример»", "ogrn": "1200000000012", "type": "LEGAL", "chief": true, "admin": false, "active": true},
		{"oid": 32, "shortName": "ИП", "type": "BUSINESS", "chief": false, "admin": true},
		{"oid": 33, "fullName": "Уволен", "type": "LEGAL", "active": false},
		{"oid": 34, "fullName": "Неведомое", "type": "CLUB", "active": true}]}`)

	require.Equal(t, "Фамилия006", p.LastName)
	require.Equal(t, "Имя006", p.FirstName)
	require.Equal(t, "Отчество006", p.MiddleName)
	require.Equal(t, calendar.NewDate(1991, 3, 7), p.BirthDate)
	require.Equal(t, identity.Male, p.Gender)
	require.Equal(t, "000-000-600 15", p.Snils.String())
	require.Equal(t, "376864406601", p.Inn.String())
	require.Equal(t, "+79000000001", p.Phone.Number.String())
	require.True(t, p.Phone.Confirmed)
	require.Equal(t, "own@example.ru", p.Email.Address.String())
	require.False(t, p.Email.Confirmed)
	require.Equal(t, identity.Passport{
		Series: "0002", Number: "000002", IssuedOn: calendar.NewDate(2011, 2, 2), IssuedBy: "ОВД", IssuerCode: "000002",
	}, p.Passport)
	require.Equal(t, []identity.Address{
		{Kind: identity.Registration, PostalCode: "000001", Text: "г. Примерск, ул. Садовая, д. 5, корп. 2, кв. 12"},
		{Kind: identity.Residence, Text: "Вымышленная обл., Примерск, Мира, д. 1"},
	}, p.Addresses)
	require.Equal(t, []identity.Organisation{
		{OID: "31", Name: "ООО «Пример»", Ogrn: "1200000000012", Inn: "7707083893", Kind: identity.Legal, Chief: true},
		{OID: "32", Name: "ИП", Kind: identity.Business, Admin: true},
	}, p.Organisations)
}

func TestWhatCannotBeReadIsLeftOut(t *testing.T) {
	for name, record := range map[string]string{
		"nothing":               `{}`,
		"nulls":                 `{"lastName": null, "snils": null, "rIdDoc": null, "contacts": null, "documents": {"elements": null}}`,
		"wrong check digits":    `{"snils": "112-233-445 96", "inn": "376864406602"}`,
		"INN of a company":      `{"inn": "7707083893"}`,
		"date in another form":  `{"birthDate": "1991-03-07"}`,
		"a day that is none":    `{"birthDate": "31.02.1991"}`,
		"an unknown gender":     `{"gender": "X"}`,
		"control characters":    `{"lastName": "Ива\u0000нова", "firstName": "a\nb", "middleName": "\u001b[2J"}`,
		"an endless name":       `{"lastName": "` + strings.Repeat("я", maxText+1) + `"}`,
		"foreign phone":         `{"contacts": {"elements": [{"type": "MBT", "vrfStu": "VERIFIED", "value": "+375(29)1234567"}]}}`,
		"e-mail that is none":   `{"contacts": {"elements": [{"type": "EML", "vrfStu": "VERIFIED", "value": "a@b@c"}]}}`,
		"foreign passport":      `{"documents": {"elements": [{"type": "FRGN_PASS", "series": "70", "number": "1234567"}]}}`,
		"passport of no number": `{"documents": {"elements": [{"type": "RF_PASSPORT", "series": "0001", "number": "12"}]}}`,
		"house of no street":    `{"addresses": {"elements": [{"type": "PLV", "house": "1"}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, isZero(read(t, record, "")))
		})
	}
}

func isZero(p identity.Profile) bool {
	text, err := json.Marshal(p)
	none, err2 := json.Marshal(identity.Profile{})
	return err == nil && err2 == nil && string(text) == string(none)
}

func TestListsAreBounded(t *testing.T) {
	address := `{"type": "PLV", "addressStr": "x"}`
	role := `{"oid": 1, "fullName": "x", "type": "LEGAL"}`
	p := read(t,
		`{"addresses": {"elements": [`+strings.Repeat(address+",", 500)+address+`]}}`,
		`{"elements": [`+strings.Repeat(role+",", 500)+role+`]}`)
	require.Len(t, p.Addresses, maxAddresses)
	require.Len(t, p.Organisations, maxOrganisations)
}

func FuzzPerson(f *testing.F) {
	f.Add(`{"lastName": "x", "rIdDoc": 1, "contacts": {"elements": [{"type": "MBT", "value": "+7(900)0000001"}]}}`)
	f.Add(`{"addresses": {"elements": [{"type": "PRG", "house": "1", "region": "x"}]}, "birthDate": "01.01.2000"}`)
	f.Add(`{"documents": {"elements": [{"id": "7", "type": "RF_PASSPORT", "series": "00 01", "number": "000001"}]}}`)
	f.Fuzz(func(t *testing.T, record string) {
		var answer personAnswer
		if json.Unmarshal([]byte(record), &answer) != nil {
			return
		}
		p := answer.profile()
		for _, name := range []string{p.LastName, p.FirstName, p.MiddleName, p.Passport.IssuedBy} {
			require.Equal(t, name, text(name), "what is told is fit to be shown")
		}
		require.LessOrEqual(t, len(p.Addresses), maxAddresses)
		require.True(t, p.Inn == "" || p.Inn.IsPerson())
	})
}

func FuzzOID(f *testing.F) {
	for _, s := range []string{`1000000001`, `"1000000001"`, `1e5`, `0`, `-1`, `"+1"`, `"../x"`, `null`, `""`, `"`, `99999999999999999999`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var o oid
		if json.Unmarshal([]byte(s), &o) != nil || o == "" {
			return
		}
		require.Regexp(t, `^[1-9][0-9]{0,18}$`, string(o), "only digits go into an address")
	})
}
