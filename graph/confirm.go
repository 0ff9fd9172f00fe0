package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"kabinet/graph/model"
	"kabinet/internal/confirm"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/viewer"
)

// confirmations is what asks for a confirmation, and checks it.
type confirmations interface {
	Require(ctx context.Context, r confirm.Request, answer *confirm.Answer) error
}

// The refusals of an action that must be confirmed to somebody who has no phone to be asked at.
var (
	errNoPhone = fault.New(fault.ConfirmationRequired,
		locale.Text{Ru: "Действие подтверждается кодом из SMS, а подтверждённого телефона нет.", En: "This is confirmed by a code from an SMS, and there is no confirmed phone."},
		locale.Text{Ru: "Укажите телефон (setContact) или подтвердите его на Госуслугах.", En: "Enter a phone (setContact), or confirm it at Gosuslugi."})
	// errNoWayIn is that of somebody who is blocked: setContact is closed to them.
	errNoWayIn = fault.New(fault.ConfirmationRequired,
		locale.Text{Ru: "Вход из новой сети подтверждается кодом из SMS, а подтверждённого телефона нет.", En: "Coming in from a new network is confirmed by a code from an SMS, and there is no confirmed phone."},
		locale.Text{Ru: "Войдите из разрешённой сети или обратитесь в поддержку фонда.", En: "Sign in from an approved network, or turn to the fund's support."})
)

// errDirective is a fault of the schema: the directive stands on what it cannot confirm.
var errDirective = errors.New("graph: @confirmed stands on a field that it cannot confirm")

// titles are what a message says is being confirmed.
func titles() map[string]locale.Text {
	return map[string]locale.Text{
		"setContact":          {Ru: "указание контакта в личном кабинете", En: "entering a contact in the cabinet"},
		"approveThisNetwork":  {Ru: "вход в личный кабинет из сети", En: "signing in to the cabinet from the network"}, // which is named behind it
		"approveNetwork":      {Ru: "разрешение сети для входа в личный кабинет", En: "approving a network to sign in from"},
		"removeNetwork":       {Ru: "исключение сети из разрешённых", En: "removing an approved network"},
		"submitAppeal":        {Ru: "отправка обращения в фонд", En: "submitting an appeal to the fund"},
		"requestVerification": {Ru: "запрос подтверждения личности", En: "requesting confirmation of identity"},
	}
}

// The fields of an input that take answers.
const (
	confirmationField = "confirmation"
	currentField      = "currentConfirmation"
)

// question is a confirmation that an action needs.
type question struct {
	field  string // of the input, for its answer
	to     confirm.Destination
	answer *model.ConfirmationInput
}

// confirmed is the directive @confirmed: the one place that asks for a confirmation of an action, and checks it.
func (d directives) confirmed(ctx context.Context, _ any, next graphql.Resolver, by model.ConfirmedBy) (any, error) {
	field := graphql.GetFieldContext(ctx)
	input, ok := field.Args["input"].(model.Confirmed)
	if !ok {
		return nil, errDirective
	}
	// What is refused anyhow needs no code. The service finds the same faults first thing, and does nothing else.
	if hopeless(ctx, input) {
		return next(ctx)
	}
	if refusal, err := d.refused(ctx, input); refusal != nil || err != nil {
		return refusal, err
	}
	title, ok := titles()[field.Field.Name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", field.Field.Name, errDirective)
	}
	request := confirm.Request{Operation: field.Field.Name, Title: title}
	var bound string
	if more, ok := input.(interface {
		Bound(ctx context.Context) string
	}); ok {
		bound = more.Bound(ctx)
		request.Title = locale.Text{Ru: title.Ru + " " + bound, En: title.En + " " + bound}
	}
	var err error
	if request.Payload, err = payloadOf(ctx, field, bound); err != nil {
		return nil, err
	}
	questions, err := d.questions(ctx, by, input)
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		request.Input, request.To = q.field, q.to
		if err := d.confirmations.Require(ctx, request, answerOf(q.answer)); err != nil {
			return nil, err
		}
	}
	return next(ctx)
}

