package clarification

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// Where the sealed texts stand.
const (
	questionPlace seal.Place = "clarifications.question"
	answerPlace   seal.Place = "clarifications.answer"
)

// Addressee is who is asked.
type Addressee string

// The addressees.
const (
	Employer Addressee = "EMPLOYER"
	Doctor   Addressee = "DOCTOR"
)

// Addressees lists all addressees.
func Addressees() []Addressee { return []Addressee{Employer, Doctor} }

// Clarification is a question and its answer.
type Clarification struct {
	ID         ref.Ref
	SickLeave  ref.Ref
	Addressee  Addressee
	State      State
	AskedAt    time.Time
	AnsweredAt *time.Time // nil until it is answered

	question []byte // sealed
	answer   []byte // sealed
	siblings *siblings
}

// StateText explains the state in the language of the request.
func (c *Clarification) StateText(ctx context.Context) string {
	return c.State.Text().In(locale.FromContext(ctx))
}

// siblings are the clarifications of one answer: their relations are loaded together.
type siblings struct {
	ids        []uuid.UUID
	deliveries batch.Lazy[*outbox.Delivery]
}

func fromRows(rows []*ent.Clarification) []*Clarification {
	group := &siblings{ids: make([]uuid.UUID, len(rows))}
	found := make([]*Clarification, len(rows))
	for i, row := range rows {
		group.ids[i] = row.ID
		found[i] = &Clarification{
			ID: ref.Of(ref.Clarification, row.ID), SickLeave: ref.Of(ref.SickLeave, row.SickLeaveID),
			Addressee: Addressee(row.Addressee), State: State(row.State), AskedAt: row.CreatedAt, AnsweredAt: row.AnsweredAt,
			question: row.Question, answer: row.Answer, siblings: group,
		}
	}
	return found
}
