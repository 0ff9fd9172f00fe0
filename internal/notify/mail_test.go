package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"kabinet/internal/notify"
	"kabinet/internal/notify/notifytest"
)

const (
	mailUser     = "kabinet"
	mailPassword = "mail-password"
)

// mailbox plays a mail server.
type mailbox struct {
	server *smtp.Server
	port   int
	trust  *x509.CertPool
	stop   func()

	mu       sync.Mutex
	refuse   *smtp.SMTPError // what it says of every recipient
	received []notify.Message
	headers  []netmail.Header
	secure   []bool
	users    []string
	onData   func()
}

// silence is the log of a server that clients treat badly.
type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

type mailSession struct {
	*mailbox

	connection *smtp.Conn
	user, to   string
}

// newMailbox starts a server, which offers STARTTLS if told so.
func newMailbox(t *testing.T, startTLS bool) *mailbox {
	t.Helper()
	b := &mailbox{trust: x509.NewCertPool()}
	b.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{mailbox: b, connection: c}, nil
	}))
	b.server.ErrorLog = silence{}
	b.server.Domain = "localhost"
	if startTLS {
		certificate := selfSigned(t)
		b.trust.AddCert(certificate.Leaf)
		b.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b.port = listener.Addr().(*net.TCPAddr).Port
	done := make(chan error, 1)
	go func() { done <- b.server.Serve(listener) }()
	b.stop = sync.OnceFunc(func() {
		require.NoError(t, b.server.Close())
		_ = listener.Close() // of a server that had not begun to serve yet
		require.NotErrorIs(t, <-done, net.ErrClosed)
	})
	t.Cleanup(b.stop)
	return b
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailUser || password != mailPassword {
			return errors.New("who are you?")
		}
		s.user = user
		return nil
	}), nil
}

func (s *mailSession) Reset()        { s.to = "" }
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		refusal := *s.refuse
		refusal.Message += " <" + to + ">" // as servers do
		return &refusal
	}
	s.to = to
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	if s.onData != nil {
		s.onData()
	}
	letter, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	body := letter.Body
	if letter.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	if err != nil {
		return err
	}
	_, secure := s.connection.TLSConnectionState()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, notify.Message{
		Channel: notify.Email, Address: s.to, Subject: subject, Text: strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"),
	})
	s.headers = append(s.headers, letter.Header)
	s.secure = append(s.secure, secure)
	s.users = append(s.users, s.user)
	return nil
}

func (b *mailbox) refuseWith(e *smtp.SMTPError) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = e
}

func (b *mailbox) messages() []notify.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received
}

func (b *mailbox) options() notify.MailOptions {
	return notify.MailOptions{
		Host: "localhost", Port: b.port, From: "noreply@kabinet.example.ru", Name: "Личный кабинет",
		Username: mailUser, Password: mailPassword,
		TLS: &tls.Config{RootCAs: b.trust, ServerName: "localhost", MinVersion: tls.VersionTLS12},
	}
}

func sender(t *testing.T, o notify.MailOptions) *notify.Mail {
	t.Helper()
	s, err := notify.NewMail(o)
	require.NoError(t, err)
	return s
}

var letter = notify.Message{Channel: notify.Email, Address: "anna@example.ru", Subject: "Код подтверждения", Text: "Код 012345"}

func TestMailConforms(t *testing.T) {
	notifytest.Conform(t, func(t *testing.T) notifytest.Far {
		b := newMailbox(t, true)
		return notifytest.Far{
			Sender: sender(t, b.options()), Channel: notify.Email, Received: b.messages,
			Down: func(down bool) {
				b.refuseWith(nil)
				if down {
					b.refuseWith(&smtp.SMTPError{Code: 451, Message: "come back later"})
				}
			},
			Refuse: func() { b.refuseWith(&smtp.SMTPError{Code: 550, Message: "no such mailbox"}) },
		}
	})
}

