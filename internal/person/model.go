package person

import (
	"strings"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// Where the sealed and the looked-up values stand.
const (
	identityPlace seal.Place = "persons.identity"
	contactsPlace seal.Place = "persons.contacts"
	subjectPlace  seal.Place = "persons.subject_hash"
	snilsPlace    seal.Place = "persons.snils_hash"
	recordPlace   seal.Place = "insured_records.record"
	uidPlace      seal.Place = "insured_records.uid_hash"
)

// Gender is the sex in the identity document.
type Gender string

// AddressKind is the kind of an address.
type AddressKind string

// Source is who has told something about a person.
type Source string

// The sources: Gosuslugi, or whichever provider stands for it, at each login; the person themselves, in the cabinet.
const (
	Gosuslugi Source = "GOSUSLUGI"
	Cabinet   Source = "CABINET"
)

// Sources lists all sources.
func Sources() []Source { return []Source{Gosuslugi, Cabinet} }

// Person is a citizen with their personal data.
type Person struct {
	ID        ref.Ref
	Confirmed bool // the identity provider has confirmed the account

	data   personalData // what the provider tells
	own    ownData      // what the person has entered in the cabinet
	record batch.Lazy[*record]
}

// Passport is a Russian internal passport.
type Passport struct {
	Series     string        `json:"series"`
	Number     string        `json:"number"`
	IssuedOn   calendar.Date `json:"issuedOn"`
	IssuedBy   *string       `json:"issuedBy,omitempty"`
	IssuerCode *string       `json:"issuerCode,omitempty"`
}

// Contact is a phone number or an e-mail address.
type Contact struct {
	Value     string `json:"value"`
	Confirmed bool   `json:"confirmed"` // its owner has proved that it reaches them
	Source    Source `json:"-"`
}

// Address is a postal address.
type Address struct {
	Kind       AddressKind `json:"kind"`
	PostalCode *string     `json:"postalCode,omitempty"`
	Text       string      `json:"text"`
}

// personalData is what is sealed; its JSON is a storage format.
type personalData struct {
	LastName   string           `json:"lastName"`
	FirstName  string           `json:"firstName"`
	MiddleName *string          `json:"middleName,omitempty"`
	BirthDate  calendar.Date    `json:"birthDate"`
	Gender     *Gender          `json:"gender,omitempty"`
	Snils      identifier.Snils `json:"snils,omitempty"`
	Inn        identifier.Inn   `json:"inn,omitempty"`
	Passport   *Passport        `json:"passport,omitempty"`
	Phone      *Contact         `json:"phone,omitempty"`
	Email      *Contact         `json:"email,omitempty"`
	Addresses  []Address        `json:"addresses,omitempty"`
}

// ownData is what is sealed of what the person has entered themselves; its JSON is a storage format. Contacts stand in
// it only when they are confirmed.
type ownData struct {
	Phone identifier.Phone `json:"phone,omitempty"`
	Email identifier.Email `json:"email,omitempty"`
	Inn   identifier.Inn   `json:"inn,omitempty"`
}

// LastName is the family name (фамилия).
func (p *Person) LastName() string { return p.data.LastName }

// FirstName is the given name (имя).
func (p *Person) FirstName() string { return p.data.FirstName }

// MiddleName is the patronymic (отчество); nil if there is none.
func (p *Person) MiddleName() *string { return p.data.MiddleName }

// FullName is family name, given name and patronymic.
func (p *Person) FullName() string {
	parts := []string{p.data.LastName, p.data.FirstName}
	if p.data.MiddleName != nil {
		parts = append(parts, *p.data.MiddleName)
	}
	return strings.Join(parts, " ")
}

// BirthDate is the day of birth; zero when not known.
func (p *Person) BirthDate() calendar.Date { return p.data.BirthDate }

// Gender is the sex; nil when not known.
func (p *Person) Gender() *Gender { return p.data.Gender }

// Snils is the insurance number; nil when not known.
func (p *Person) Snils() *identifier.Snils { return present(p.data.Snils) }

// Inn is the taxpayer number: the provider's, or, when that tells none, the one that the person has entered; nil when
// not known.
func (p *Person) Inn() *identifier.Inn {
	if p.data.Inn != "" {
		return &p.data.Inn
	}
	return present(p.own.Inn)
}

// InnSource is who has told the taxpayer number; nil when it is not known.
func (p *Person) InnSource() *Source {
	switch {
	case p.data.Inn != "":
		return present(Gosuslugi)
	case p.own.Inn != "":
		return present(Cabinet)
	}
	return nil
}

// Passport is the passport; nil when not known.
func (p *Person) Passport() *Passport { return p.data.Passport }

// Phone is the mobile phone, the person's own before the provider's; nil when not known.
func (p *Person) Phone() *Contact { return contact(string(p.own.Phone), p.data.Phone) }

// Email is the e-mail address, the person's own before the provider's; nil when not known.
func (p *Person) Email() *Contact { return contact(string(p.own.Email), p.data.Email) }

// Addresses are the addresses.
func (p *Person) Addresses() []Address { return p.data.Addresses }

// contact gives the person's own contact, which is kept only when it is confirmed, or else the one that is told.
func contact(own string, told *Contact) *Contact {
	switch {
	case own != "":
		return &Contact{Value: own, Confirmed: true, Source: Cabinet}
	case told != nil:
		return &Contact{Value: told.Value, Confirmed: told.Confirmed, Source: Gosuslugi}
	}
	return nil
}

func present[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

func (s *Service) fromRow(row *ent.Person) (*Person, error) {
	var data personalData
	if len(row.Identity) > 0 { // the fund may know a person by their SNILS alone
		var err error
		if data, err = seal.OpenJSON[personalData](s.sealer, identityPlace, row.ID, row.Identity); err != nil {
			return nil, err
		}
	}
	own, err := s.openOwn(row)
	if err != nil {
		return nil, err
	}
	return &Person{ID: ref.Of(ref.Person, row.ID), Confirmed: row.Trusted, data: data, own: own}, nil
}

// openOwn opens what the person has entered themselves, which may be nothing.
func (s *Service) openOwn(row *ent.Person) (ownData, error) {
	if len(row.Contacts) == 0 {
		return ownData{}, nil
	}
	return seal.OpenJSON[ownData](s.sealer, contactsPlace, row.ID, row.Contacts)
}

func dataOf(p identity.Profile) personalData {
	d := personalData{
		LastName: p.LastName, FirstName: p.FirstName, MiddleName: present(p.MiddleName),
		BirthDate: p.BirthDate, Gender: (*Gender)(present(p.Gender)), Snils: p.Snils, Inn: p.Inn,
	}
	if p.Passport.Number != "" {
		d.Passport = &Passport{
			Series: p.Passport.Series, Number: p.Passport.Number, IssuedOn: p.Passport.IssuedOn,
			IssuedBy: present(p.Passport.IssuedBy), IssuerCode: present(p.Passport.IssuerCode),
		}
	}
	if p.Phone.Number != "" {
		d.Phone = &Contact{Value: p.Phone.Number.String(), Confirmed: p.Phone.Confirmed}
	}
	if p.Email.Address != "" {
		d.Email = &Contact{Value: p.Email.Address.String(), Confirmed: p.Email.Confirmed}
	}
	for _, a := range p.Addresses {
		d.Addresses = append(d.Addresses, Address{Kind: AddressKind(a.Kind), PostalCode: present(a.PostalCode), Text: a.Text})
	}
	return d
}

// accountOf is what the hash of an account is taken of.
func accountOf(provider, subject string) string { return provider + "\x00" + subject }
