package money_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/money"
)

func TestDecimal(t *testing.T) {
	for want, k := range map[string]money.Kopecks{
		"0.00":                  0,
		"0.01":                  1,
		"-0.01":                 -1,
		"0.99":                  99,
		"1.00":                  100,
		"-1.05":                 -105,
		"1234.56":               123456,
		"92233720368547758.07":  math.MaxInt64,
		"-92233720368547758.08": math.MinInt64,
	} {
		require.Equal(t, want, k.Decimal())
	}
}

func TestParseDecimal(t *testing.T) {
	for s, want := range map[string]money.Kopecks{
		"0":                 0,
		"0.00":              0,
		"-0.00":             0,
		"5":                 500,
		"-5":                -500,
		"12":                1200,
		"123":               12300,
		"1234.56":           123456,
		"-0.05":             -5,
		"007.10":            710,
		"9999999999999.99":  999_999_999_999_999,
		"-9999999999999.99": -999_999_999_999_999,
		"9999999999999":     999_999_999_999_900,
	} {
		k, err := money.ParseDecimal(s)
		require.NoError(t, err, s)
		require.Equal(t, want, k, s)
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty":               "",
		"minus alone":         "-",
		"point alone":         ".",
		"no roubles":          ".50",
		"minus, no roubles":   "-.50",
		"no kopecks":          "1.",
		"one digit":           "1.5",
		"three digits":        "1.500",
		"comma":               "1,50",
		"two points":          "1.2.34",
		"plus":                "+1.00",
		"two minuses":         "--1",
		"exponent":            "1e3",
		"hexadecimal":         "0x10",
		"underscore":          "1_000",
		"grouping":            "1 000.00",
		"space before":        " 1.00",
		"space after":         "1.00 ",
		"sign inside":         "1.-5",
		"fourteen digits":     "10000000000000",
		"fourteen and point":  "10000000000000.00",
		"infinity":            "Infinity",
		"not a number":        "NaN",
		"arabic-indic digits": "١٢",
		"full-width digit":    "1.0０",
		"another minus":       "−1.00",
		"NUL":                 "1.0\x00",
	} {
		t.Run(name, func(t *testing.T) {
			k, err := money.ParseDecimal(s)
			require.ErrorIs(t, err, money.ErrAmount)
			require.Zero(t, k)
		})
	}
}

func TestRoubles(t *testing.T) {
	require.Equal(t, money.Kopecks(12_300), money.Roubles(123))
	require.Equal(t, money.Kopecks(-100), money.Roubles(-1))
	require.Equal(t, money.Kopecks(math.MaxInt64), money.Roubles(math.MaxInt64))
	require.Equal(t, money.Kopecks(math.MinInt64), money.Roubles(math.MinInt64))
	require.Equal(t, "92233720368547758.00", money.Roubles(92_233_720_368_547_758).Decimal())
	require.Equal(t, money.Kopecks(math.MaxInt64), money.Roubles(92_233_720_368_547_759))
}

func TestAddTellsOverflow(t *testing.T) {
	whole := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := whole.Draw(t, "a"), whole.Draw(t, "b")
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))

		sum, err := money.Kopecks(a).Add(money.Kopecks(b))
		if !exact.IsInt64() {
			require.ErrorIs(t, err, money.ErrOverflow)
			require.Zero(t, sum)
			return
		}
		require.NoError(t, err)
		require.Equal(t, exact.Int64(), int64(sum))
	})
}

func TestDecimalRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := money.Kopecks(rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "kopecks"))
		back, err := money.ParseDecimal(k.Decimal())
		require.NoError(t, err)
		require.Equal(t, k, back)

		back, err = money.InRoubles(k).Amount().Kopecks()
		require.NoError(t, err)
		require.Equal(t, k, back)
	})
}

func TestMoney(t *testing.T) {
	m := money.InRoubles(123456)
	require.Equal(t, money.Money{Kopecks: 123456, Currency: "RUB"}, m)
	require.Equal(t, money.Decimal("1234.56"), m.Amount())
	require.Equal(t, "1234.56 RUB", m.String())
}

func TestDecimalScalar(t *testing.T) {
	var out bytes.Buffer
	money.InRoubles(-5).Amount().MarshalGQL(&out)
	require.Equal(t, `"-0.05"`, out.String())

	var d money.Decimal
	require.NoError(t, d.UnmarshalGQL("0012"))
	require.Equal(t, money.Decimal("12.00"), d)

	for _, v := range []any{nil, "", "secret-987", 12, int64(12), 12.5, json.Number("12.50"), true, []byte("12.50"), d} {
		err := d.UnmarshalGQL(v)
		require.ErrorIs(t, err, money.ErrAmount)
		require.NotContains(t, err.Error(), "987")
		require.Equal(t, money.Decimal("12.00"), d, "a refused value must leave the old one")
	}
}

func TestDecimalScalarIsAlwaysJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		var out bytes.Buffer
		money.Decimal(s).MarshalGQL(&out)
		var back string
		require.NoError(t, json.Unmarshal(out.Bytes(), &back))
		require.Equal(t, s, back)
	})
}

func TestCurrencyScalar(t *testing.T) {
	var out bytes.Buffer
	money.RUB.MarshalGQL(&out)
	require.Equal(t, `"RUB"`, out.String())

	var c money.Currency
	require.NoError(t, c.UnmarshalGQL("RUB"))
	require.Equal(t, money.RUB, c)
	for _, v := range []any{nil, "", "rub", "USD", "RUB ", 643, money.RUB} {
		require.ErrorIs(t, c.UnmarshalGQL(v), money.ErrCurrency)
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0", "-1.05", "9999999999999.99", "10000000000000", "1.5", "-", "٣"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A-?[0-9]{1,13}(\.[0-9]{2})?\z`)
	f.Fuzz(func(t *testing.T, s string) {
		k, err := money.ParseDecimal(s)
		require.Equal(t, form.MatchString(s), err == nil)
		if err != nil {
			require.ErrorIs(t, err, money.ErrAmount)
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		require.True(t, ok)
		exact.Mul(exact, big.NewRat(100, 1))
		require.Zero(t, exact.Cmp(new(big.Rat).SetInt64(int64(k))))
	})
}
