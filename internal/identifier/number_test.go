package identifier_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/identifier"
)

func TestParseSnils(t *testing.T) {
	for s, want := range map[string]identifier.Snils{
		"112-233-445 95": "11223344595",
		"11223344595":    "11223344595",
		"000-000-600 15": "00000060015", // a test person of ESIA, below the checked range
		"001-001-998 77": "00100199877", // the last account without a check number
		"000-000-001 00": "00000000100",
		"087-654-303 00": "08765430300", // the sum is 202 = 2·101
		"087-654-302 00": "08765430200", // the sum is 201, which leaves 100
	} {
		snils, err := identifier.ParseSnils(s)
		require.NoError(t, err, s)
		require.Equal(t, want, snils)
	}
}

func TestParseSnilsRefuses(t *testing.T) {
	for s, reason := range map[string]error{
		"112-233-445 96":  identifier.ErrCheckDigits,
		"11223344500":     identifier.ErrCheckDigits,
		"001-001-999 77":  identifier.ErrCheckDigits, // the first account with one
		"000-000-000 00":  identifier.ErrNeverIssued,
		"00000000055":     identifier.ErrNeverIssued,
		"112-233-445-95":  identifier.ErrForm,
		"112 233 445 95":  identifier.ErrForm,
		"112-233-44595":   identifier.ErrForm,
		"112-233-4459 5":  identifier.ErrForm,
		"1122334459":      identifier.ErrForm,
		"112233445955":    identifier.ErrForm,
		"112–233–445 95":  identifier.ErrForm, // dashes, not hyphens
		"+1223344595":     identifier.ErrForm,
		"112-233-445  95": identifier.ErrForm,
	} {
		_, err := identifier.ParseSnils(s)
		require.ErrorIs(t, err, identifier.ErrSnils, s)
		require.ErrorIs(t, err, reason, s)
	}
}

func TestParseInn(t *testing.T) {
	for _, s := range []string{"7707083893", "376864406601", "500100732259", "7736207543"} {
		inn, err := identifier.ParseInn(s)
		require.NoError(t, err, s)
		require.Equal(t, s, inn.String())
		require.Equal(t, len(s) == 12, inn.IsPerson())
	}
	for s, reason := range map[string]error{
		"7707083894":    identifier.ErrCheckDigits,
		"376864406602":  identifier.ErrCheckDigits,
		"376864406611":  identifier.ErrCheckDigits, // the first of the two
		"0000000000":    identifier.ErrNeverIssued,
		"000000000000":  identifier.ErrNeverIssued,
		"77070838930":   identifier.ErrForm,
		"770708389":     identifier.ErrForm,
		"3768644066010": identifier.ErrForm,
		"77070-83893":   identifier.ErrForm,
		"-770708389":    identifier.ErrForm,
	} {
		_, err := identifier.ParseInn(s)
		require.ErrorIs(t, err, identifier.ErrInn, s)
		require.ErrorIs(t, err, reason, s)
	}
}

func TestParseOgrn(t *testing.T) {
	for _, s := range []string{"1027700132195", "1027700229193", "304500116000157", "309774600000018"} {
		ogrn, err := identifier.ParseOgrn(s)
		require.NoError(t, err, s)
		require.Equal(t, s, ogrn.String())
		require.Equal(t, len(s) == 15, ogrn.IsEntrepreneur())
	}
	for s, reason := range map[string]error{
		"1027700132196":   identifier.ErrCheckDigits,
		"304500116000158": identifier.ErrCheckDigits,
		"309774600000019": identifier.ErrCheckDigits, // taken modulo 11
		"0000000000000":   identifier.ErrNeverIssued,
		"000000000000000": identifier.ErrNeverIssued,
		"10277001321950":  identifier.ErrForm,
		"102770013219":    identifier.ErrForm,
		"102770013219X":   identifier.ErrForm,
	} {
		_, err := identifier.ParseOgrn(s)
		require.ErrorIs(t, err, identifier.ErrOgrn, s)
		require.ErrorIs(t, err, reason, s)
	}
}

