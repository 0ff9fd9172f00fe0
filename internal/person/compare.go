package person

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
)

// Compared is a part of the personal data that is compared with what the fund holds.
type Compared string

// The parts. The SNILS is not among them: by it the two were found to be of one person.
const (
	ComparedLastName          Compared = "LAST_NAME"
	ComparedFirstName         Compared = "FIRST_NAME"
	ComparedMiddleName        Compared = "MIDDLE_NAME"
	ComparedBirthDate         Compared = "BIRTH_DATE"
	ComparedInn               Compared = "INN"
	ComparedPassport          Compared = "PASSPORT"
	ComparedPassportIssuedOn  Compared = "PASSPORT_ISSUED_ON"
	ComparedPhone             Compared = "PHONE"
	ComparedEmail             Compared = "EMAIL"
	ComparedRegisteredAddress Compared = "REGISTERED_ADDRESS"
)

// AllCompared lists all parts.
func AllCompared() []Compared {
	return []Compared{
		ComparedLastName, ComparedFirstName, ComparedMiddleName, ComparedBirthDate, ComparedInn, ComparedPassport,
		ComparedPassportIssuedOn, ComparedPhone, ComparedEmail, ComparedRegisteredAddress,
	}
}

// Mismatch is a part of the personal data that the fund holds differently. It is never logged.
type Mismatch struct {
	Field    Compared
	Profile  *string // what is told here; nil when nothing is
	Source   Source  // who has told it
	Fund     *string // what the fund holds; nil when it holds nothing
	MendedAt MendedAt
	Link     *string // page on which it is corrected, when that is Gosuslugi's

	message locale.Text
}

// Message says what to do, in the language of the request.
func (m Mismatch) Message(ctx context.Context) string { return m.message.In(locale.FromContext(ctx)) }

// pair is a part of the personal data as both sides tell it.
type pair struct {
	field     Compared
	here      string
	source    Source
	confirmed bool // its owner has proved it here, so that the fund's is the one to be corrected
	fund      string
	normal    func(string) string
	always    bool // that one side tells nothing is a mismatch, too
}

// Mismatches compares what is told of a person with the fund's record to which their account is linked, part by part;
// nil when it is linked to none. What only one side tells is no mismatch, except a patronymic.
func (s *Service) Mismatches(ctx context.Context, p *Person) ([]Mismatch, error) {
	r, err := s.linked(ctx, p)
	if err != nil || r == nil {
		return nil, err
	}
	mismatches := []Mismatch{}
	for _, c := range pairs(p, r) {
		here, fund := c.normal(c.here), c.normal(c.fund)
		if here == fund || !c.always && (here == "" || fund == "") {
			continue
		}
		mismatches = append(mismatches, c.mismatch())
	}
	return mismatches, nil
}

func pairs(p *Person, r *record) []pair {
	told := func(f Compared, here, fund string, normal func(string) string) pair {
		return pair{field: f, here: here, source: Gosuslugi, fund: fund, normal: normal}
	}
	middle := told(ComparedMiddleName, valueOf(p.data.MiddleName), r.MiddleName, normalText)
	middle.always = true
	var passport, issuedOn string
	if own := p.data.Passport; own != nil {
		passport, issuedOn = own.Series+" "+own.Number, own.IssuedOn.String()
	}
	var inn pair
	if source := p.InnSource(); source != nil {
		inn = pair{here: string(*p.Inn()), source: *source}
	}
	inn.field, inn.fund, inn.normal = ComparedInn, string(r.Inn), digits
	return []pair{
		told(ComparedLastName, p.data.LastName, r.LastName, normalText),
		told(ComparedFirstName, p.data.FirstName, r.FirstName, normalText),
		middle,
		told(ComparedBirthDate, p.data.BirthDate.String(), r.BirthDate.String(), normalDate),
		inn,
		told(ComparedPassport, strings.TrimSpace(passport), strings.TrimSpace(r.PassportSeries+" "+r.PassportNumber), digits),
		told(ComparedPassportIssuedOn, issuedOn, r.PassportIssuedOn.String(), normalDate),
		contactPair(ComparedPhone, p.Phone(), r.Phone, normalPhone),
		contactPair(ComparedEmail, p.Email(), r.Email, normalEmail),
		told(ComparedRegisteredAddress, p.registered(), r.RegisteredAddress, normalAddress),
	}
}

