package esia

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
)

const (
	statusDeleted = "DELETED"
	verified      = "VERIFIED"

	maxText          = 500 // characters of a name or an address line
	maxAddresses     = 10
	maxOrganisations = 200
	dottedDate       = "02.01.2006"
)

// personAnswer is /rs/prns/{oid} with its collections embedded.
type personAnswer struct {
	LastName      string                         `json:"lastName"`
	FirstName     string                         `json:"firstName"`
	MiddleName    string                         `json:"middleName"`
	BirthDate     string                         `json:"birthDate"`
	Gender        string                         `json:"gender"`
	Snils         string                         `json:"snils"`
	Inn           string                         `json:"inn"`
	Status        string                         `json:"status"`
	Trusted       *bool                          `json:"trusted"`
	IDDocument    oid                            `json:"rIdDoc"`
	Contacts      collection[contactAnswer]      `json:"contacts"`
	Addresses     collection[addressAnswer]      `json:"addresses"`
	Documents     collection[documentAnswer]     `json:"documents"`
	Organisations collection[organisationAnswer] `json:"organizations"`
	// Roles come from /roles: the person's record does not embed them.
	Roles collection[roleAnswer] `json:"-"`
}

// collection is how ESIA wraps every list.
type collection[T any] struct {
	Elements []T `json:"elements"`
}

type contactAnswer struct {
	Type   string `json:"type"`
	Status string `json:"vrfStu"`
	Value  string `json:"value"`
}

type documentAnswer struct {
	ID        oid    `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"vrfStu"`
	Series    string `json:"series"`
	Number    string `json:"number"`
	IssueDate string `json:"issueDate"`
	IssueID   string `json:"issueId"`
	IssuedBy  string `json:"issuedBy"`
}

type addressAnswer struct {
	Type       string `json:"type"`
	PostalCode string `json:"zipCode"`
	Line       string `json:"addressStr"`
	Region     string `json:"region"`
	Area       string `json:"area"`
	City       string `json:"city"`
	District   string `json:"district"`
	Settlement string `json:"settlement"`
	Street     string `json:"street"`
	House      string `json:"house"`
	Frame      string `json:"frame"`
	Building   string `json:"building"`
	Flat       string `json:"flat"`
}

type organisationAnswer struct {
	OID oid    `json:"oid"`
	Inn string `json:"inn"`
}

type roleAnswer struct {
	OID       oid    `json:"oid"`
	FullName  string `json:"fullName"`
	ShortName string `json:"shortName"`
	Ogrn      string `json:"ogrn"`
	Type      string `json:"type"`
	Chief     bool   `json:"chief"`
	Admin     bool   `json:"admin"`
	Active    *bool  `json:"active"`
}

// fetchPerson reads everything about the person that the scopes allow, in one or two requests.
func (rp *RelyingParty) fetchPerson(ctx context.Context, subject, accessToken string) (personAnswer, error) {
	path := "/rs/prns/" + subject
	var embed []string
	for _, part := range []struct {
		name   string
		scopes []string
	}{
		{"contacts.elements", []string{"contacts", "email", "mobile"}},
		{"addresses.elements", []string{"addresses"}},
		{"documents.elements", []string{"id_doc"}},
		{"organizations.elements", []string{"usr_org"}},
	} {
		if rp.asked(part.scopes...) {
			embed = append(embed, part.name)
		}
	}
	query := ""
	if len(embed) > 0 {
		query = "?embed=(" + strings.Join(embed, ",") + ")"
	}
	var person personAnswer
	if err := rp.get(ctx, path, query, accessToken, &person); err != nil {
		return personAnswer{}, err
	}
	if rp.asked("usr_org") {
		if err := rp.get(ctx, path+"/roles", "?embed=(elements)", accessToken, &person.Roles); err != nil {
			return personAnswer{}, err
		}
	}
	return person, nil
}

func (rp *RelyingParty) asked(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(rp.config.Scopes, s) })
}

// profile translates ESIA's words. What cannot be read is left out: see identity.Profile.
func (p personAnswer) profile() identity.Profile {
	snils, _ := identifier.ParseSnils(strings.TrimSpace(p.Snils))
	inn, _ := identifier.ParseInn(strings.TrimSpace(p.Inn))
	if inn != "" && !inn.IsPerson() {
		inn = ""
	}
	profile := identity.Profile{
		LastName:      text(p.LastName),
		FirstName:     text(p.FirstName),
		MiddleName:    text(p.MiddleName),
		BirthDate:     date(p.BirthDate),
		Snils:         snils,
		Inn:           inn,
		Passport:      p.passport(),
		Addresses:     p.addresses(),
		Organisations: p.organisations(),
	}
	switch p.Gender {
	case "M":
		profile.Gender = identity.Male
	case "F":
		profile.Gender = identity.Female
	}
	profile.Phone, profile.Email = p.contacts()
	return profile
}

