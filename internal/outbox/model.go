package outbox

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// payloadPlace is where the sealed data of a command stands.
const payloadPlace seal.Place = "commands.payload"

// State is how far the delivery of a command is.
type State string

// The states.
const (
	Pending   State = "PENDING"
	Delivered State = "DELIVERED" // the fund has taken it
	Failed    State = "FAILED"    // it is not tried again, unless an operator has it so
)

// States lists all states.
func States() []State { return []State{Pending, Delivered, Failed} }

// ErrorCode is why a command was not delivered.
type ErrorCode string

// The codes.
const (
	Timeout     ErrorCode = "TIMEOUT"     // the fund did not answer in time
	Unavailable ErrorCode = "UNAVAILABLE" // the fund cannot be reached, or has a fault
	Busy        ErrorCode = "BUSY"        // the fund asks to come later
	Refused     ErrorCode = "REFUSED"     // the fund does not take it
	Earlier     ErrorCode = "EARLIER"     // an earlier command of the same subject did not reach the fund
)

// ErrorCodes lists all codes.
func ErrorCodes() []ErrorCode { return []ErrorCode{Timeout, Unavailable, Busy, Refused, Earlier} }

// Command is what a person has done that the fund must learn of.
type Command struct {
	Owner   uuid.UUID
	Type    string  // such as "ru.kabinet.appeal.submitted"
	Subject ref.Ref // what it is about
	Data    any     // marshalled to JSON by the schema of the type
}

// Delivery is what is known of the delivery of a command. The owner's sequence rises with every change of it.
type Delivery struct {
	ID            uuid.UUID // id of the event
	Type          string
	Subject       ref.Ref
	Sequence      int64 // rising within the subject, from 1
	State         State
	Attempts      int        // since it was made, or since an operator had it tried again
	LastError     *ErrorCode // of the last attempt; nil when there was none, and once it is delivered
	NextAttemptAt *time.Time // nil when there will be none
	DeliveredAt   *time.Time
	CreatedAt     time.Time
}

// StateText explains the state, and what to do, in the language of the request.
func (d *Delivery) StateText(ctx context.Context) string {
	return d.text().In(locale.FromContext(ctx))
}

func (d *Delivery) text() locale.Text {
	switch d.State {
	case Pending:
		return locale.Text{
			Ru: "Передаётся в фонд. Ничего делать не нужно: отправка повторяется, пока фонд не ответит.",
			En: "On its way to the fund. There is nothing to do: it is sent again until the fund answers.",
		}
	case Delivered:
		return locale.Text{Ru: "Доставлено в фонд.", En: "Delivered to the fund."}
	case Failed:
		if code := d.LastError; code != nil && *code == Refused {
			return locale.Text{
				Ru: "Фонд не принял отправленное. Проверьте данные и начните новое обращение или обратитесь в отделение фонда.",
				En: "The fund has not taken it. Check the data and begin a new appeal, or turn to a branch of the fund.",
			}
		}
		return locale.Text{
			Ru: "Не доставлено: фонд не отвечал трое суток. Мы знаем об этом и отправим снова; если дело срочное, обратитесь в отделение фонда.",
			En: "Not delivered: the fund did not answer for three days. We know and will send it again; if it is urgent, turn to a branch of the fund.",
		}
	}
	return locale.Text{}
}

func fromRow(row *ent.Command) (*Delivery, error) {
	subject, err := ref.Parse(row.Subject)
	if err != nil {
		return nil, err
	}
	d := &Delivery{
		ID: row.ID, Type: row.Type, Subject: subject, Sequence: row.Sequence, State: State(row.State), Attempts: row.Attempts,
		NextAttemptAt: row.NextAttemptAt, DeliveredAt: row.DeliveredAt, CreatedAt: row.CreatedAt,
	}
	if row.LastError != "" {
		code := ErrorCode(row.LastError)
		d.LastError = &code
	}
	return d, nil
}