// hopeless tells whether an input has faults, or asks for what is refused to this viewer now. The latter does not hold
// for one that has its answer: it may be the retry of what has changed that.
func hopeless(ctx context.Context, input model.Confirmed) bool {
	if v, ok := input.(interface{ Validate() error }); ok && v.Validate() != nil {
		return true
	}
	r, ok := input.(interface {
		Refusal(ctx context.Context) error
	})
	return ok && input.Answer() == nil && r.Refusal(ctx) != nil
}

// refused is the answer to an action that would be refused now as things stand, so that nobody is asked to confirm it in
// vain; nil when it would not be, or when it has its answer. The action itself is not tried: it might succeed by then.
func (d directives) refused(ctx context.Context, input model.Confirmed) (any, error) {
	in, ok := input.(model.SubmitAppealInput)
	if !ok || in.Answer() != nil {
		return nil, nil
	}
	faults, err := userErrors(ctx, d.appeals.CheckSubmit(ctx, in.SubmitInput))
	if err != nil || len(faults) == 0 {
		return nil, err
	}
	return &model.SubmitAppealPayload{UserErrors: faults}, nil
}

// questions are the confirmations that an action needs, in their order. Who changes a contact proves that they hold the
// phone that was confirmed before: otherwise whoever has the session alone could put their own in its place.
func (d directives) questions(ctx context.Context, by model.ConfirmedBy, input model.Confirmed) ([]question, error) {
	phone, err := d.phone(ctx)
	if by != model.ConfirmedByContact {
		return []question{{confirmationField, phone, input.Answer()}}, err
	}
	if err != nil && !errors.Is(err, errNoPhone) {
		return nil, err
	}
	named, ok := input.(interface {
		Contact() (kind person.ContactKind, value string)
		CurrentAnswer() *model.ConfirmationInput
	})
	if !ok {
		return nil, errDirective
	}
	kind, value := named.Contact()
	contact := confirm.Destination{Channel: notify.SMS, Address: value}
	if kind == person.EmailContact {
		contact.Channel = notify.Email
	}
	contact.Own = phone.Channel == contact.Channel && phone.Address == contact.Address
	var first []question
	if phone.Address != "" && !contact.Own {
		first = []question{{currentField, phone, named.CurrentAnswer()}}
	}
	return append(first, question{confirmationField, contact, input.Answer()}), nil
}

// phone is the viewer's confirmed phone; errNoPhone or errNoWayIn when there is none.
func (d directives) phone(ctx context.Context) (confirm.Destination, error) {
	p, err := d.people.Viewer(ctx)
	if err != nil {
		return confirm.Destination{}, err
	}
	phone := p.Phone()
	switch {
	case phone != nil && phone.Confirmed:
		return confirm.Destination{Channel: notify.SMS, Address: phone.Value, Own: true}, nil
	case viewer.FromContext(ctx).Entry == viewer.Blocked:
		return confirm.Destination{}, errNoWayIn
	}
	return confirm.Destination{}, errNoPhone
}

// payloadOf is what a confirmation is bound to: the input in a canonical form, as the client sent it, without any answer,
// and what else the action depends on.
func payloadOf(ctx context.Context, field *graphql.FieldContext, bound string) ([]byte, error) {
	sent, ok := field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)["input"].(map[string]any)
	if !ok {
		return nil, errDirective
	}
	kept := make(map[string]any, len(sent))
	for name, value := range sent {
		if name != confirmationField && name != currentField {
			kept[name] = value
		}
	}
	payload, err := json.Marshal(kept) // in the order of the names
	if err != nil {
		return nil, fmt.Errorf("confirm an input: %w", err)
	}
	if bound != "" {
		payload = append([]byte(bound+" "), payload...)
	}
	return payload, nil
}

func answerOf(sent *model.ConfirmationInput) *confirm.Answer {
	if sent == nil {
		return nil
	}
	return &confirm.Answer{ID: sent.ID, Code: sent.Code}
}
