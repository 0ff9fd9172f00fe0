package office

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/fund"
)

// Times and bounds of the outgoing queue.
const (
	// firstPause doubles with every failure up to lastPause.
	firstPause = time.Second
	lastPause  = 30 * time.Second
	// maxRefusals is how often the cabinet may refuse a report for what it says before it is laid aside. What is only too
	// early is taken once its predecessor was.
	maxRefusals = 8
)

// holdFor is how long a report waits for another of its subject to overtake it.
func holdFor() moment { return hours(6) }

// pause is how long to wait after so many failures in a row.
func pause(failures int) time.Duration {
	if shift := failures - 1; shift < 5 {
		return min(firstPause<<max(0, shift), lastPause)
	}
	return lastPause
}

// following gives the letter that is to be sent next, nil if none may be sent now: the oldest of each subject, or when
// the order is to be confused, the one behind it.
func (d *desk) following(confuse bool) *letter {
	seen := map[string]bool{}
	for i, l := range d.Queue {
		if seen[l.Subject] {
			continue
		}
		seen[l.Subject] = true
		candidate := l
		if confuse && !l.Swapped {
			candidate = nextOf(d.Queue[i+1:], l.Subject)
			if candidate == nil && d.demo(d.now) < l.Written+holdFor() {
				continue
			}
			if candidate == nil {
				candidate = l
			}
		}
		if !candidate.After.After(d.now) {
			return candidate
		}
	}
	return nil
}

func nextOf(queue []*letter, subject string) *letter {
	for _, l := range queue {
		if l.Subject == subject {
			return l
		}
	}
	return nil
}

// settle writes down what the cabinet has answered to a letter. One that was taken back meanwhile is left alone.
func (d *desk) settle(id string, a answer) {
	at := slices.IndexFunc(d.Queue, func(l *letter) bool { return l.ID == id })
	if at < 0 {
		return
	}
	l := d.Queue[at]
	swapped := l.Swapped
	overtaken := slices.IndexFunc(d.Queue[:at], func(x *letter) bool { return x.Subject == l.Subject })
	if overtaken >= 0 {
		l.Swapped, d.Queue[overtaken].Swapped = true, true
	}
	switch {
	case a.refused != "":
		l.Refusals++
		l.After = d.now.Add(pause(l.Refusals))
		if l.Refusals >= maxRefusals {
			d.Queue = slices.Delete(d.Queue, at, at+1)
			d.Refused = append(d.Refused, refusal{Type: l.Type, Subject: l.Subject, Reason: a.refused, At: d.now})
			d.Refused = slices.Delete(d.Refused, 0, max(0, len(d.Refused)-keptRefusals))
		}
	case a.outcome == fund.Stale && !swapped && !l.Raised:
		d.raise(l.Subject)
	default:
		d.Queue = slices.Delete(d.Queue, at, at+1)
		d.Delivered++
	}
}

// raise gives what waits about a subject numbers from the present time on, for the cabinet knows higher ones than these.
// They are new reports to the cabinet.
func (d *desk) raise(subject string) {
	number := max(d.Sequences[subject], d.now.Unix())
	for _, l := range d.Queue {
		if l.Subject == subject {
			number++
			l.ID, l.Sequence, l.Raised = uuid.NewString(), number, true
		}
	}
	d.Sequences[subject] = number
}

// retryNow has everything that waits after a failure sent at once.
func (d *desk) retryNow() {
	for _, l := range d.Queue {
		l.After = time.Time{}
	}
}
