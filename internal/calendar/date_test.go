package calendar_test

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests must not depend on the machine

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/calendar"
)

var (
	first = calendar.NewDate(calendar.MinYear, time.January, 1)
	last  = calendar.NewDate(calendar.MaxYear, time.December, 31)
)

// anyDate draws over the whole range, its ends included.
func anyDate() *rapid.Generator[calendar.Date] {
	return rapid.Custom(func(t *rapid.T) calendar.Date {
		return first.AddDays(rapid.IntRange(0, first.DaysUntil(last)).Draw(t, "days"))
	})
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"2026-11-21", "1800-01-01", "9999-12-31", "2024-02-29", "2000-02-29", "2026-04-30"} {
		d, err := calendar.ParseDate(s)
		require.NoError(t, err, s)
		require.Equal(t, s, d.String())
		require.False(t, d.IsZero())
	}
	d, err := calendar.ParseDate("2026-11-21")
	require.NoError(t, err)
	require.Equal(t, 2026, d.Year())
	require.Equal(t, time.November, d.Month())
	require.Equal(t, 21, d.Day())
}

func TestParseDateRefuses(t *testing.T) {
	for name, s := range map[string]string{
		"empty":                    "",
		"not leap":                 "2026-02-29",
		"century is not leap":      "1900-02-29",
		"thirty-first":             "2026-04-31",
		"thirty-second":            "2026-01-32",
		"month zero":               "2026-00-10",
		"month thirteen":           "2026-13-10",
		"day zero":                 "2026-10-00",
		"too early":                "1799-12-31",
		"year zero":                "0000-01-01",
		"five digits":              "10000-01-01",
		"short":                    "2026-1-2",
		"dotted":                   "21.11.2026",
		"slashes":                  "2026/11/21",
		"spaces before":            " 2026-11-21",
		"spaces after":             "2026-11-21 ",
		"space for a digit":        "2026-11- 1",
		"sign":                     "+026-11-21",
		"time part":                "2026-11-21T00:00:00Z",
		"arabic-indic digits":      "٢٠٢٦-١١-٢١",
		"full-width digit":         "202６-11-21",
		"ten bytes, not ten signs": "２０-1-1",
		"NUL":                      "2026-11-2\x00",
		"minus is another sign":    "2026−1−1",
	} {
		t.Run(name, func(t *testing.T) {
			d, err := calendar.ParseDate(s)
			require.ErrorIs(t, err, calendar.ErrDate)
			require.True(t, d.IsZero())
			if s != "" {
				require.NotContains(t, err.Error(), s)
			}
		})
	}
}

func TestNewDateCarriesOver(t *testing.T) {
	require.Equal(t, "2026-05-01", calendar.NewDate(2026, time.April, 31).String())
	require.Equal(t, "2026-01-31", calendar.NewDate(2026, time.February, 0).String())
	require.Equal(t, "2027-01-01", calendar.NewDate(2026, 13, 1).String())
	require.Equal(t, "2025-12-31", calendar.NewDate(2026, time.January, 0).String())
}

func TestOutsideOfTheLimitsIsNoDate(t *testing.T) {
	for _, d := range []calendar.Date{
		calendar.NewDate(1799, time.December, 31),
		calendar.NewDate(10000, time.January, 1),
		calendar.NewDate(math.MaxInt, time.January, 1),
		calendar.NewDate(2026, math.MinInt, 1),
		calendar.NewDate(2026, time.January, math.MaxInt),
		first.AddDays(-1),
		last.AddDays(1),
		first.AddDays(math.MaxInt),
		last.AddDays(math.MinInt),
		calendar.Date{}.AddDays(1),
		calendar.DateOf(time.Time{}, time.UTC),
	} {
		require.Equal(t, calendar.Date{}, d)
	}
	require.Equal(t, "9999-12-31", last.AddDays(0).String())
}

func TestZeroDate(t *testing.T) {
	var none calendar.Date
	require.True(t, none.IsZero())
	require.Empty(t, none.String())
	require.True(t, none.Time(time.UTC).IsZero())
	require.True(t, none.Before(first))
	require.Zero(t, none.DaysUntil(first))
	require.Zero(t, first.DaysUntil(none))
}

