package seed

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/calendar"
	"kabinet/internal/dev/persona"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// author makes up the records of one person. What it draws by chance it draws from the person's name, so that it is
// the same each time.
type author struct {
	persona persona.Persona
	ordinal int // among the demo people; part of all numbers, so that no two people's are alike
	owner   uuid.UUID
	today   calendar.Date
	sealer  *seal.Sealer
	press   *press
	chance  *rand.Rand

	leaves    map[string]*leaf
	documents map[string]*paper
	written   map[about]ref.Ref // what deadlines can be about
	numbers   int
	records   records
	err       error
}

func newAuthor(p persona.Persona, ordinal int, owner uuid.UUID, now time.Time, sealer *seal.Sealer, files *press) *author {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.Name)) // a hash never fails
	return &author{
		persona: p, ordinal: ordinal, owner: owner, today: calendar.DateOf(now, calendar.Moscow()), sealer: sealer, press: files,
		chance: rand.New(rand.NewPCG(h.Sum64(), 1)), //nolint:gosec // nothing here is secret
		leaves: make(map[string]*leaf), documents: make(map[string]*paper), written: make(map[about]ref.Ref),
	}
}

// write makes up everything. Documents come before appeals, which attach them, leaves before benefits and what is asked
// about them, and deadlines, which can be about anything, at last. Of a newcomer there is no more than waits for her.
func (a *author) write() {
	b := biographyOf(a.persona.Name)
	for _, l := range b.leaves {
		a.writeLeave(b, l)
	}
	for _, x := range b.benefits {
		a.writeBenefit(b, x)
	}
	for _, d := range b.documents {
		a.writeDocument(d)
	}
	for _, p := range b.appeals {
		a.writeAppeal(p)
	}
	for _, c := range b.clarifications {
		a.writeClarification(c)
	}
	for _, d := range b.deadlines {
		a.writeDeadline(d)
	}
	if !a.persona.Newcomer {
		a.writeContributions(b.job)
		a.writeContributions(b.secondJob)
	}
}

// serial is the next number of the person: six digits, rising.
func (a *author) serial() int {
	a.numbers += 11 + a.chance.IntN(80)
	return 100_000 + a.numbers
}

// daysAgo is the day n days before today.
func (a *author) daysAgo(n int) calendar.Date { return a.today.AddDays(-n) }

// month is the first day of the month so many months before the present one.
func (a *author) month(ago int) calendar.Date {
	return calendar.NewDate(a.today.Year(), a.today.Month()-time.Month(ago), 1)
}

// workdaysAgo is the n-th working day before today. Public holidays are not known here.
func (a *author) workdaysAgo(n int) calendar.Date {
	d := a.today
	for ; n > 0; n-- {
		for d = d.AddDays(-1); isWeekend(d); {
			d = d.AddDays(-1)
		}
	}
	return d
}

// addWorkdays is the n-th working day after d.
func addWorkdays(d calendar.Date, n int) calendar.Date {
	for ; n > 0; n-- {
		for d = d.AddDays(1); isWeekend(d); {
			d = d.AddDays(1)
		}
	}
	return d
}

// workdayBy is d itself, or the working day before it.
func workdayBy(d calendar.Date) calendar.Date {
	for isWeekend(d) {
		d = d.AddDays(-1)
	}
	return d
}

func isWeekend(d calendar.Date) bool {
	day := d.Time(time.UTC).Weekday()
	return day == time.Saturday || day == time.Sunday
}

// at is some minute of an hour of a day, by Moscow time.
func (a *author) at(d calendar.Date, hour int) time.Time {
	return d.Time(calendar.Moscow()).Add(time.Duration(hour)*time.Hour + time.Duration(a.chance.IntN(60))*time.Minute).UTC()
}

// turn is a change of state.
type turn struct {
	to      string
	at      time.Time
	comment string
}

// tell adds the turns of a subject to the feed and gives when they began and ended.
func (a *author) tell(subject ref.Ref, turns []turn) (created, updated time.Time) {
	var from *string
	for _, t := range turns {
		a.records.events = append(a.records.events, event{at: t.at, subject: subject, from: from, to: &t.to, comment: optional(t.comment)})
		from = &t.to
	}
	return turns[0].at, turns[len(turns)-1].at
}

// optional is nil for the empty text.
func optional[T ~string](v T) *string {
	if v == "" {
		return nil
	}
	text := string(v)
	return &text
}

func (a *author) caseNumber() string { return fmt.Sprintf("00-%02d-%06d", a.ordinal, a.serial()) }
