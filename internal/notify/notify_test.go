package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/notify"
	"kabinet/internal/notify/notifytest"
)

var secret = notify.Message{Channel: notify.SMS, Address: "+79001234567", Subject: "тема", Text: "Код 012345"}

func TestAMessagePrintsNothing(t *testing.T) {
	holder := struct {
		M notify.Message
		P *notify.Message
	}{secret, &secret}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).InfoContext(t.Context(), "sent", "m", secret, "p", &secret, "holder", holder)
	}
	written, err := json.Marshal(holder)
	require.NoError(t, err)
	texts := []string{log.String(), string(written), secret.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		texts = append(texts, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret), fmt.Sprintf(verb, holder))
	}
	for _, text := range texts {
		for _, part := range []string{secret.Address, "79001234567", secret.Subject, secret.Text, "012345"} {
			require.NotContains(t, text, part)
		}
	}
}

func TestARouterSendsByChannel(t *testing.T) {
	phones, letters := inbox.New(clock.System{}), inbox.New(clock.System{})
	router := notify.Router{notify.SMS: phones, notify.Email: letters}
	letter := notify.Message{Channel: notify.Email, Address: "anna@example.ru", Subject: "Тема", Text: "Текст"}
	require.NoError(t, router.Send(t.Context(), secret))
	require.NoError(t, router.Send(t.Context(), letter))
	require.True(t, phones.Messages()[0] == secret && letters.Messages()[0] == letter)
	require.Len(t, phones.Messages(), 1)
	require.Len(t, letters.Messages(), 1)

	require.ErrorIs(t, notify.Router{notify.Email: letters}.Send(t.Context(), secret), notify.ErrChannel)
	require.ErrorIs(t, notify.Router{notify.SMS: nil}.Send(t.Context(), secret), notify.ErrChannel)
	require.ErrorIs(t, notify.Router(nil).Send(t.Context(), secret), notify.ErrChannel)
}

func TestARouterConforms(t *testing.T) {
	notifytest.Conform(t, func(*testing.T) notifytest.Far {
		phones := inbox.New(clock.System{})
		return notifytest.Far{
			Sender: notify.Router{notify.SMS: phones}, Channel: notify.SMS, Received: phones.Messages,
			Down: func(down bool) { phones.Fail(map[bool]int{true: 1000}[down]) },
		}
	})
}
