package identifier

import "log/slog"

// Passport names a Russian internal passport. The zero value means unknown.
type Passport struct {
	Series string `json:"series"` // four digits
	Number string `json:"number"` // six digits
}

// ParsePassport reads "4509 123456", "45 09 123456" or "4509123456". The number
// has no check digits.
func ParsePassport(s string) (Passport, error) {
	for _, form := range [...]string{"0000 000000", "00 00 000000", "0000000000"} {
		if digits, ok := unpunctuate(s, form); ok {
			return Passport{Series: digits[:4], Number: digits[4:]}, nil
		}
	}
	return Passport{}, refuse(ErrPassport, ErrForm)
}

// NewPassport takes the series, with or without a space in its middle, and the
// number apart, as ESIA gives them.
func NewPassport(series, number string) (Passport, error) {
	if !onlyDigits(number, 6) {
		return Passport{}, refuse(ErrPassport, ErrForm)
	}
	return ParsePassport(series + " " + number)
}

// IsZero tells whether the passport is unknown.
func (p Passport) IsZero() bool { return p == Passport{} }

// String is "4509 123456", or empty.
func (p Passport) String() string {
	if p.IsZero() {
		return ""
	}
	return p.Series + " " + p.Number
}

// Masked shows the last three digits: "**** ***456".
func (p Passport) Masked() string {
	if p.IsZero() {
		return ""
	}
	return "**** " + tail(p.Number, 3)
}

// LogValue keeps the passport out of logs.
func (p Passport) LogValue() slog.Value { return hidden("passport") }
