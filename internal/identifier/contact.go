package identifier

import (
	"log/slog"
	"net/mail"
	"strings"
)

// Phone is a Russian mobile number in E.164: "+79778318309". Empty means
// unknown.
type Phone string

// ParsePhone reads "+79778318309" or ESIA's "+7(977)8318309". Only numbers of
// mobile networks, whose code begins with 9, are taken: a message must reach
// them.
func ParsePhone(s string) (Phone, error) {
	for _, form := range [...]string{"+70000000000", "+7(000)0000000"} {
		// The 7 of the form stands for itself, so the digits are those after it.
		if digits, ok := unpunctuate(s, form); ok && digits[0] == '9' {
			return Phone("+7" + digits), nil
		}
	}
	return "", refuse(ErrPhone, ErrForm)
}

// String is the number in E.164.
func (p Phone) String() string { return string(p) }

// Masked shows the last four digits: "+7 *** ***-83-09".
func (p Phone) Masked() string {
	if len(p) != 12 {
		return tail(string(p), 0)
	}
	return "+7 *** ***-" + string(p[8:10]+"-"+p[10:12])
}

// LogValue keeps the number out of logs.
func (p Phone) LogValue() slog.Value { return hidden("phone") }

// Email is an address that a message can be sent to. Its domain is in lower
// case; the part before the @ is as its owner writes it. Empty means unknown.
type Email string

// RFC 5321, 4.5.3.1, and RFC 1035 for the label.
const (
	maxEmail       = 254
	maxEmailLocal  = 64
	maxDomainLabel = 63
)

// ParseEmail reads a bare address, without a display name. It must be ASCII (an
// internationalised domain in its xn-- form), unquoted, and have a domain of at
// least two labels: what other systems can be trusted to deliver to.
func ParseEmail(s string) (Email, error) {
	if len(s) > maxEmail || !plainASCII(s) {
		return "", refuse(ErrEmail, ErrForm)
	}
	address, err := mail.ParseAddress(s)
	// Quotes, comments, angle brackets, display names and spaces all make the
	// parsed address differ from what was given.
	if err != nil || address.Name != "" || address.Address != s || strings.Contains(s, `"`) {
		return "", refuse(ErrEmail, ErrForm)
	}
	at := strings.LastIndexByte(s, '@')
	local, domain := s[:at], strings.ToLower(s[at+1:])
	if len(local) > maxEmailLocal || !isHost(domain) {
		return "", refuse(ErrEmail, ErrForm)
	}
	return Email(local + "@" + domain), nil
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isHost takes a lower-case host name of two labels or more, whose last one is
// not a number, as that of an IP address would be.
func isHost(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > maxDomainLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	top := labels[len(labels)-1]
	return len(top) >= 2 && !onlyDigits(top, len(top))
}

// String is the address.
func (e Email) String() string { return string(e) }

// Masked shows the first character and the domain: "i***@example.ru". The number
// of asterisks does not tell the length.
func (e Email) Masked() string {
	at := strings.LastIndexByte(string(e), '@')
	if at < 0 {
		return tail(string(e), 0)
	}
	shown := ""
	if at > 1 { // of a single character nothing would stay hidden
		shown = string(e[:1])
	}
	return shown + "***" + string(e[at:])
}

// LogValue keeps the address out of logs.
func (e Email) LogValue() slog.Value { return hidden("e-mail") }
