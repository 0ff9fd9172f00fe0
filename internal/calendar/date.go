package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"time"
)

// Years outside of these limits have no Date.
const (
	MinYear = 1800
	MaxYear = 9999
)

// ErrDate is what every refusal to read a date wraps. Its text says which form
// is expected and never repeats what was given.
var ErrDate = errors.New("calendar: a date must be a real day written as YYYY-MM-DD")

const secondsPerDay = 24 * 60 * 60

// moscow is immutable. One value is shared, so that times in this zone compare
// equal with ==.
var moscow = time.FixedZone("MSK", 3*60*60)

// Moscow is the zone in which the fund counts its days: UTC+3 without daylight
// saving, in force since 26 October 2014. It is fixed on purpose: the answer
// does not depend on a zone database being installed. Times before that day
// need a real zone.
func Moscow() *time.Location { return moscow }

// Date is a day of the calendar. Dates are comparable with == and usable as map
// keys. The zero value means "no date"; it is before every date.
type Date struct {
	year  int16
	month uint8
	day   uint8
}

// NewDate is the date of the given year, month and day. Like time.Date it
// carries excess over: 31 April is 1 May. A result outside MinYear–MaxYear is
// the zero Date. Use ParseDate for input, which carries nothing over.
func NewDate(year int, month time.Month, day int) Date {
	// time.Date adds months to years and days to seconds without overflow
	// checks; arguments so far away cannot end within the limits anyway.
	const far = 10_000_000
	if outside(year, far) || outside(int(month), far) || outside(day, far) {
		return Date{}
	}
	return civil(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

func outside(n, limit int) bool { return n < -limit || n > limit }

// ParseDate reads a date written as YYYY-MM-DD: ten ASCII characters, a day that
// exists, a year within MinYear–MaxYear. Anything else is ErrDate.
func ParseDate(s string) (Date, error) {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return Date{}, ErrDate
	}
	year, ok1 := number(s[0:4])
	month, ok2 := number(s[5:7])
	day, ok3 := number(s[8:10])
	if !ok1 || !ok2 || !ok3 {
		return Date{}, ErrDate
	}
	if year < MinYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, ErrDate
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)}, nil //nolint:gosec // four digits and two
}

// number reads ASCII digits only, at most four of them.
func number(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		c := s[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// DateOf is the day that the clocks of loc show at the instant t; a nil loc is
// UTC. Outside MinYear–MaxYear, as for the zero time, it is the zero Date.
func DateOf(t time.Time, loc *time.Location) Date {
	if loc == nil {
		loc = time.UTC
	}
	return civil(t.In(loc))
}

// civil takes the day that t shows in its own location.
func civil(t time.Time) Date {
	year, month, day := t.Date()
	if year < MinYear || year > MaxYear {
		return Date{}
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)} //nolint:gosec // within a calendar
}

// Year is 0 for the zero Date.
func (d Date) Year() int { return int(d.year) }

// Month is 0 for the zero Date.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day is the day of the month, 0 for the zero Date.
func (d Date) Day() int { return int(d.day) }

// IsZero tells whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is YYYY-MM-DD, or empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return string(d.append(make([]byte, 0, len(time.DateOnly))))
}

// append writes a date that is not zero.
func (d Date) append(b []byte) []byte {
	digit := func(n int) byte { return byte('0' + n%10) }
	y, m, day := int(d.year), int(d.month), int(d.day)
	return append(b,
		digit(y/1000), digit(y/100), digit(y/10), digit(y), '-',
		digit(m/10), digit(m), '-',
		digit(day/10), digit(day))
}

// Compare is -1, 0 or +1 as d is before, the same as or after other.
func (d Date) Compare(other Date) int { return cmp.Compare(d.rank(), other.rank()) }

// Before tells whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.rank() < other.rank() }

// After tells whether d is a later day than other.
func (d Date) After(other Date) bool { return d.rank() > other.rank() }

// rank orders dates; it counts nothing.
func (d Date) rank() int { return int(d.year)<<16 | int(d.month)<<8 | int(d.day) }

// AddDays is the date n days later, or earlier for a negative n. Past
// MinYear–MaxYear, and for the zero Date, it is the zero Date.
func (d Date) AddDays(n int) Date {
	if d.IsZero() || outside(n, math.MaxInt32) {
		return Date{}
	}
	return civil(time.Unix((d.number()+int64(n))*secondsPerDay, 0).UTC())
}

// DaysUntil counts the days from d to other: 0 for the same day, 1 for the next
// one, negative when other is earlier. It is 0 when either is the zero Date. A
// period that includes both its ends is one day longer.
func (d Date) DaysUntil(other Date) int {
	if d.IsZero() || other.IsZero() {
		return 0
	}
	return int(other.number() - d.number())
}

// number counts days since 1970-01-01.
func (d Date) number() int64 {
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
}

// Time is the first instant of the day in loc; a nil loc is UTC. That is not
// always 00:00, because some zones have skipped midnight. The zero Date gives
// the zero time.
func (d Date) Time(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	if loc == nil {
		loc = time.UTC
	}
	midnight := time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, loc)
	if civil(midnight) == d {
		return midnight
	}
	// The zone has no such midnight and time.Date chose the evening before: the
	// day begins with the transition.
	if _, transition := midnight.ZoneBounds(); !transition.IsZero() {
		return transition
	}
	return midnight
}

// GoString is the form of a Date in a debugger and in failing tests.
func (d Date) GoString() string {
	if d.IsZero() {
		return "calendar.Date{}"
	}
	return fmt.Sprintf("calendar.NewDate(%d, %d, %d)", d.year, d.month, d.day)
}
