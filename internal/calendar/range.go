package calendar

import "time"

// Range is a range of days, both included. A zero end has no bound.
type Range struct {
	From Date
	To   Date
}

// Times are the bounds of the range in time, in UTC: it goes from the first instant of its first day in loc up to the
// first instant behind its last day, which is no part of it. A zero time is no bound.
func (r Range) Times(loc *time.Location) (from, until time.Time) {
	return r.From.Time(loc).UTC(), r.To.AddDays(1).Time(loc).UTC()
}
