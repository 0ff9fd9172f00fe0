// Package notifytest is the conformance suite of notify.Sender: what those who send may rely on, whatever the channel.
package notifytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/notify"
)

// Far is a sender and the far side of it, where its messages arrive.
type Far struct {
	Sender  notify.Sender
	Channel notify.Channel // one of those that it serves
	// Received gives the messages that have arrived, with line feeds for the ends of lines.
	Received func() []notify.Message
	// Down makes the far side fail from now on, or work again.
	Down func(down bool)
	// Refuse makes the far side refuse every message for good from now on; nil if it never does.
	Refuse func()
}

// Conform runs the suite. open gives a sender to whose far side nothing has been sent yet.
func Conform(t *testing.T, open func(t *testing.T) Far) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Far){
		"a message arrives as it was sent":        arrives,
		"many at once arrive once each":           manyAtOnce,
		"what cannot be sent is not":              notSendable,
		"other channels are refused":              otherChannels,
		"nothing is sent for a caller who left":   cancelled,
		"a far side that fails is not available":  down,
		"a far side may refuse":                   refused,
		"addresses of one channel in other forms": otherForms,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// address is the nth address of a channel.
func address(c notify.Channel, n int) string {
	if c == notify.Email {
		return fmt.Sprintf("anna.ivanova%d@example.ru", n)
	}
	return fmt.Sprintf("+7900123%04d", n)
}

func message(c notify.Channel, n int) notify.Message {
	m := notify.Message{Channel: c, Address: address(c, n), Text: fmt.Sprintf("Код %06d: вход. Никому не сообщайте.", n)}
	if c == notify.Email {
		m.Subject = "Код подтверждения"
	}
	return m
}

func arrives(t *testing.T, f Far) {
	for n, text := range []string{
		"012345 — код",
		"a\nb\n\nc",
		".\n..\n.код",
		"=3D <b>&amp;</b> \"'\\ 100% %s",
		strings.Repeat("Очень длинная строка без переносов. ", 60) + "конец",
		"🙂",
	} {
		m := message(f.Channel, n)
		m.Text = text
		require.NoError(t, f.Sender.Send(t.Context(), m))
		received := f.Received()
		requireSame(t, m, received[len(received)-1])
		require.Len(t, received, n+1)
	}
}

// requireSame compares field by field, for a message prints as nothing.
func requireSame(t *testing.T, want, got notify.Message) {
	t.Helper()
	require.Equal(t, want.Channel, got.Channel)
	require.Equal(t, want.Address, got.Address)
	require.Equal(t, want.Subject, got.Subject)
	require.Equal(t, want.Text, got.Text)
}

func manyAtOnce(t *testing.T, f Far) {
	const many = 20
	failures := make([]error, many)
	var wg sync.WaitGroup
	for n := range many {
		wg.Go(func() { failures[n] = f.Sender.Send(t.Context(), message(f.Channel, n)) })
	}
	wg.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	arrived := map[notify.Message]int{}
	for _, m := range f.Received() {
		arrived[m]++
	}
	for n := range many {
		require.Equal(t, 1, arrived[message(f.Channel, n)], n)
	}
	require.Len(t, arrived, many)
}

func notSendable(t *testing.T, f Far) {
	empty := message(f.Channel, 1)
	empty.Text = ""
	require.ErrorIs(t, f.Sender.Send(t.Context(), empty), notify.ErrMessage)
	for _, bad := range []string{
		"", " ", "anna", "+7900", "+7900123000a", "anna@", "@example.ru", "anna@example.ru\r\nBcc: bob@example.ru",
		"Anna <anna@example.ru>", "anna@example.ru, bob@example.ru", "+79001230001,+79001230002", "+79001230001\n",
	} {
		m := message(f.Channel, 1)
		m.Address = bad
		err := f.Sender.Send(t.Context(), m)
		require.ErrorIs(t, err, notify.ErrMessage, "%q", bad)
		if len(bad) > 1 {
			require.NotContains(t, err.Error(), bad)
		}
	}
	require.Empty(t, f.Received())
}

func otherForms(t *testing.T, f Far) {
	for _, other := range []string{"+7(900)1230001", "89001230001", "anna@EXAMPLE.ru"} {
		m := message(f.Channel, 1)
		m.Address = other
		require.ErrorIs(t, f.Sender.Send(t.Context(), m), notify.ErrMessage, "the form is one: %q", other)
	}
	require.Empty(t, f.Received())
}

func otherChannels(t *testing.T, f Far) {
	for _, other := range []notify.Channel{"", "PIGEON", "sms"} {
		m := message(f.Channel, 1)
		m.Channel = other
		require.ErrorIs(t, f.Sender.Send(t.Context(), m), notify.ErrChannel)
	}
	require.Empty(t, f.Received())
}

func cancelled(t *testing.T, f Far) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f.Sender.Send(ctx, message(f.Channel, 1)), context.Canceled)
	require.Empty(t, f.Received())
}

func down(t *testing.T, f Far) {
	m := message(f.Channel, 1)
	f.Down(true)
	err := f.Sender.Send(t.Context(), m)
	require.ErrorIs(t, err, notify.ErrUnavailable)
	requireSilent(t, err, m)
	require.Empty(t, f.Received())

	f.Down(false)
	require.NoError(t, f.Sender.Send(t.Context(), m))
	require.Len(t, f.Received(), 1)
}

func refused(t *testing.T, f Far) {
	if f.Refuse == nil {
		return
	}
	m := message(f.Channel, 1)
	f.Refuse()
	err := f.Sender.Send(t.Context(), m)
	require.ErrorIs(t, err, notify.ErrRejected)
	requireSilent(t, err, m)
	require.Empty(t, f.Received())
}

// requireSilent: an error tells nothing of the message, however it is printed.
func requireSilent(t *testing.T, err error, m notify.Message) {
	t.Helper()
	for ; err != nil; err = unwrap(err) {
		for _, verb := range []string{"%v", "%+v"} {
			text := fmt.Sprintf(verb, err)
			for _, secret := range []string{m.Address, m.Text, "000001", m.Address[:8]} {
				require.NotContains(t, text, secret)
			}
		}
	}
}

// unwrap steps into the last of what an error wraps: the first is the sentinel.
func unwrap(err error) error {
	switch e := err.(type) { //nolint:errorlint // the steps themselves are looked at
	case interface{ Unwrap() error }:
		return e.Unwrap()
	case interface{ Unwrap() []error }:
		return e.Unwrap()[len(e.Unwrap())-1]
	}
	return nil
}
