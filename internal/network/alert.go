package network

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/viewer"
)

// alertTimeout bounds the sending of an alert: the login waits for it.
const alertTimeout = 3 * time.Second

// Alerts tells people that somebody has signed in as them from a network that they have not approved.
type Alerts struct {
	People *person.Service
	Sender notify.Sender
	// Limit bounds how often one person is told; a refusal of it is RATE_LIMITED. Nil allows everything.
	Limit func(ctx context.Context, person uuid.UUID) error
}

// Send tells a person, by a short message to their confirmed phone, unless they were told enough already. Who has none
// reads it in the journal, which tells every time.
func (a Alerts) Send(ctx context.Context, id uuid.UUID) error {
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "network alert"), alertTimeout)
	defer cancel()
	p, err := a.People.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	phone := p.Phone()
	if phone == nil || !phone.Confirmed {
		return nil
	}
	if a.Limit != nil {
		switch err := a.Limit(ctx, id); {
		case fault.CodeOf(err) == fault.RateLimited:
			return nil
		case err != nil:
			return fmt.Errorf("alert: %w", err)
		}
	}
	text := locale.Text{
		Ru: "В личный кабинет пытались войти из сети, которую вы не разрешали. Если это были не вы, смените пароль на Госуслугах.",
		En: "Somebody tried to sign in to your cabinet from a network that you have not approved. If it was not you, change your password at Gosuslugi.",
	}
	if err := a.Sender.Send(ctx, notify.Message{Channel: notify.SMS, Address: phone.Value, Text: text.In(locale.FromContext(ctx))}); err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	return nil
}