func TestParsePassport(t *testing.T) {
	want := identifier.Passport{Series: "4509", Number: "123456"}
	for _, s := range []string{"4509 123456", "45 09 123456", "4509123456"} {
		passport, err := identifier.ParsePassport(s)
		require.NoError(t, err, s)
		require.Equal(t, want, passport)
	}
	for _, series := range []string{"4509", "45 09"} {
		passport, err := identifier.NewPassport(series, "123456")
		require.NoError(t, err)
		require.Equal(t, want, passport)
	}
	for _, s := range []string{"45 09123456", "4509-123456", "450 9123456", "4509 12345", "4509 1234567", "IV-АБ 123456"} {
		_, err := identifier.ParsePassport(s)
		require.ErrorIs(t, err, identifier.ErrPassport, s)
	}
	for _, apart := range [][2]string{{"", ""}, {"45", "09 123456"}, {"4509", ""}, {"", "4509 123456"}, {"4509 1", "23456"}, {"450９", "123456"}} {
		_, err := identifier.NewPassport(apart[0], apart[1])
		require.ErrorIs(t, err, identifier.ErrPassport, apart)
	}
	require.True(t, identifier.Passport{}.IsZero())
	require.Empty(t, identifier.Passport{}.String())
	require.Empty(t, identifier.Passport{}.Masked())
}

func TestParseSickLeaveNumber(t *testing.T) {
	_, err := identifier.ParseSickLeaveNumber("000000000000")
	require.ErrorIs(t, err, identifier.ErrNeverIssued)
	for _, s := range []string{"91012345678", "9101234567890", "910 123 456 789", "91012345678a"} {
		_, err := identifier.ParseSickLeaveNumber(s)
		require.ErrorIs(t, err, identifier.ErrSickLeaveNumber, s)
		require.ErrorIs(t, err, identifier.ErrForm, s)
	}
}

func TestOneCheckNumberFitsAnAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account := rapid.IntRange(1_001_999, 999_999_999).Draw(t, "account")
		var accepted []identifier.Snils
		for check := range 100 {
			if snils, err := identifier.ParseSnils(fmt.Sprintf("%09d%02d", account, check)); err == nil {
				accepted = append(accepted, snils)
			}
		}
		require.Equal(t, []identifier.Snils{identifier.SnilsOf(account)}, accepted)

		again, err := identifier.ParseSnils(identifier.SnilsOf(account).String())
		require.NoError(t, err)
		require.Equal(t, identifier.SnilsOf(account), again)
	})
}

func TestEarlyAccountsAreNotChecked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := fmt.Sprintf("%09d%02d", rapid.IntRange(1, 1_001_998).Draw(t, "account"), rapid.IntRange(0, 99).Draw(t, "check"))
		snils, err := identifier.ParseSnils(s)
		require.NoError(t, err)
		require.Equal(t, s, string(snils))
	})
}

func TestOneCheckDigitFitsAnInn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		organisation := rapid.Int64Range(1, 999_999_999).Draw(t, "organisation")
		requireOnly(t, fmt.Sprintf("%09d", organisation), 1, identifier.InnOfOrganisation(organisation), identifier.ParseInn)

		person := rapid.Int64Range(1, 9_999_999_999).Draw(t, "person")
		requireOnly(t, fmt.Sprintf("%010d", person), 2, identifier.InnOfPerson(person), identifier.ParseInn)
	})
}

func TestOneCheckDigitFitsAnOgrn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		organisation := rapid.Int64Range(1e11, 1e12-1).Draw(t, "organisation")
		requireOnly(t, fmt.Sprint(organisation), 1, identifier.OgrnOf(organisation), identifier.ParseOgrn)

		entrepreneur := rapid.Int64Range(1e13, 1e14-1).Draw(t, "entrepreneur")
		requireOnly(t, fmt.Sprint(entrepreneur), 1, identifier.OgrnOf(entrepreneur), identifier.ParseOgrn)
	})
}

