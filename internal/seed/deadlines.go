package seed

import (
	"fmt"

	"kabinet/ent"
	"kabinet/internal/deadline"
	"kabinet/internal/ref"
)

// deadlineSpec is what is told of a deadline.
type deadlineSpec struct {
	title   string
	about   about // zero: nothing that is in the cabinet
	state   deadline.State
	set     moment
	due     int    // working days from today; negative: ago
	settled moment // when it was done or cancelled
	comment string // of that
}

// about names something that was written before.
type about struct {
	kind ref.Kind
	key  string // of the certificate, the document or the appeal; of a benefit, its certificate's or else its type
}

func (a *author) writeDeadline(s deadlineSpec) {
	row := &ent.Deadline{
		ID: a.id(), OwnerID: a.owner, Number: fmt.Sprintf("С-%02d-%06d", a.ordinal, a.serial()), State: string(s.state), Title: s.title,
		DueOn: addWorkdays(a.today, s.due),
	}
	if s.due < 0 {
		row.DueOn = a.workdaysAgo(-s.due)
	}
	if s.about != (about{}) {
		subject, ok := a.written[s.about]
		if !ok {
			a.fail(fmt.Errorf("there is no %s %q for a deadline", s.about.kind, s.about.key))
		}
		row.Subject = subject.String()
	}
	turns := []turn{{string(deadline.Open), a.on(s.set), "Установлен срок."}}
	if s.state != deadline.Open {
		turns = append(turns, turn{string(s.state), a.on(s.settled), s.comment})
	}
	row.CreatedAt, row.UpdatedAt = a.tell(ref.Of(ref.Deadline, row.ID), turns)
	a.records.deadlines = append(a.records.deadlines, row)
}
