// Package calendar owns the civil date: a day of the calendar without a time
// of day or a time zone, as it stands on a certificate, in a passport or in a
// payment order.
//
// A date never shifts when it crosses a zone. Only two functions meet time
// zones, and both ask for the zone by name: DateOf (which day is it there?) and
// Date.Time (when does that day begin there?).
//
// Working days and holidays are not its business, neither is the current time:
// that comes from the injected clock.
//
// The calendar is the proleptic Gregorian one (ISO 8601). Years are limited to
// 1800–9999: the earliest keeps every birth date of a living or deceased
// insured person, the latest keeps the text form at exactly ten characters, so
// that dates sort as text in a database.
package calendar
