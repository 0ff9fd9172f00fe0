package seed

import (
	"fmt"

	"kabinet/ent"
	"kabinet/internal/clarification"
	"kabinet/internal/ref"
)

// clarificationSpec is what is told of a question about a certificate.
type clarificationSpec struct {
	leave     string // key of the certificate
	addressee clarification.Addressee
	asked     moment // in days, not in working days: one asks when one is ill
	question  string
	answered  moment // likewise; zero while there is no answer
	answer    string
}

func (a *author) writeClarification(s clarificationSpec) {
	l, ok := a.leaves[s.leave]
	if !ok {
		a.fail(fmt.Errorf("there is no certificate %q to ask about", s.leave))
		return
	}
	row := &ent.Clarification{
		ID: a.id(), OwnerID: a.owner, SickLeaveID: l.row.ID, Addressee: string(s.addressee), State: string(clarification.Asked),
	}
	question, err := clarification.SealQuestion(a.sealer, row.ID, s.question)
	a.fail(err)
	row.Question = question

	asked := a.at(a.daysAgo(s.asked.ago), s.asked.hour)
	turns := []turn{{to: string(clarification.Asked), at: asked}}
	if s.answer != "" {
		answer, err := clarification.SealAnswer(a.sealer, row.ID, s.answer)
		a.fail(err)
		at := a.at(a.daysAgo(s.answered.ago), s.answered.hour)
		row.State, row.Answer, row.AnsweredAt = string(clarification.Answered), answer, &at
		turns = append(turns, turn{to: row.State, at: at})
	}
	subject := ref.Of(ref.Clarification, row.ID)
	row.CreatedAt, row.UpdatedAt = a.tell(subject, turns)
	a.records.clarifications = append(a.records.clarifications, row)
	a.deliver(subject, []act{{at: asked, kind: clarification.TypeAsked, data: map[string]any{
		"clarification": subject.String(), "sickLeave": l.row.Number, "addressee": s.addressee, "question": s.question, "askedAt": asked,
	}}})
}
