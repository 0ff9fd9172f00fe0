package persona

import (
	"slices"
	"strconv"
	"time"

	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
)

// Persona is one demo person.
type Persona struct {
	// Name is the short Latin name by which scripts choose the person.
	Name string
	// Title says in Russian what the person is there to show, in one line.
	Title string
	// OID is the account number at ESIA.
	OID int64
	// Profile is all that ESIA knows; how much of it is told depends on the scopes.
	Profile identity.Profile
	// Trusted tells whether the account is confirmed.
	Trusted bool
	// FundUID is the person's number at the fund.
	FundUID string
	// AccessCode is in the letter by which the fund has told the person of its record.
	AccessCode string
	// Newcomer tells that the person has not been in the cabinet yet.
	Newcomer bool
}

// Subject is OID as a provider's subject.
func (p Persona) Subject() string { return strconv.FormatInt(p.OID, 10) }

// FullName is family name, first name and patronymic.
func (p Persona) FullName() string {
	name := p.Profile.LastName + " " + p.Profile.FirstName
	if p.Profile.MiddleName != "" {
		name += " " + p.Profile.MiddleName
	}
	return name
}

// ByName finds a demo person.
func ByName(name string) (Persona, bool) {
	all := All()
	i := slices.IndexFunc(all, func(p Persona) bool { return p.Name == name })
	if i < 0 {
		return Persona{}, false
	}
	return all[i], true
}

// All gives the demo people in the order in which a login page shows them. The caller owns the answer.
func All() []Persona {
	return []Persona{
		ivanova(), petrov(), sidorov(), empty(), director(), employee(), agent(), child(), newcomer(),
	}
}

func ivanova() Persona {
	p := complete(1, "Иванова", "Мария", "Сергеевна", identity.Female, calendar.NewDate(1988, time.April, 12))
	p.Addresses = append(p.Addresses, identity.Address{
		Kind: identity.Residence, PostalCode: "000102",
		Text: "Вымышленная область, г. Примерск, пр-кт Мира, д. 18, корп. 2, кв. 7",
	})
	return Persona{
		Name: "ivanova", Title: "Подтверждённая запись, много данных", OID: 1000000001,
		Profile: p, Trusted: true, FundUID: fundUID(1), AccessCode: accessCode(1),
	}
}

func petrov() Persona {
	return Persona{
		Name: "petrov", Title: "Подтверждённая запись, мало данных", OID: 1000000002,
		Profile: complete(2, "Петров", "Алексей", "Иванович", identity.Male, calendar.NewDate(1979, time.November, 3)),
		Trusted: true, FundUID: fundUID(2), AccessCode: accessCode(2),
	}
}

func sidorov() Persona {
	return Persona{
		Name: "sidorov", Title: "Неподтверждённая запись: только просмотр", OID: 1000000003,
		Profile: complete(3, "Сидоров", "Павел", "Андреевич", identity.Male, calendar.NewDate(1995, time.July, 21)),
		Trusted: false, FundUID: fundUID(3), AccessCode: accessCode(3),
	}
}

func empty() Persona {
	p := complete(4, "Кузнецова", "Ольга", "Викторовна", identity.Female, calendar.NewDate(1990, time.January, 30))
	p.Inn = ""
	p.Email = identity.Email{}
	p.Addresses = nil
	return Persona{
		Name: "empty", Title: "Неполный профиль: нет ИНН, почты и адреса регистрации", OID: 1000000004,
		Profile: p, Trusted: true, FundUID: fundUID(4), AccessCode: accessCode(4),
	}
}

func director() Persona {
	p := complete(5, "Соколов", "Дмитрий", "Олегович", identity.Male, calendar.NewDate(1972, time.March, 8))
	p.Organisations = []identity.Organisation{company(true, true)}
	return Persona{
		Name: "director", Title: "Руководитель организации", OID: 1000000005,
		Profile: p, Trusted: true, FundUID: fundUID(5), AccessCode: accessCode(5),
	}
}

