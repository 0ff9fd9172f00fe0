package outbox

import "time"

// The times of the delivery.
const (
	// window is for how long a command is tried. The schedule ends with an attempt at its very end.
	window = 72 * time.Hour
	// overdue is how long after the window a command that could not be tried, because the fund was left alone, has failed.
	overdue = window + time.Minute

	// firstDelay doubles with every attempt up to lastDelay; a quarter at most is added by chance, so that what failed
	// together does not come back together. With that the longest pause is an hour.
	firstDelay = 5 * time.Second
	lastDelay  = 48 * time.Minute
	spread     = 0.25
	longest    = time.Hour
)

// delay is how long to wait after so many attempts, from 1. chance is a random number from 0 to below 1; least is what
// the fund has asked for.
func delay(attempts int, chance float64, least time.Duration) time.Duration {
	pause := lastDelay
	if shift := attempts - 1; shift < 10 { // further on it is the longest
		pause = min(firstDelay<<max(0, shift), lastDelay)
	}
	pause += time.Duration(float64(pause) * spread * chance)
	return min(max(pause, least), longest)
}

// next is when a command is tried again that is pending since and was not taken now; false when it is not tried any
// more.
func next(since, now time.Time, pause time.Duration) (time.Time, bool) {
	end := since.Add(window)
	if !now.Before(end) {
		return time.Time{}, false
	}
	at := now.Add(pause)
	if at.After(end) {
		at = end
	}
	return at, true
}
