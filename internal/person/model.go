package person

import (
	"strings"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// Where the sealed and the looked-up values stand.
const (
	identityPlace seal.Place = "persons.identity"
	subjectPlace  seal.Place = "persons.subject_hash"
	snilsPlace    seal.Place = "persons.snils_hash"
)

// Gender is the sex in the identity document.
type Gender string

// AddressKind is the kind of an address.
type AddressKind string

// Person is a citizen with their personal data.
type Person struct {
	ID        ref.Ref
	Confirmed bool // the identity provider has confirmed the account

	data personalData
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
	Confirmed bool   `json:"confirmed"`
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

// Inn is the taxpayer number; nil when not known.
func (p *Person) Inn() *identifier.Inn { return present(p.data.Inn) }

// Passport is the passport; nil when not known.
func (p *Person) Passport() *Passport { return p.data.Passport }

// Phone is the mobile phone; nil when not known.
func (p *Person) Phone() *Contact { return p.data.Phone }

// Email is the e-mail address; nil when not known.
func (p *Person) Email() *Contact { return p.data.Email }

// Addresses are the addresses.
func (p *Person) Addresses() []Address { return p.data.Addresses }

func present[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

func (s *Service) fromRow(row *ent.Person) (*Person, error) {
	data, err := seal.OpenJSON[personalData](s.sealer, identityPlace, row.ID, row.Identity)
	if err != nil {
		return nil, err
	}
	return &Person{ID: ref.Of(ref.Person, row.ID), Confirmed: row.Trusted, data: data}, nil
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
