package clarification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/clarification"
	"kabinet/ent/sickleave"
	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// TypeAsked is the command of a question; docs/commands describes it.
const TypeAsked = "ru.kabinet.clarification.asked"

// Limits of asking.
const (
	maxQuestion = 2000 // characters
	maxOpen     = 3    // unanswered questions about one leave
	maxAsked    = 30   // questions about one leave
)

// AskInput is a question.
type AskInput struct {
	SickLeave      ref.Ref
	Addressee      Addressee
	Question       string
	IdempotencyKey string `json:"-"`
}

// asked is the data of the command.
type asked struct {
	Clarification string    `json:"clarification"`
	SickLeave     string    `json:"sickLeave"` // its number
	Addressee     Addressee `json:"addressee"`
	Question      string    `json:"question"`
	AskedAt       time.Time `json:"askedAt"`
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid.
func (in AskInput) Validate() error {
	var faults fault.Invalid
	if in.SickLeave.Kind != ref.SickLeave {
		faults.Add(fault.Unknown, unknownLeave(), "sickLeave")
	}
	if !slices.Contains(Addressees(), in.Addressee) {
		faults.Add(fault.Malformed, locale.Text{
			Ru: "Выберите, кого спросить: работодателя или врача.", En: "Choose whom to ask: the employer or the doctor.",
		}, "addressee")
	}
	switch length := utf8.RuneCountInString(in.Question); {
	case strings.TrimSpace(in.Question) == "":
		faults.Add(fault.Required, locale.Text{Ru: "Напишите вопрос.", En: "Write the question."}, "question")
	case length > maxQuestion:
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Вопрос длиннее 2000 знаков. Сократите его.", En: "The question is longer than 2,000 characters. Shorten it.",
		}, "question")
	}
	return faults.OrNil()
}

func unknownLeave() locale.Text {
	return locale.Text{
		Ru: "Такого больничного листа нет. Обновите список.", En: "There is no such sick leave. Reload the list.",
	}
}

// Ask asks about one of the viewer's sick leaves. Its faults are a fault.Invalid; then nothing is asked.
func (s *Service) Ask(ctx context.Context, in AskInput) (*Clarification, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	person := viewer.FromContext(ctx).PersonID
	var made ref.Ref
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		made, _, err = idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: person, Operation: "askClarification", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.ask(ctx, tx, person, in) })
		return err
	}); err != nil {
		return nil, err
	}
	return s.Get(ctx, made.ID)
}

// ask runs in the transaction, under the owner's lock.
func (s *Service) ask(ctx context.Context, tx *storage.Tx, person uuid.UUID, in AskInput) (ref.Ref, error) {
	leave, err := mayAsk(ctx, tx, person, in)
	if err != nil {
		return ref.Ref{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, fmt.Errorf("ask: %w", err)
	}
	question, err := s.seal(questionPlace, id, in.Question)
	if err != nil {
		return ref.Ref{}, err
	}
	now := s.clock.Now()
	if err := tx.Clarification.Create().SetID(id).SetOwnerID(person).SetSickLeaveID(leave.ID).
		SetAddressee(string(in.Addressee)).SetState(string(Asked)).SetQuestion(question).
		SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("ask: %w", err)
	}
	subject, to := ref.Of(ref.Clarification, id), string(Asked)
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: person, Subject: subject, To: &to}); err != nil {
		return ref.Ref{}, err
	}
	if err := s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: "clarification.ask", Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.outbox.Add(ctx, tx, outbox.Command{Owner: person, Type: TypeAsked, Subject: subject, Data: asked{
		Clarification: subject.String(), SickLeave: leave.Number, Addressee: in.Addressee, Question: in.Question, AskedAt: now,
	}})
}

// mayAsk finds the person's leave. That there is none, or that enough was asked, is a fault.Invalid.
func mayAsk(ctx context.Context, tx *storage.Tx, person uuid.UUID, in AskInput) (*ent.SickLeave, error) {
	var faults fault.Invalid
	leave, err := tx.SickLeave.Query().Where(sickleave.ID(in.SickLeave.ID), sickleave.OwnerID(person)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		faults.Add(fault.Unknown, unknownLeave(), "sickLeave")
		return nil, faults
	case err != nil:
		return nil, fmt.Errorf("ask: %w", err)
	}
	states, err := tx.Clarification.Query().Where(clarification.SickLeaveID(leave.ID)).Limit(maxAsked).
		Select(clarification.FieldState).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	open := 0
	for _, state := range states {
		if State(state) == Asked {
			open++
		}
	}
	switch {
	case open >= maxOpen:
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "По этому листу уже три вопроса без ответа. Дождитесь ответа на один из них.",
			En: "Three questions about this sick leave are unanswered. Wait for the answer to one of them.",
		}, "sickLeave")
	case len(states) >= maxAsked:
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "По этому листу задано слишком много вопросов. Напишите обращение.",
			En: "Too many questions were asked about this sick leave. Write an appeal.",
		}, "sickLeave")
	}
	return leave, faults.OrNil()
}
