package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"kabinet/internal/identifier"
)

// Channel is a way to a person.
type Channel string

// The channels.
const (
	SMS   Channel = "SMS"
	Email Channel = "EMAIL"
)

// Why a message was not handed over. No error says more of it than that.
var (
	// ErrChannel: nobody here sends over this channel.
	ErrChannel = errors.New("notify: no sender for this channel")
	// ErrMessage: the address is none of the channel, or there is no text.
	ErrMessage = errors.New("notify: the message cannot be sent")
	// ErrRejected: the system behind refuses the message, and will again.
	ErrRejected = errors.New("notify: the message was refused")
	// ErrUnavailable: the system behind did not take the message in time; it may later. It may even have taken it and
	// failed to say so.
	ErrUnavailable = errors.New("notify: the channel is not available")
)

// Message is what one person is told. It prints as nothing but a mark, for both its address and its text are secret.
type Message struct {
	Channel Channel
	Address string // a mobile number in E.164 or an address of e-mail, as package identifier writes them
	Subject string // of an e-mail; short messages have none
	Text    string // plain, with line feeds
}

// Sender hands messages over. It serves many callers at once, ends within seconds, and gives one of the errors above
// or that of a context that ended.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Check tells whether a sender for these channels can send the message: ErrChannel, ErrMessage or nil.
func (m Message) Check(channels ...Channel) error {
	for _, c := range channels {
		if m.Channel != c {
			continue
		}
		if !m.Channel.addresses(m.Address) || m.Text == "" {
			return ErrMessage
		}
		return nil
	}
	return ErrChannel
}

// addresses tells whether an address is one of the channel, in its canonical form.
func (c Channel) addresses(address string) bool {
	switch c {
	case SMS:
		phone, err := identifier.ParsePhone(address)
		return err == nil && phone.String() == address
	case Email:
		email, err := identifier.ParseEmail(address)
		return err == nil && email.String() == address
	}
	return false
}

const hidden = "[message]"

// Format hides the message from every verb of fmt.
func (Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String hides the message.
func (Message) String() string { return hidden }

// LogValue hides the message from slog.
func (Message) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the message where something that holds it is put into JSON.
func (Message) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Router sends each message through the sender of its channel.
type Router map[Channel]Sender

// Send implements Sender.
func (r Router) Send(ctx context.Context, m Message) error {
	s, ok := r[m.Channel]
	if !ok || s == nil {
		return ErrChannel
	}
	return s.Send(ctx, m)
}