// requireOnly tries every ending of the prefix and expects one to be accepted.
func requireOnly[T comparable](t *rapid.T, prefix string, digits int, want T, parse func(string) (T, error)) {
	var accepted []T
	endings := []string{""}
	for range digits {
		var longer []string
		for _, ending := range endings {
			for _, digit := range "0123456789" {
				longer = append(longer, ending+string(digit))
			}
		}
		endings = longer
	}
	for _, ending := range endings {
		if value, err := parse(prefix + ending); err == nil {
			accepted = append(accepted, value)
		}
	}
	require.Equal(t, []T{want}, accepted)
}

func TestGeneratorsRefuseOtherLengths(t *testing.T) {
	for _, account := range []int{0, -1, 1_000_000_000} {
		require.Empty(t, identifier.SnilsOf(account))
		require.Empty(t, identifier.InnOfOrganisation(int64(account)))
	}
	for _, prefix := range []int64{0, -1, 10_000_000_000} {
		require.Empty(t, identifier.InnOfPerson(prefix))
	}
	for _, prefix := range []int64{0, 1e11 - 1, 1e12, 1e13 - 1, 1e14, -102_770_013_219} {
		require.Empty(t, identifier.OgrnOf(prefix))
	}
	require.Equal(t, identifier.Snils("11223344595"), identifier.SnilsOf(112_233_445))
	require.Equal(t, identifier.Inn("7707083893"), identifier.InnOfOrganisation(770_708_389))
	require.Equal(t, identifier.Inn("376864406601"), identifier.InnOfPerson(3_768_644_066))
	require.Equal(t, identifier.Ogrn("1027700132195"), identifier.OgrnOf(102_770_013_219))
	require.Equal(t, identifier.Ogrn("304500116000157"), identifier.OgrnOf(30_450_011_600_015))
}

func FuzzParseSnils(f *testing.F) {
	for _, s := range []string{"112-233-445 95", "11223344595", "000-000-600 15", "00000000000", "١١٢-233-445 95"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A([0-9]{11}|[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2})\z`)
	f.Fuzz(func(t *testing.T, s string) {
		snils, err := identifier.ParseSnils(s)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrSnils)
			require.Empty(t, snils)
			return
		}
		require.True(t, form.MatchString(s))
		require.Equal(t, strings.NewReplacer("-", "", " ", "").Replace(s), string(snils))
	})
}

func FuzzParseInn(f *testing.F) {
	for _, s := range []string{"7707083893", "376864406601", "0000000000", "770708389３"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A([0-9]{10}|[0-9]{12})\z`)
	f.Fuzz(func(t *testing.T, s string) {
		inn, err := identifier.ParseInn(s)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrInn)
			require.Empty(t, inn)
			return
		}
		require.True(t, form.MatchString(s))
		require.Equal(t, s, string(inn))
	})
}

func FuzzParseOgrn(f *testing.F) {
	for _, s := range []string{"1027700132195", "304500116000157", "0000000000000", "102770013219５"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A[1-9]([0-9]{12}|[0-9]{14})\z`)
	f.Fuzz(func(t *testing.T, s string) {
		ogrn, err := identifier.ParseOgrn(s)
		want := form.MatchString(s)
		if want {
			// The rule once more, in whole-number arithmetic.
			prefix, ok := new(big.Int).SetString(s[:len(s)-1], 10)
			require.True(t, ok)
			remainder := new(big.Int).Mod(prefix, big.NewInt(int64(len(s)-2))).Int64() % 10
			want = s[len(s)-1] == byte('0'+remainder)
		}
		require.Equal(t, want, err == nil)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrOgrn)
			return
		}
		require.Equal(t, s, string(ogrn))
	})
}

func FuzzParsePassport(f *testing.F) {
	for _, s := range []string{"4509 123456", "45 09 123456", "4509123456", "45０9 123456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		passport, err := identifier.ParsePassport(s)
		if err != nil {
			require.ErrorIs(t, err, identifier.ErrPassport)
			return
		}
		require.Equal(t, strings.ReplaceAll(s, " ", ""), passport.Series+passport.Number)
		require.Len(t, passport.Series, 4)
		require.Len(t, passport.Number, 6)
	})
}
