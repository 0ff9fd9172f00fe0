package calendar

// Range is a range of days, both included. A zero end has no bound.
type Range struct {
	From Date
	To   Date
}
