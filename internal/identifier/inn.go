package identifier

import (
	"io"
	"log/slog"
)

// Inn (ИНН) is a taxpayer's number: twelve digits of a person, ten of an
// organisation. Empty means unknown.
type Inn string

// ParseInn reads ten or twelve digits and verifies the check digits.
func ParseInn(s string) (Inn, error) {
	var expected Inn
	switch {
	case onlyDigits(s, 10):
		expected = innOfOrganisation(s[:9])
	case onlyDigits(s, 12):
		expected = innOfPerson(s[:10])
	default:
		return "", refuse(ErrInn, ErrForm)
	}
	if onlyZeros(s) {
		return "", refuse(ErrInn, ErrNeverIssued)
	}
	if Inn(s) != expected {
		return "", refuse(ErrInn, ErrCheckDigits)
	}
	return expected, nil
}

// InnOfPerson adds the check digits to the ten digits of a person: for tests and
// demonstration. It is empty outside 1–9999999999.
func InnOfPerson(prefix int64) Inn {
	ten := padded(prefix, 10)
	if ten == "" || onlyZeros(ten) {
		return ""
	}
	return innOfPerson(ten)
}

// InnOfOrganisation adds the check digit to the nine digits of an organisation:
// for tests and demonstration. It is empty outside 1–999999999.
func InnOfOrganisation(prefix int64) Inn {
	nine := padded(prefix, 9)
	if nine == "" || onlyZeros(nine) {
		return ""
	}
	return innOfOrganisation(nine)
}

func innOfPerson(ten string) Inn {
	eleven := ten + innCheck(weighted(ten, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
	return Inn(eleven + innCheck(weighted(eleven, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)))
}

func innOfOrganisation(nine string) Inn {
	return Inn(nine + innCheck(weighted(nine, 2, 4, 10, 3, 5, 9, 4, 6, 8)))
}

func innCheck(sum int) string { return padded(int64(sum%11%10), 1) }

// IsPerson tells the number of a person from that of an organisation.
func (i Inn) IsPerson() bool { return len(i) == 12 }

// String is the digits.
func (i Inn) String() string { return string(i) }

// Masked shows the last four digits: "********6601".
func (i Inn) Masked() string { return tail(string(i), 4) }

// LogValue keeps the number out of logs.
func (i Inn) LogValue() slog.Value { return hidden("inn") }

// MarshalGQL writes the scalar Inn; null when empty.
func (i Inn) MarshalGQL(w io.Writer) { writeScalar(w, string(i)) }

// UnmarshalGQL reads the scalar Inn: a string that ParseInn accepts.
func (i *Inn) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return refuse(ErrInn, ErrForm)
	}
	parsed, err := ParseInn(text)
	if err != nil {
		return err
	}
	*i = parsed
	return nil
}