// contacts chooses one mobile number and one private e-mail address, a confirmed one if there is any.
func (p personAnswer) contacts() (phone identity.Phone, email identity.Email) {
	for _, c := range p.Contacts.Elements {
		confirmed := c.Status == verified
		switch c.Type {
		case "MBT":
			number, err := identifier.ParsePhone(strings.TrimSpace(c.Value))
			if err == nil && (phone.Number == "" || confirmed && !phone.Confirmed) {
				phone = identity.Phone{Number: number, Confirmed: confirmed}
			}
		case "EML":
			address, err := identifier.ParseEmail(strings.TrimSpace(c.Value))
			if err == nil && (email.Address == "" || confirmed && !email.Confirmed) {
				email = identity.Email{Address: address, Confirmed: confirmed}
			}
		}
	}
	return phone, email
}

// passport chooses the document that the account names as the person's own, else a checked one.
func (p personAnswer) passport() identity.Passport {
	best, rank := identity.Passport{}, 0
	for _, d := range p.Documents.Elements {
		if d.Type != "RF_PASSPORT" {
			continue
		}
		number, err := identifier.NewPassport(strings.TrimSpace(d.Series), strings.TrimSpace(d.Number))
		if err != nil {
			continue
		}
		r := 1
		if d.Status == verified {
			r = 2
		}
		if d.ID != "" && d.ID == p.IDDocument {
			r = 3
		}
		if r > rank {
			best, rank = identity.Passport{
				Series:     number.Series,
				Number:     number.Number,
				IssuedOn:   date(d.IssueDate),
				IssuedBy:   text(d.IssuedBy),
				IssuerCode: digits(strings.ReplaceAll(d.IssueID, "-", ""), 6),
			}, r
		}
	}
	return best
}

func (p personAnswer) addresses() []identity.Address {
	var addresses []identity.Address
	for _, a := range p.Addresses.Elements {
		line := a.text()
		if line == "" || len(addresses) == maxAddresses {
			continue
		}
		kind := identity.Residence
		switch a.Type {
		case "PRG":
			kind = identity.Registration
		case "PLV":
		default:
			continue
		}
		addresses = append(addresses, identity.Address{Kind: kind, PostalCode: digits(a.PostalCode, 6), Text: line})
	}
	return addresses
}

// text writes the address in one line, from the large to the small.
func (a addressAnswer) text() string {
	var parts []string
	if line := text(a.Line); line != "" {
		parts = append(parts, line)
	} else {
		for _, part := range []string{a.Region, a.Area, a.City, a.District, a.Settlement, a.Street} {
			if part = text(part); part != "" {
				parts = append(parts, part)
			}
		}
	}
	for _, part := range []struct{ label, value string }{
		{"д. ", a.House}, {"корп. ", a.Frame}, {"стр. ", a.Building}, {"кв. ", a.Flat},
	} {
		if value := text(part.value); value != "" && len(parts) > 0 {
			parts = append(parts, part.label+value)
		}
	}
	return strings.Join(parts, ", ")
}

// organisations joins the roles with what /orgs knows about the same organisations.
func (p personAnswer) organisations() []identity.Organisation {
	inns := make(map[oid]identifier.Inn, len(p.Organisations.Elements))
	for _, o := range p.Organisations.Elements {
		if inn, err := identifier.ParseInn(strings.TrimSpace(o.Inn)); err == nil {
			inns[o.OID] = inn
		}
	}
	var organisations []identity.Organisation
	for _, r := range p.Roles.Elements {
		if r.OID == "" || (r.Active != nil && !*r.Active) || len(organisations) == maxOrganisations {
			continue
		}
		kind := identity.OrganisationKind(r.Type)
		switch kind {
		case identity.Legal, identity.Business, identity.Agency:
		default:
			continue // rights in an organisation of an unknown kind cannot be judged
		}
		ogrn, _ := identifier.ParseOgrn(strings.TrimSpace(r.Ogrn))
		name := text(r.FullName)
		if name == "" {
			name = text(r.ShortName)
		}
		organisations = append(organisations, identity.Organisation{
			OID: string(r.OID), Name: name, Ogrn: ogrn, Inn: inns[r.OID],
			Kind: kind, Chief: r.Chief, Admin: r.Admin,
		})
	}
	return organisations
}

// date reads dd.mm.yyyy.
func date(s string) calendar.Date {
	t, err := time.Parse(dottedDate, strings.TrimSpace(s))
	if err != nil {
		return calendar.Date{}
	}
	return calendar.DateOf(t, time.UTC)
}

// text takes a line that people can read; one with control characters or of no end is left out.
func text(s string) string {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > maxText || strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s) {
		return ""
	}
	return s
}

// digits takes exactly n ASCII digits.
func digits(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) != n || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return ""
	}
	return s
}
