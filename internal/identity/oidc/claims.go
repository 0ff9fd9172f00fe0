package oidc

import (
	"encoding/json"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
)

const maxText = 500 // characters of a name or an address line

// claim is one value as it was sent.
type claim json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (c *claim) UnmarshalJSON(raw []byte) error {
	*c = append((*c)[:0], raw...)
	return nil
}

// text is the claim as a string, empty when it is none.
func (c claim) text() string {
	var s string
	if json.Unmarshal(c, &s) != nil {
		return ""
	}
	return s
}

// truth is the claim as a truth value, which some providers write as a string.
func (c claim) truth() bool {
	return string(c) == "true" || strings.EqualFold(c.text(), "true")
}

// list is the claim as a list of strings, of one when it is a string.
func (c claim) list() []string {
	var many []string
	if json.Unmarshal(c, &many) == nil {
		return many
	}
	if one := c.text(); one != "" {
		return []string{one}
	}
	return nil
}

// claims are those of an id_token or of userinfo.
type claims map[string]claim

// with adds what another source told; it wins.
func (c claims) with(other claims) claims {
	all := maps.Clone(c)
	maps.Copy(all, other)
	return all
}

// line is a claim as one line of text, or empty.
func (c claims) line(name string) string { return oneLine(c[name].text()) }

func oneLine(s string) string {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxText {
		return ""
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
}

// profile translates the standard claims (OpenID Connect Core, section 5.1). What cannot be read is
// left out: see identity.Profile.
func (rp *RelyingParty) profile(c claims) identity.Profile {
	snils, _ := identifier.ParseSnils(c.line(rp.config.SnilsClaim))
	inn, _ := identifier.ParseInn(c.line(rp.config.InnClaim))
	birthDate, _ := calendar.ParseDate(c.line("birthdate"))
	phone, _ := identifier.ParsePhone(c.line("phone_number"))
	email, _ := identifier.ParseEmail(c.line("email"))
	p := identity.Profile{
		LastName:   c.line("family_name"),
		FirstName:  c.line("given_name"),
		MiddleName: c.line("middle_name"),
		BirthDate:  birthDate,
		Snils:      snils,
		Inn:        inn,
		Phone:      identity.Phone{Number: phone, Confirmed: phone != "" && c["phone_number_verified"].truth()},
		Email:      identity.Email{Address: email, Confirmed: email != "" && c["email_verified"].truth()},
	}
	switch c["gender"].text() {
	case "male":
		p.Gender = identity.Male
	case "female":
		p.Gender = identity.Female
	}
	if address, ok := c.address(); ok {
		p.Addresses = []identity.Address{address}
	}
	return p
}

// address is the one postal address that the standard knows. It does not say what it is to the
// person; that they live there is the weaker statement.
func (c claims) address() (identity.Address, bool) {
	var told struct {
		Formatted  string `json:"formatted"`
		Street     string `json:"street_address"`
		Locality   string `json:"locality"`
		Region     string `json:"region"`
		PostalCode string `json:"postal_code"`
	}
	if json.Unmarshal(c["address"], &told) != nil {
		return identity.Address{}, false
	}
	text := oneLine(told.Formatted)
	if text == "" {
		var parts []string
		for _, part := range []string{told.Region, told.Locality, told.Street} {
			if part = oneLine(part); part != "" {
				parts = append(parts, part)
			}
		}
		text = strings.Join(parts, ", ")
	}
	code := oneLine(told.PostalCode)
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		code = ""
	}
	return identity.Address{Kind: identity.Residence, PostalCode: code, Text: text}, text != ""
}