func TestDateOfDependsOnTheZone(t *testing.T) {
	// 22:30 in London is already the next day in Moscow.
	instant := time.Date(2026, time.December, 31, 22, 30, 0, 0, time.UTC)
	require.Equal(t, "2026-12-31", calendar.DateOf(instant, time.UTC).String())
	require.Equal(t, "2027-01-01", calendar.DateOf(instant, calendar.Moscow()).String())
	require.Equal(t, "2026-12-31", calendar.DateOf(instant.In(calendar.Moscow()), nil).String())
}

func TestMoscow(t *testing.T) {
	name, offset := time.Date(2026, time.July, 1, 0, 0, 0, 0, calendar.Moscow()).Zone()
	require.Equal(t, "MSK", name)
	require.Equal(t, 3*60*60, offset)
	require.Same(t, calendar.Moscow(), calendar.Moscow())
}

func TestTimeIsTheFirstInstant(t *testing.T) {
	// Clocks in São Paulo went from 00:00 to 01:00 on this day.
	zone, err := time.LoadLocation("America/Sao_Paulo")
	require.NoError(t, err)
	day := calendar.NewDate(2018, time.November, 4)

	start := day.Time(zone)
	require.Equal(t, "2018-11-04T01:00:00-02:00", start.Format(time.RFC3339))
	require.Equal(t, day.AddDays(-1), calendar.DateOf(start.Add(-time.Nanosecond), zone))

	require.Equal(t, "2026-11-21T00:00:00+03:00",
		calendar.NewDate(2026, time.November, 21).Time(calendar.Moscow()).Format(time.RFC3339))
	require.Equal(t, "2026-11-21T00:00:00Z",
		calendar.NewDate(2026, time.November, 21).Time(nil).Format(time.RFC3339))
}

func TestDaysUntil(t *testing.T) {
	day := func(s string) calendar.Date {
		d, err := calendar.ParseDate(s)
		require.NoError(t, err)
		return d
	}
	require.Equal(t, 0, day("2026-11-21").DaysUntil(day("2026-11-21")))
	require.Equal(t, 1, day("2024-02-28").DaysUntil(day("2024-02-29")))
	require.Equal(t, 2, day("2024-02-28").DaysUntil(day("2024-03-01")))
	require.Equal(t, 1, day("2023-02-28").DaysUntil(day("2023-03-01")))
	require.Equal(t, -365, day("2027-01-01").DaysUntil(day("2026-01-01")))
	require.Equal(t, 1, day("1969-12-31").DaysUntil(day("1970-01-01")))
	require.Equal(t, 36524, day("1800-01-01").DaysUntil(day("1900-01-01")))
}

func TestDatesBehaveAsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDate().Draw(t, "a"), anyDate().Draw(t, "b")
		days := a.DaysUntil(b)

		require.Equal(t, b, a.AddDays(days))
		require.Equal(t, -days, b.DaysUntil(a))
		require.Equal(t, days > 0, a.Before(b))
		require.Equal(t, days < 0, a.After(b))
		require.Equal(t, a.String() < b.String(), a.Before(b), "text sorts as dates do")
		switch {
		case days > 0:
			require.Equal(t, -1, a.Compare(b))
		case days < 0:
			require.Equal(t, 1, a.Compare(b))
		default:
			require.Equal(t, 0, a.Compare(b))
			require.Equal(t, a, b)
		}
	})
}

func TestTextFormRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate().Draw(t, "date")
		parsed, err := calendar.ParseDate(d.String())
		require.NoError(t, err)
		require.Equal(t, d, parsed)
		require.Equal(t, d, calendar.NewDate(d.Year(), d.Month(), d.Day()))
		require.Equal(t, d.Time(time.UTC).Format(time.DateOnly), d.String())
	})
}

func TestADayBeginsWithinItself(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"Europe/Moscow", "Asia/Kamchatka", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "UTC"} {
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		zones = append(zones, zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.NewDate(rapid.IntRange(1900, 2040).Draw(t, "year"), time.January, rapid.IntRange(1, 366).Draw(t, "day"))
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		require.Equal(t, d, calendar.DateOf(d.Time(zone), zone))
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-21", "2024-02-29", "1799-12-31", "2026-02-30", "", "２０２６-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := calendar.ParseDate(s)
		oracle, oracleErr := time.Parse(time.DateOnly, s)
		want := oracleErr == nil && oracle.Year() >= calendar.MinYear && oracle.Year() <= calendar.MaxYear
		require.Equal(t, want, err == nil)
		if err != nil {
			require.ErrorIs(t, err, calendar.ErrDate)
			require.True(t, d.IsZero())
			return
		}
		require.Equal(t, s, d.String())
	})
}
