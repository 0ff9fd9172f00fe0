package identifier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/identifier"
)

// kind is what all identifiers have in common, so that one test asks all.
type kind struct {
	name  string
	err   error
	parse func(string) (identifierValue, error)
	// example is written as a person would write it; formatted and masked are
	// what becomes of it.
	example, formatted, masked string
}

type identifierValue interface {
	fmt.Stringer
	slog.LogValuer
	Masked() string
}

func parser[T identifierValue](parse func(string) (T, error)) func(string) (identifierValue, error) {
	return func(s string) (identifierValue, error) { return parse(s) }
}

func kinds() []kind {
	return []kind{
		{"snils", identifier.ErrSnils, parser(identifier.ParseSnils), "11223344595", "112-233-445 95", "***-***-445 95"},
		{"inn of a person", identifier.ErrInn, parser(identifier.ParseInn), "376864406601", "376864406601", "********6601"},
		{"inn of an organisation", identifier.ErrInn, parser(identifier.ParseInn), "7707083893", "7707083893", "******3893"},
		{"ogrn", identifier.ErrOgrn, parser(identifier.ParseOgrn), "1027700132195", "1027700132195", "*********2195"},
		{"ogrnip", identifier.ErrOgrn, parser(identifier.ParseOgrn), "304500116000157", "304500116000157", "***********0157"},
		{"passport", identifier.ErrPassport, parser(identifier.ParsePassport), "45 09 123456", "4509 123456", "**** ***456"},
		{"sick leave", identifier.ErrSickLeaveNumber, parser(identifier.ParseSickLeaveNumber), "910123456789", "910123456789", "********6789"},
		{"phone", identifier.ErrPhone, parser(identifier.ParsePhone), "+7(977)8318309", "+79778318309", "+7 *** ***-83-09"},
		{"e-mail", identifier.ErrEmail, parser(identifier.ParseEmail), "Ivanova@Example.RU", "Ivanova@example.ru", "I***@example.ru"},
	}
}

func TestForms(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			value, err := k.parse(k.example)
			require.NoError(t, err)
			require.Equal(t, k.formatted, value.String())
			require.Equal(t, k.masked, value.Masked())

			again, err := k.parse(value.String())
			require.NoError(t, err)
			require.Equal(t, value, again, "the canonical form is stable")
		})
	}
}

func TestLogsShowNothing(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			value, err := k.parse(k.example)
			require.NoError(t, err)

			var out bytes.Buffer
			slog.New(slog.NewJSONHandler(&out, nil)).Info("tried", "value", value)
			slog.New(slog.NewTextHandler(&out, nil)).Info("tried", "value", value)
			require.NotContains(t, out.String(), value.String())
			require.NotContains(t, out.String(), value.Masked())
		})
	}
}

// Whatever is done to a valid identifier here must make it invalid.
func TestEveryKindRefuses(t *testing.T) {
	fullWidth := strings.NewReplacer("1", "１", "4", "４")
	arabic := strings.NewReplacer("1", "١", "4", "٤")
	damage := map[string]func(string) string{
		"nothing":               func(string) string { return "" },
		"space before":          func(s string) string { return " " + s },
		"space after":           func(s string) string { return s + " " },
		"line feed after":       func(s string) string { return s + "\n" },
		"NUL after":             func(s string) string { return s + "\x00" },
		"NUL inside":            func(s string) string { return s[:2] + "\x00" + s[3:] },
		"no-break space inside": func(s string) string { return s[:2] + "\u00a0" + s[2:] },
		"right-to-left mark":    func(s string) string { return s[:3] + "\u200f" + s[3:] },
		"soft hyphen":           func(s string) string { return s[:3] + "\u00ad" + s[3:] },
		"twice":                 func(s string) string { return s + s },
		"very long":             func(s string) string { return s + strings.Repeat("0", 1<<16) },
		"broken UTF-8":          func(s string) string { return s[:1] + "\xff" + s[2:] },
		"letter O for a digit":  func(s string) string { return s[:len(s)-1] + "О" },
		"full-width digits":     fullWidth.Replace,
		"arabic-indic digits":   arabic.Replace,
		"cyrillic e and a":      strings.NewReplacer("e", "е", "a", "а").Replace,
	}
	for _, k := range kinds() {
		for name, how := range damage {
			damaged := how(k.example)
			if damaged == k.example {
				continue // that alphabet does not occur in this identifier
			}
			t.Run(k.name+"/"+name, func(t *testing.T) {
				value, err := k.parse(damaged)
				require.ErrorIs(t, err, k.err)
				require.Empty(t, value)
			})
		}
	}
}

func TestErrorsDoNotEcho(t *testing.T) {
	for _, k := range kinds() {
		for _, input := range []string{"77012345678", "secret 4509", k.example + "?"} {
			_, err := k.parse(input)
			require.ErrorIs(t, err, k.err)
			require.NotContains(t, err.Error(), input)
			require.NotContains(t, err.Error(), "4509")
			require.NotContains(t, err.Error(), "7701")
		}
	}
}

// A value that came past the parsers must neither panic nor show itself.
func TestMaskedHidesMalformedValues(t *testing.T) {
	for _, s := range []string{"", "1", "12", "123", "1234567", strings.Repeat("9", 40)} {
		for _, value := range []identifierValue{
			identifier.Snils(s), identifier.Inn(s), identifier.Ogrn(s), identifier.SickLeaveNumber(s),
			identifier.Phone(s), identifier.Email(s),
			identifier.Passport{Series: s, Number: s},
		} {
			_ = value.String()
			if s != "" {
				require.NotContains(t, value.Masked(), s)
				require.Contains(t, value.Masked(), "*")
			}
		}
	}
}

func TestScalars(t *testing.T) {
	var out bytes.Buffer
	identifier.Snils("11223344595").MarshalGQL(&out)
	identifier.Inn("7707083893").MarshalGQL(&out)
	identifier.Snils("").MarshalGQL(&out)
	identifier.Inn("").MarshalGQL(&out)
	require.Equal(t, `"112-233-445 95""7707083893"nullnull`, out.String())

	var snils identifier.Snils
	require.NoError(t, snils.UnmarshalGQL("112-233-445 95"))
	require.Equal(t, identifier.Snils("11223344595"), snils)
	var inn identifier.Inn
	require.NoError(t, inn.UnmarshalGQL("376864406601"))
	require.Equal(t, identifier.Inn("376864406601"), inn)

	for _, v := range []any{nil, "", "secret-987", 7707083893, int64(11223344595), 7.7, json.Number("7707083893"), true, []byte("7707083893"), []any{"7707083893"}, snils, inn} {
		err := snils.UnmarshalGQL(v)
		require.ErrorIs(t, err, identifier.ErrSnils)
		require.NotContains(t, err.Error(), "987")
		err = inn.UnmarshalGQL(v)
		require.ErrorIs(t, err, identifier.ErrInn)
		require.NotContains(t, err.Error(), "987")
	}
	require.Equal(t, identifier.Snils("11223344595"), snils, "a refused value must leave the old one")
	require.Equal(t, identifier.Inn("376864406601"), inn, "a refused value must leave the old one")
}