func contactPair(f Compared, c *Contact, fund string, normal func(string) string) pair {
	if c == nil {
		return pair{field: f, fund: fund, normal: normal}
	}
	return pair{field: f, here: c.Value, source: c.Source, confirmed: c.Confirmed, fund: fund, normal: normal}
}

// registered is the text of the registered address, empty when there is none.
func (p *Person) registered() string {
	for _, a := range p.data.Addresses {
		if a.Kind == AddressKind(identity.Registration) && a.Text != "" {
			return a.Text
		}
	}
	return ""
}

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// mismatch says where to correct what differs: what its owner has proved here is wrong at the fund; what they have
// entered here, here; all else at Gosuslugi.
func (c pair) mismatch() Mismatch {
	m := Mismatch{Field: c.field, Profile: present(c.here), Source: c.source, Fund: present(c.fund)}
	switch {
	case c.confirmed:
		m.MendedAt = AtFund
		m.message = locale.Text{
			Ru: "В записи фонда указано другое. Если верно то, что указано здесь, сообщите об этом фонду обращением.",
			En: "The fund's record has something else. If what stands here is right, tell the fund in an appeal.",
		}
	case c.source == Cabinet:
		m.MendedAt = InCabinet
		m.message = locale.Text{
			Ru: "В записи фонда указано другое. Проверьте введённое и исправьте здесь; если ошибка у фонда, напишите обращение.",
			En: "The fund's record has something else. Check what was entered and correct it here; if the fund is wrong, write an appeal.",
		}
	default:
		m.MendedAt, m.Link = AtGosuslugi, present(gosuslugiAccount)
		m.message = locale.Text{
			Ru: "В записи фонда указано другое. Сверьте с документом и исправьте на Госуслугах; если ошибка у фонда, напишите обращение.",
			En: "The fund's record has something else. Compare with the document and correct it at Gosuslugi; if the fund is wrong, write an appeal.",
		}
	}
	return m
}

// Fingerprint is a hash of who the person is: names, day of birth, SNILS. It tells whether what was once examined is still
// what is told; it is no secret-keeper, for there are few people, and stands nowhere but sealed.
func (p *Person) Fingerprint() string {
	sum := sha256.New()
	for _, part := range []string{
		normalText(p.data.LastName), normalText(p.data.FirstName), normalText(valueOf(p.data.MiddleName)),
		p.data.BirthDate.String(), string(p.data.Snils),
	} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// normalText is a text as it is compared: lower case, ё as е, letters and digits only, in words with one space between.
func normalText(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(norm.NFC.String(s)) {
		if r == 'ё' {
			r = 'е'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}

var postalCode = regexp.MustCompile(`^[0-9]{6} `)

// normalAddress is normalText without the postal code, which stands apart here.
func normalAddress(s string) string { return postalCode.ReplaceAllString(normalText(s), "") }

// digits are the digits of a number, however they are grouped.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// normalDate is a day in the form 2006-01-02, from that form or from 02.01.2006.
func normalDate(s string) string {
	s = strings.TrimSpace(s)
	if parts := strings.Split(s, "."); len(parts) == 3 {
		s = parts[2] + "-" + parts[1] + "-" + parts[0]
	}
	day, err := calendar.ParseDate(s)
	if err != nil {
		return s
	}
	return day.String()
}

// normalPhone is a mobile number in E.164, and the digits of any other.
func normalPhone(s string) string {
	phone, err := parsePhone(s)
	if err != nil {
		return digits(s)
	}
	return string(phone)
}

// normalEmail is an address in lower case: hardly any mailbox tells its capitals apart.
func normalEmail(s string) string {
	email, err := identifier.ParseEmail(strings.TrimSpace(s))
	if err != nil {
		return strings.ToLower(strings.TrimSpace(s))
	}
	return strings.ToLower(string(email))
}