func TestALetterIsSecureAndMarked(t *testing.T) {
	b := newMailbox(t, true)
	require.NoError(t, sender(t, b.options()).Send(t.Context(), letter))
	require.Equal(t, []bool{true}, b.secure)
	require.Equal(t, []string{mailUser}, b.users)

	header := b.headers[0]
	from, err := header.AddressList("From")
	require.NoError(t, err)
	require.Equal(t, []*netmail.Address{{Name: "Личный кабинет", Address: "noreply@kabinet.example.ru"}}, from)
	to, err := header.AddressList("To")
	require.NoError(t, err)
	require.Equal(t, []*netmail.Address{{Address: "anna@example.ru"}}, to)
	require.Equal(t, "auto-generated", header.Get("Auto-Submitted"))
	require.True(t, strings.HasSuffix(header.Get("Message-Id"), "@kabinet.example.ru>"))
	_, err = header.Date()
	require.NoError(t, err)
	require.Empty(t, header.Get("User-Agent")+header.Get("X-Mailer"))
}

func TestASubjectAddsNoHeaders(t *testing.T) {
	b := newMailbox(t, true)
	m := letter
	m.Subject = "Код\r\nBcc: bob@example.ru"
	require.NoError(t, sender(t, b.options()).Send(t.Context(), m))
	require.Empty(t, b.headers[0].Get("Bcc"))
}

func TestALetterGoesToNoServerWithoutSTARTTLS(t *testing.T) {
	b := newMailbox(t, false)
	o := b.options()
	o.Username = ""
	err := sender(t, o).Send(t.Context(), letter)
	require.ErrorIs(t, err, notify.ErrUnavailable)
	require.Empty(t, b.messages())

	o.Plain = true
	require.NoError(t, sender(t, o).Send(t.Context(), letter))
	require.Equal(t, []bool{false}, b.secure)
}

func TestPlainStillTakesSTARTTLSWhereItIs(t *testing.T) {
	b := newMailbox(t, true)
	o := b.options()
	o.Plain = true
	require.NoError(t, sender(t, o).Send(t.Context(), letter))
	require.Equal(t, []bool{true}, b.secure)
}

func TestALetterGoesToNoServerThatIsNotTrusted(t *testing.T) {
	b := newMailbox(t, true)
	for name, change := range map[string]func(*notify.MailOptions){
		"unknown authority": func(o *notify.MailOptions) { o.TLS = nil },
		"another name":      func(o *notify.MailOptions) { o.TLS.ServerName = "mail.example.ru" },
		"wrong password":    func(o *notify.MailOptions) { o.Password = "wrong" },
	} {
		t.Run(name, func(t *testing.T) {
			o := b.options()
			change(&o)
			err := sender(t, o).Send(t.Context(), letter)
			require.ErrorIs(t, err, notify.ErrUnavailable)
			for _, part := range []string{letter.Address, "012345", mailPassword} {
				require.NotContains(t, err.Error(), part)
			}
			require.Empty(t, b.messages())
		})
	}
}

// A caller who leaves while the server thinks is not kept.
func TestASlowMailServerIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newMailbox(t, true)
	release := make(chan struct{})
	defer close(release)
	b.onData = func() { cancel(); <-release }
	require.ErrorIs(t, sender(t, b.options()).Send(ctx, letter), context.Canceled)
}

func TestAMailServerThatIsNotThere(t *testing.T) {
	b := newMailbox(t, true)
	o := b.options()
	b.stop()
	err := sender(t, o).Send(t.Context(), letter)
	require.ErrorIs(t, err, notify.ErrUnavailable)
	require.NotContains(t, err.Error(), letter.Address)
}

func TestMailOptionsAreChecked(t *testing.T) {
	good := notify.MailOptions{Host: "mail.example.ru", Port: 587, From: "noreply@example.ru", Username: "u", Password: mailPassword}
	_, err := notify.NewMail(good)
	require.NoError(t, err)
	require.NotContains(t, good.String()+good.GoString(), mailPassword)
	for name, change := range map[string]func(*notify.MailOptions){
		"no host":      func(o *notify.MailOptions) { o.Host = "" },
		"no port":      func(o *notify.MailOptions) { o.Port = 0 },
		"no sender":    func(o *notify.MailOptions) { o.From = "" },
		"a wrong port": func(o *notify.MailOptions) { o.Port = 70_000 },
		"two senders":  func(o *notify.MailOptions) { o.From = "a@example.ru, b@example.ru" },
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			change(&o)
			_, err := notify.NewMail(o)
			require.Error(t, err)
		})
	}
}
