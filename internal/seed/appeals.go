package seed

import (
	"fmt"
	"slices"
	"time"

	"kabinet/ent"
	"kabinet/internal/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/ref"
)

// answerWithin is how many working days the fund has from the registration to its answer.
const answerWithin = 5

// appealSpec is what is told of an appeal.
type appealSpec struct {
	key        string // by which deadlines name it, if one does
	kind       appeal.Kind
	subject    string
	body       string
	specialist string
	steps      []stepSpec // the first is the draft
	messages   []messageSpec
	attached   []attachedSpec
}

// moment is an hour of a day so many working days ago.
type moment struct{ ago, hour int }

type stepSpec struct {
	to      appeal.State
	by      appeal.Actor
	when    moment
	comment string
}

type messageSpec struct {
	by   appeal.Actor
	when moment
	text string
}

// attachedSpec names a version of a document; it is attached when the appeal is begun, or later.
type attachedSpec struct {
	document string
	version  int
	when     moment // zero: with the draft
}

func (a *author) on(m moment) time.Time { return a.at(a.workdaysAgo(m.ago), m.hour) }

func (a *author) writeAppeal(s appealSpec) {
	row := &ent.Appeal{ID: a.id(), OwnerID: a.owner, Kind: string(s.kind), Subject: s.subject}
	body, err := appeal.SealBody(a.sealer, row.ID, s.body)
	a.fail(err)
	row.Body = body

	var turns []turn
	for _, step := range s.steps {
		at := a.on(step.when)
		a.takeStep(row, s, step, at)
		turns = append(turns, turn{string(step.to), at, step.comment})
	}
	subject := ref.Of(ref.Appeal, row.ID)
	if s.key != "" {
		a.written[about{ref.Appeal, s.key}] = subject
	}
	row.CreatedAt, row.UpdatedAt = a.tell(subject, turns)
	var comments []comment
	for _, m := range s.messages {
		message := a.writeMessage(subject, s, m, turns)
		if message.SentAt.After(row.UpdatedAt) {
			row.UpdatedAt = message.SentAt
		}
		if m.by == appeal.Citizen {
			comments = append(comments, comment{message, m.text})
		}
	}
	for _, t := range s.attached {
		at := row.CreatedAt
		if t.when != (moment{}) {
			at = a.on(t.when)
		}
		attached, ok := a.documents[t.document]
		if !ok || t.version > len(attached.versions) {
			a.fail(fmt.Errorf("there is no version %d of document %q", t.version, t.document))
			continue
		}
		a.records.attachments = append(a.records.attachments, &ent.AppealAttachment{
			OwnerID: a.owner, AppealID: row.ID, VersionID: attached.versions[t.version-1].ID, AttachedAt: at,
		})
	}
	a.records.appeals = append(a.records.appeals, row)
	a.deliver(subject, a.acts(row, s, turns, comments))
}

// takeStep writes a line of the timeline and what it changes.
func (a *author) takeStep(row *ent.Appeal, s appealSpec, step stepSpec, at time.Time) {
	line := &ent.AppealStep{
		OwnerID: a.owner, AppealID: row.ID, From: optional(row.State), To: string(step.to), Comment: optional(step.comment),
		Actor: string(step.by), OccurredAt: at,
	}
	a.records.steps = append(a.records.steps, line)
	row.State = string(step.to)
	switch step.to {
	case appeal.Submitted:
		if row.SubmittedAt == nil {
			row.SubmittedAt = &at
		}
	case appeal.Registered:
		day := calendar.DateOf(at, calendar.Moscow())
		number := fmt.Sprintf("00-%02d/%06d-%02d", a.ordinal, a.serial(), day.Year()%100)
		row.Number, row.RegisteredAt, row.DueOn = &number, &at, addWorkdays(day, answerWithin)
	case appeal.UnderReview:
		row.Specialist = optional(s.specialist)
	case appeal.Draft, appeal.NeedsCorrection, appeal.Done, appeal.Refused, appeal.Withdrawn:
	}
}

// writeMessage writes a message and tells of it: it changes the appeal without changing its state.
func (a *author) writeMessage(subject ref.Ref, s appealSpec, m messageSpec, turns []turn) *ent.AppealMessage {
	at := a.on(m.when)
	row := &ent.AppealMessage{ID: a.id(), OwnerID: a.owner, AppealID: subject.ID, Author: string(m.by), SentAt: at}
	notice := "Вы написали сообщение."
	if m.by == appeal.Fund {
		row.AuthorName, notice = optional(s.specialist), "Специалист фонда написал сообщение."
	}
	sealed, err := appeal.SealMessage(a.sealer, row.ID, m.text)
	a.fail(err)
	row.Body = sealed
	a.records.messages = append(a.records.messages, row)

	change := event{at: at, subject: subject, comment: &notice}
	later := slices.IndexFunc(turns, func(t turn) bool { return t.at.After(at) })
	if later < 0 {
		later = len(turns)
	}
	if later > 0 {
		change.from = &turns[later-1].to
	}
	a.records.events = append(a.records.events, change)
	return row
}
