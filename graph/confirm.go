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
)

// confirmations is what asks for a confirmation, and checks it.
type confirmations interface {
	Require(ctx context.Context, r confirm.Request, answer *confirm.Answer) error
}

// errNoPhone refuses an action that must be confirmed to somebody who has no phone to be asked at.
var errNoPhone = fault.New(fault.ConfirmationRequired,
	locale.Text{Ru: "Действие подтверждается кодом из SMS, а подтверждённого телефона нет.", En: "This is confirmed by a code from an SMS, and there is no confirmed phone."},
	locale.Text{Ru: "Укажите телефон (setContact) или подтвердите его на Госуслугах.", En: "Enter a phone (setContact), or confirm it at Gosuslugi."})

// errDirective is a fault of the schema: the directive stands on what it cannot confirm.
var errDirective = errors.New("graph: @confirmed stands on a field that it cannot confirm")

// titles are what a message says is being confirmed.
func titles() map[string]locale.Text {
	return map[string]locale.Text{
		"setContact":          {Ru: "указание контакта в личном кабинете", En: "entering a contact in the cabinet"},
		"approveThisNetwork":  {Ru: "вход в личный кабинет из новой сети", En: "signing in to the cabinet from a new network"},
		"approveNetwork":      {Ru: "разрешение сети для входа в личный кабинет", En: "approving a network to sign in from"},
		"removeNetwork":       {Ru: "исключение сети из разрешённых", En: "removing an approved network"},
		"requestVerification": {Ru: "запрос подтверждения личности", En: "requesting confirmation of identity"},
	}
}

// confirmed is the directive @confirmed: the one place that asks for a confirmation of an action, and checks it.
func (d directives) confirmed(ctx context.Context, _ any, next graphql.Resolver, by model.ConfirmedBy) (any, error) {
	field := graphql.GetFieldContext(ctx)
	input := field.Args["input"]
	// An input with faults confirms nothing. The service finds the same ones first thing, and does nothing else.
	if v, ok := input.(interface{ Validate() error }); ok && v.Validate() != nil {
		return next(ctx)
	}
	title, ok := titles()[field.Field.Name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", field.Field.Name, errDirective)
	}
	payload, err := payloadOf(ctx, field)
	if err != nil {
		return nil, err
	}
	to, err := d.destination(ctx, by, input)
	if err != nil {
		return nil, err
	}
	request := confirm.Request{Operation: field.Field.Name, Title: title, Payload: payload, To: to}
	if err := d.confirmations.Require(ctx, request, answerOf(input)); err != nil {
		return nil, err
	}
	return next(ctx)
}

// destination is where the code goes.
func (d directives) destination(ctx context.Context, by model.ConfirmedBy, input any) (confirm.Destination, error) {
	if by == model.ConfirmedByContact {
		named, ok := input.(interface {
			Contact() (kind person.ContactKind, value string)
		})
		if !ok {
			return confirm.Destination{}, errDirective
		}
		kind, value := named.Contact()
		if kind == person.EmailContact {
			return confirm.Destination{Channel: notify.Email, Address: value}, nil
		}
		return confirm.Destination{Channel: notify.SMS, Address: value}, nil
	}
	p, err := d.people.Viewer(ctx)
	if err != nil {
		return confirm.Destination{}, err
	}
	phone := p.Phone()
	if phone == nil || !phone.Confirmed {
		return confirm.Destination{}, errNoPhone
	}
	return confirm.Destination{Channel: notify.SMS, Address: phone.Value}, nil
}

// payloadOf is the input in a canonical form, as the client sent it: what a confirmation is bound to.
func payloadOf(ctx context.Context, field *graphql.FieldContext) ([]byte, error) {
	sent, ok := field.Field.ArgumentMap(graphql.GetOperationContext(ctx).Variables)["input"].(map[string]any)
	if !ok {
		return nil, errDirective
	}
	bound := make(map[string]any, len(sent))
	for name, value := range sent {
		if name != "confirmation" {
			bound[name] = value
		}
	}
	payload, err := json.Marshal(bound) // in the order of the names
	if err != nil {
		return nil, fmt.Errorf("confirm an input: %w", err)
	}
	return payload, nil
}

// answerOf finds the answer in an input; nil when there is none.
func answerOf(input any) *confirm.Answer {
	var sent *model.ConfirmationInput
	if confirmed, ok := input.(model.Confirmed); ok {
		sent = confirmed.Answer()
	}
	if sent == nil {
		return nil
	}
	return &confirm.Answer{ID: sent.ID, Code: sent.Code}
}
