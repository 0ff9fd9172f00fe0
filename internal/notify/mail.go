package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/google/uuid"
	mail "github.com/wneessen/go-mail"

	"kabinet/internal/identifier"
)

// MailOptions say where mail is handed over, and as whom.
type MailOptions struct {
	Host string
	Port int
	// From is the address of the sender, which answers and bounces go to.
	From string
	// Name is what stands beside From.
	Name string
	// Username and Password are for the mail server; without a user nothing is proved to it.
	Username string
	Password string
	// Plain allows a server that offers no STARTTLS: for a server on the same machine.
	Plain bool
	// TLS replaces the common rules of whom to trust; nil keeps them.
	TLS *tls.Config
}

// String hides the password.
func (o MailOptions) String() string { return fmt.Sprintf("mail server %s:%d", o.Host, o.Port) }

// GoString is String.
func (o MailOptions) GoString() string { return o.String() }

// Mail sends e-mail through a mail server over SMTP.
type Mail struct {
	from, name string
	host       string // domain of from
	server     string
	options    []mail.Option
}

// NewMail makes the sender. It does not try whether the server answers.
func NewMail(o MailOptions) (*Mail, error) {
	from, err := identifier.ParseEmail(o.From)
	if err != nil {
		return nil, fmt.Errorf("notify: the sender of mail: %w", err)
	}
	options := []mail.Option{
		mail.WithPort(o.Port), mail.WithTimeout(sendTimeout), mail.WithTLSPolicy(mail.TLSMandatory),
		// Once the server has taken the message, nothing that follows may turn it into a failure.
		mail.WithoutRset(),
	}
	if o.Plain {
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if o.TLS != nil {
		options = append(options, mail.WithTLSConfig(o.TLS))
	}
	if o.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(o.Username), mail.WithPassword(o.Password))
	}
	if _, err := mail.NewClient(o.Host, options...); err != nil {
		return nil, fmt.Errorf("notify: the mail server: %w", err)
	}
	_, host, _ := strings.Cut(from.String(), "@")
	return &Mail{from: from.String(), name: o.Name, host: host, server: o.Host, options: options}, nil
}

// Send implements Sender.
func (s *Mail) Send(ctx context.Context, m Message) error {
	if err := m.Check(Email); err != nil {
		return err
	}
	letter, err := s.letter(m)
	if err != nil {
		return err
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := s.hand(ctx, letter); err != nil {
		if caller.Err() != nil {
			return caller.Err()
		}
		return err
	}
	return nil
}

// letter writes the message as a letter.
func (s *Mail) letter(m Message) (*mail.Msg, error) {
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	// The errors of these quote the address.
	if letter.FromFormat(s.name, s.from) != nil || letter.To(m.Address) != nil {
		return nil, ErrMessage
	}
	letter.Subject(m.Subject)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	letter.SetDate()
	letter.SetMessageIDWithValue(uuid.NewString() + "@" + s.host) // not one that names the machine
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	return letter, nil
}

// hand connects and hands the letter over.
func (s *Mail) hand(ctx context.Context, letter *mail.Msg) error {
	var dialer net.Dialer
	hangUp := func() {}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		connection, err := dialer.DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		// The library minds a context until it is connected, and leaves the connection open when the greeting fails.
		stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
		hangUp = func() { stop(); _ = connection.Close() }
		return connection, nil
	}
	client, err := mail.NewClient(s.server, append(slices.Clone(s.options), mail.WithDialContextFunc(dial))...)
	if err != nil {
		return fmt.Errorf("%w: mail server: %w", ErrUnavailable, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	defer func() { hangUp() }()
	if err != nil {
		return fmt.Errorf("%w: mail server: %w", ErrUnavailable, err) // which has not seen the letter yet
	}
	if err := client.SendWithSMTPClient(session, letter); err != nil {
		return refusal(err)
	}
	_ = client.CloseWithSMTPClient(session) // the letter is handed over
	return nil
}

// refusal says why a letter was not taken, without what the server says: that repeats the address.
func refusal(err error) error {
	refused, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return fmt.Errorf("%w: mail server", ErrUnavailable)
	}
	if code := refused.ErrorCode(); code >= 500 {
		return fmt.Errorf("%w: mail server: status %d", ErrRejected, code)
	}
	return fmt.Errorf("%w: mail server: %s, status %d", ErrUnavailable, refused.Reason, refused.ErrorCode())
}
