package identifier

import (
	"io"
	"log/slog"
)

// Snils (СНИЛС) is the number of a person's individual insurance account: eleven
// digits, the last two of which are a check number. Empty means unknown.
type Snils string

// Numbers up to this one were issued before the check number was introduced.
// The test persons of ESIA lie in that range.
const lastUncheckedSnils = "001001998"

// ParseSnils reads "112-233-445 95" or "11223344595". The check number is
// verified for accounts above 001-001-998; account zero is refused.
func ParseSnils(s string) (Snils, error) {
	digits, ok := unpunctuate(s, "000-000-000 00")
	if !ok {
		digits, ok = s, onlyDigits(s, 11)
	}
	if !ok {
		return "", refuse(ErrSnils, ErrForm)
	}
	account := digits[:9]
	if onlyZeros(account) {
		return "", refuse(ErrSnils, ErrNeverIssued)
	}
	if account > lastUncheckedSnils && digits != account+snilsCheck(account) {
		return "", refuse(ErrSnils, ErrCheckDigits)
	}
	return Snils(digits), nil
}

// SnilsOf is the number of the account with the given nine digits: for tests and
// demonstration. It is empty outside 1–999999999.
func SnilsOf(account int) Snils {
	nine := padded(int64(account), 9)
	if nine == "" || onlyZeros(nine) {
		return ""
	}
	return Snils(nine + snilsCheck(nine))
}

func snilsCheck(account string) string {
	check := weighted(account, 9, 8, 7, 6, 5, 4, 3, 2, 1) % 101
	if check == 100 {
		check = 0
	}
	return padded(int64(check), 2)
}

// String is the form that people know: "112-233-445 95".
func (s Snils) String() string {
	if len(s) != 11 {
		return string(s)
	}
	return string(s[0:3] + "-" + s[3:6] + "-" + s[6:9] + " " + s[9:11])
}

// Masked shows the last five digits: "***-***-445 95".
func (s Snils) Masked() string {
	if len(s) != 11 {
		return tail(string(s), 0)
	}
	return "***-***-" + string(s[6:9]+" "+s[9:11])
}

// LogValue keeps the number out of logs.
func (s Snils) LogValue() slog.Value { return hidden("snils") }

// MarshalGQL writes the scalar Snils, punctuated; null when empty.
func (s Snils) MarshalGQL(w io.Writer) { writeScalar(w, s.String()) }

// UnmarshalGQL reads the scalar Snils: a string that ParseSnils accepts.
func (s *Snils) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok {
		return refuse(ErrSnils, ErrForm)
	}
	parsed, err := ParseSnils(text)
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
