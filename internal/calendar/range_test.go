package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/calendar"
)

func TestARangeHasItsDaysAndNoInstantMore(t *testing.T) {
	march := func(day, hour int) time.Time { return time.Date(2026, time.March, day, hour, 0, 0, 0, time.UTC) }
	both := calendar.Range{From: calendar.NewDate(2026, time.March, 2), To: calendar.NewDate(2026, time.March, 3)}
	from, until := both.Times(calendar.Moscow())
	require.Equal(t, march(1, 21), from, "midnight in Moscow, told in UTC")
	require.Equal(t, march(3, 21), until)
	from, until = both.Times(nil)
	require.Equal(t, march(2, 0), from)
	require.Equal(t, march(4, 0), until)

	rapid.Check(t, func(t *rapid.T) {
		day := calendar.NewDate(2026, time.March, 10)
		near := func(name string) calendar.Date { return day.AddDays(rapid.IntRange(-3, 3).Draw(t, name)) }
		r := calendar.Range{From: near("from"), To: near("to")}
		at := day.Time(calendar.Moscow()).Add(time.Duration(rapid.Int64Range(-4*24*3600, 4*24*3600).Draw(t, "seconds")) * time.Second)
		from, until := r.Times(calendar.Moscow())
		on := calendar.DateOf(at, calendar.Moscow())
		require.Equal(t, !on.Before(r.From) && !on.After(r.To), !at.Before(from) && at.Before(until))
	})
}

func TestAnOpenEndIsNoBound(t *testing.T) {
	from, until := calendar.Range{}.Times(calendar.Moscow())
	require.True(t, from.IsZero())
	require.True(t, until.IsZero())
	_, until = calendar.Range{To: calendar.NewDate(calendar.MaxYear, time.December, 31)}.Times(calendar.Moscow())
	require.True(t, until.IsZero(), "nothing is later than the last day there is")
}