func employee() Persona {
	p := complete(6, "Морозова", "Елена", "Юрьевна", identity.Female, calendar.NewDate(1993, time.September, 17))
	p.Organisations = []identity.Organisation{company(false, false)}
	return Persona{
		Name: "employee", Title: "Сотрудник организации без особых прав", OID: 1000000006,
		Profile: p, Trusted: true, FundUID: fundUID(6), AccessCode: accessCode(6),
	}
}

func agent() Persona {
	p := complete(7, "Волков", "Игорь", "Николаевич", identity.Male, calendar.NewDate(1984, time.June, 25))
	p.Organisations = []identity.Organisation{
		company(false, true),
		{
			OID: "2000000002", Name: "ИП Волков Игорь Николаевич",
			Ogrn: identifier.OgrnOf(32000000000001), Inn: p.Inn,
			Kind: identity.Business, Chief: true, Admin: true,
		},
	}
	return Persona{
		Name: "agent", Title: "Представитель: управляет доступом организации, сам предприниматель", OID: 1000000007,
		Profile: p, Trusted: true, FundUID: fundUID(7), AccessCode: accessCode(7),
	}
}

func child() Persona {
	p := complete(8, "Иванова", "Анна", "Павловна", identity.Female, calendar.NewDate(2016, time.May, 14))
	p.Inn = ""
	p.Passport = identity.Passport{}
	p.Phone = identity.Phone{}
	p.Email = identity.Email{}
	return Persona{
		Name: "child", Title: "Ребёнок: детская учётная запись", OID: 1000000008,
		Profile: p, Trusted: false, FundUID: fundUID(8), AccessCode: accessCode(8),
	}
}

func newcomer() Persona {
	return Persona{
		Name: "newcomer", Title: "Первый вход: условия не приняты, запись фонда не привязана", OID: 1000000009,
		Profile: complete(9, "Новикова", "Вера", "Павловна", identity.Female, calendar.NewDate(1999, time.October, 5)),
		Trusted: true, FundUID: fundUID(9), AccessCode: accessCode(9), Newcomer: true,
	}
}

// complete is a profile with everything that the cabinet requires; n makes its numbers.
func complete(n int, last, first, middle string, gender identity.Gender, born calendar.Date) identity.Profile {
	serial := strconv.Itoa(n)
	return identity.Profile{
		LastName: last, FirstName: first, MiddleName: middle,
		BirthDate: born,
		Gender:    gender,
		Snils:     identifier.SnilsOf(700 + n),
		Inn:       identifier.InnOfPerson(int64(10_000_000 + n)),
		Passport: identity.Passport{
			Series: "0010", Number: "00000" + serial,
			IssuedOn: calendar.NewDate(2018, time.February, n), IssuedBy: "Отделом по вопросам миграции г. Примерска",
			IssuerCode: "000001",
		},
		Phone: identity.Phone{Number: identifier.Phone("+7900000000" + serial), Confirmed: true},
		Email: identity.Email{Address: identifier.Email("person" + serial + "@example.ru"), Confirmed: true},
		Addresses: []identity.Address{{
			Kind: identity.Registration, PostalCode: "000101",
			Text: "Вымышленная область, г. Примерск, ул. Садовая, д. " + serial + ", кв. 12",
		}},
	}
}

// company is the organisation that several of the people belong to.
func company(chief, admin bool) identity.Organisation {
	return identity.Organisation{
		OID: "2000000001", Name: "Общество с ограниченной ответственностью «Пример»",
		Ogrn: identifier.OgrnOf(120000000001), Inn: identifier.InnOfOrganisation(1_000_001),
		Kind: identity.Legal, Chief: chief, Admin: admin,
	}
}

func accessCode(n int) string { return "DEMO-000" + strconv.Itoa(n) }

func fundUID(n int) string { return "UID-000000000" + strconv.Itoa(n) }
