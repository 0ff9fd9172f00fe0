package identifier

import (
	"log/slog"
	"strconv"
)

// Ogrn is the state registration number of an organisation (ОГРН, thirteen
// digits) or of a sole entrepreneur (ОГРНИП, fifteen). Empty means unknown.
type Ogrn string

// ParseOgrn reads thirteen or fifteen digits and verifies the last one. The first
// tells the kind of the record and is never zero.
func ParseOgrn(s string) (Ogrn, error) {
	if !onlyDigits(s, 13) && !onlyDigits(s, 15) {
		return "", refuse(ErrOgrn, ErrForm)
	}
	if s[0] == '0' {
		return "", refuse(ErrOgrn, ErrNeverIssued)
	}
	if s[len(s)-1:] != ogrnCheck(s[:len(s)-1]) {
		return "", refuse(ErrOgrn, ErrCheckDigits)
	}
	return Ogrn(s), nil
}

// OgrnOf adds the check digit to the twelve digits of an organisation or to the
// fourteen of an entrepreneur: for tests and demonstration. It is empty for
// numbers of another length.
func OgrnOf(prefix int64) Ogrn {
	digits := strconv.FormatInt(prefix, 10)
	if !onlyDigits(digits, 12) && !onlyDigits(digits, 14) {
		return ""
	}
	return Ogrn(digits + ogrnCheck(digits))
}

// ogrnCheck takes the number modulo 11 for twelve digits, modulo 13 for fourteen.
func ogrnCheck(digits string) string {
	modulus := 11
	if len(digits) == 14 {
		modulus = 13
	}
	remainder := 0
	for i := range len(digits) {
		remainder = (remainder*10 + int(digits[i]-'0')) % modulus
	}
	return padded(int64(remainder%10), 1)
}

// IsEntrepreneur tells the number of a sole entrepreneur, who is a person, from
// that of an organisation.
func (o Ogrn) IsEntrepreneur() bool { return len(o) == 15 }

// String is the digits.
func (o Ogrn) String() string { return string(o) }

// Masked shows the last four digits: "*********2093".
func (o Ogrn) Masked() string { return tail(string(o), 4) }

// LogValue keeps the number out of logs: an entrepreneur's leads to a person.
func (o Ogrn) LogValue() slog.Value { return hidden("ogrn") }
