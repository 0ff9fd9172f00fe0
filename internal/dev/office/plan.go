package office

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/calendar"
)

// plan is a course of things: what employees do with something, or what happens by itself.
type plan struct {
	title string // in Russian
	steps []step
	story bool   // it happens by itself, for the first time when the books are opened
	every moment // when a story happens again; 0 if it does not
}

// step is what is done, so long after the step before, and what is reported of it.
type step struct {
	after moment
	tell  func(d *desk, j *job) []report
}

// report is what the office has to say of a subject; the data is that of docs/events.
type report struct {
	kind    string
	subject string
	data    any
}

// desk is where work is done: the books, open at a moment, under their lock.
type desk struct {
	*books

	now   time.Time
	plans map[string]plan
}

func (d *desk) today() calendar.Date { return calendar.DateOf(d.now, calendar.Moscow()) }

// begin puts a plan on the desk.
func (d *desk) begin(name, subject string) *job {
	j := &job{Plan: name, Subject: subject, Due: d.demo(d.now) + d.plans[name].steps[0].after}
	d.Jobs = append(d.Jobs, j)
	return j
}

// drop takes plans about a subject off the desk; all of them if none is named.
func (d *desk) drop(subject string, names ...string) {
	d.Jobs = slices.DeleteFunc(d.Jobs, func(j *job) bool {
		return j.Subject == subject && (len(names) == 0 || slices.Contains(names, j.Plan))
	})
}

// beginStories puts what happens by itself on the desk, unless it is there or has been.
func (d *desk) beginStories() (begun bool) {
	for _, name := range slices.Sorted(maps.Keys(d.plans)) {
		under := slices.ContainsFunc(d.Jobs, func(j *job) bool { return j.Plan == name })
		if !d.plans[name].story || under || d.Told[name] > 0 {
			continue
		}
		d.begin(name, "")
		begun = true
	}
	return begun
}

// due gives the job that is due first, nil if none is. What has no plan any more is due and comes to nothing.
func (d *desk) due(quiet bool) *job {
	var first *job
	for _, j := range d.Jobs {
		if j.Due > d.demo(d.now) || (quiet && d.plans[j.Plan].story) {
			continue
		}
		if first == nil || j.Due < first.Due {
			first = j
		}
	}
	return first
}

// carryOn does the next step of a job.
func (d *desk) carryOn(j *job) error {
	p := d.plans[j.Plan]
	if j.Step < len(p.steps) {
		for _, r := range p.steps[j.Step].tell(d, j) {
			if err := d.write(r); err != nil {
				return err
			}
		}
		j.Step++
	}
	if j.Step < len(p.steps) {
		j.Due = d.demo(d.now)
		if !j.Hurry {
			j.Due += p.steps[j.Step].after
		}
		return nil
	}
	d.Jobs = slices.DeleteFunc(d.Jobs, func(other *job) bool { return other == j })
	d.Told[j.Plan]++
	if p.every > 0 {
		d.begin(j.Plan, "").Due = d.demo(d.now) + p.every
	}
	return nil
}

// hurry has employees finish what they have begun, now. What happens by itself takes its time.
func (d *desk) hurry() {
	for _, j := range d.Jobs {
		if j.Subject != "" {
			j.Hurry, j.Due = true, min(j.Due, d.demo(d.now))
		}
	}
}

// write puts a report into the queue, with the next number of its subject.
func (d *desk) write(r report) error {
	data, err := json.Marshal(r.data)
	if err != nil {
		return fmt.Errorf("office: write %s: %w", r.kind, err)
	}
	d.Sequences[r.subject]++
	d.Queue = append(d.Queue, &letter{
		ID: uuid.NewString(), Type: r.kind, Subject: r.subject, Sequence: d.Sequences[r.subject],
		At: d.now, Data: data, Written: d.demo(d.now),
	})
	return nil
}

// fact gives what a story remembers under a name; it is made when it is first asked for.
func (j *job) fact(name string, first func() string) string {
	if j.Facts == nil {
		j.Facts = map[string]string{}
	}
	if _, known := j.Facts[name]; !known {
		j.Facts[name] = first()
	}
	return j.Facts[name]
}

// firstDay is the day on which a story began.
func (j *job) firstDay(d *desk) calendar.Date {
	day, err := calendar.ParseDate(j.fact("firstDay", func() string { return d.today().String() }))
	if err != nil { // somebody has edited the file
		return d.today()
	}
	return day
}

// addWorkdays is the n-th working day after a day. Public holidays are not known here.
func addWorkdays(day calendar.Date, n int) calendar.Date {
	for ; n > 0; n-- {
		day = day.AddDays(1)
		for isWeekend(day) {
			day = day.AddDays(1)
		}
	}
	return day
}

func isWeekend(day calendar.Date) bool {
	weekday := day.Time(time.UTC).Weekday()
	return weekday == time.Saturday || weekday == time.Sunday
}
