package deadline

import (
	"context"
	"time"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
)

// Deadline is a deadline.
type Deadline struct {
	ID        ref.Ref
	Number    string // the fund's name for it
	State     State
	Title     string // what has to be done, in the fund's words
	DueOn     calendar.Date
	UpdatedAt time.Time

	// Subject is what it is about; zero if that is not in the cabinet.
	Subject ref.Ref
}

// SubjectID is what it is about; nil if that is not in the cabinet.
func (d *Deadline) SubjectID() *ref.Ref {
	if d.Subject.IsZero() {
		return nil
	}
	return &d.Subject
}

// StateText explains the state in the language of the request.
func (d *Deadline) StateText(ctx context.Context) string {
	return d.State.Text().In(locale.FromContext(ctx))
}

func fromRows(rows []*ent.Deadline) []*Deadline {
	deadlines := make([]*Deadline, len(rows))
	for i, row := range rows {
		deadlines[i] = fromRow(row)
	}
	return deadlines
}

func fromRow(row *ent.Deadline) *Deadline {
	d := &Deadline{
		ID: ref.Of(ref.Deadline, row.ID), Number: row.Number, State: State(row.State), Title: row.Title,
		DueOn: row.DueOn, UpdatedAt: row.UpdatedAt,
	}
	if subject, err := ref.Parse(row.Subject); err == nil { // what was kept was checked, or is empty
		d.Subject = subject
	}
	return d
}
