package identity

import (
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
)

// Profile is what the provider knows about the person and was allowed to tell. What it does not
// know is zero; what it tells in a form that cannot be read is zero too, so that the person is
// asked to mend it instead of being shut out.
type Profile struct {
	LastName      string
	FirstName     string
	MiddleName    string
	BirthDate     calendar.Date
	Gender        Gender
	Snils         identifier.Snils
	Inn           identifier.Inn
	Passport      Passport
	Phone         Phone
	Email         Email
	Addresses     []Address
	Organisations []Organisation
}

// Gender as the provider records it; empty when it does not.
type Gender string

// The values of Gender.
const (
	Male   Gender = "MALE"
	Female Gender = "FEMALE"
)

// Passport is the passport of a citizen of Russia (паспорт РФ).
type Passport struct {
	Series     string // four digits
	Number     string // six digits
	IssuedOn   calendar.Date
	IssuedBy   string
	IssuerCode string // six digits of the issuing division
}

// Phone is the mobile number and whether the person proved that it is theirs.
type Phone struct {
	Number    identifier.Phone
	Confirmed bool
}

// Email is the address and whether the person proved that it is theirs.
type Email struct {
	Address   identifier.Email
	Confirmed bool
}

// AddressKind tells what an address is to the person.
type AddressKind string

// The kinds of address.
const (
	Registration AddressKind = "REGISTRATION" // место регистрации
	Residence    AddressKind = "RESIDENCE"    // место проживания
)

// Address is a postal address.
type Address struct {
	Kind       AddressKind
	PostalCode string // six digits, or empty
	Text       string // one line, without the postal code
}

// OrganisationKind tells the kinds of organisation apart.
type OrganisationKind string

// The kinds of organisation, in ESIA's words.
const (
	Legal    OrganisationKind = "LEGAL"    // юридическое лицо
	Business OrganisationKind = "BUSINESS" // индивидуальный предприниматель
	Agency   OrganisationKind = "AGENCY"   // орган власти
)

// Organisation is one that the person may act for.
type Organisation struct {
	OID  string // the organisation's account at the provider, in digits
	Name string // the full name
	Ogrn identifier.Ogrn
	Inn  identifier.Inn
	Kind OrganisationKind
	// Chief tells that the person is its head, Admin that they manage its people's rights.
	Chief bool
	Admin bool
}
