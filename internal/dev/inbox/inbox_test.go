package inbox_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/notify"
	"kabinet/internal/notify/notifytest"
)

var nine = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

func TestTheInboxConforms(t *testing.T) {
	for _, channel := range []notify.Channel{notify.SMS, notify.Email} {
		t.Run(string(channel), func(t *testing.T) {
			notifytest.Conform(t, func(*testing.T) notifytest.Far {
				i := inbox.New(clock.NewFixed(nine))
				return notifytest.Far{Sender: i, Channel: channel, Received: i.Messages, Down: func(down bool) {
					i.Fail(map[bool]int{true: 1000}[down])
				}}
			})
		})
	}
}

func send(t *testing.T, i *inbox.Inbox, channel notify.Channel, address, text string) {
	t.Helper()
	require.NoError(t, i.Send(t.Context(), notify.Message{Channel: channel, Address: address, Subject: subject(channel), Text: text}))
}

func subject(c notify.Channel) string {
	if c == notify.Email {
		return "Код <подтверждения>"
	}
	return ""
}

func get(t *testing.T, i *inbox.Inbox, accept string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/dev/inbox", nil)
	r.Header.Set("Accept", accept)
	i.ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return w
}

func TestAPageShowsTheNewestFirst(t *testing.T) {
	i := inbox.New(clock.NewFixed(nine))
	require.Contains(t, get(t, i, "text/html").Body.String(), "Пока ничего не отправлено")
	send(t, i, notify.SMS, "+79001234567", "Первое 012345")
	send(t, i, notify.Email, "anna@example.ru", "Второе <script>alert(1)</script>")

	w := get(t, i, "text/html,application/xhtml+xml,*/*;q=0.8")
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	page := w.Body.String()
	require.Contains(t, page, `http-equiv="refresh"`)
	require.NotContains(t, page, "<script>")
	require.NotContains(t, page, "<подтверждения>")
	page = html.UnescapeString(page)
	for _, part := range []string{"Письмо", "anna@example.ru", "Второе", "СМС", "+79001234567", "Первое 012345"} {
		at := strings.Index(page, part)
		require.GreaterOrEqual(t, at, 0, part)
		page = page[at:] // the next one stands below
	}
}

func TestAProgramGetsJSON(t *testing.T) {
	now := clock.NewFixed(nine)
	i := inbox.New(now)
	require.JSONEq(t, "[]", get(t, i, "application/json").Body.String())
	send(t, i, notify.SMS, "+79001234567", "Первое 012345")
	now.Advance(time.Second)
	send(t, i, notify.Email, "anna@example.ru", "Второе")

	w := get(t, i, "application/json")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `[
		{"channel": "EMAIL", "to": "anna@example.ru", "subject": "Код <подтверждения>", "text": "Второе", "at": "2026-03-02T09:00:01Z"},
		{"channel": "SMS", "to": "+79001234567", "subject": "", "text": "Первое 012345", "at": "2026-03-02T09:00:00Z"}
	]`, w.Body.String())
}

func TestTheInboxKeepsTheNewest(t *testing.T) {
	i := inbox.New(clock.NewFixed(nine))
	for n := range 250 {
		send(t, i, notify.SMS, "+79001234567", fmt.Sprintf("№ %d", n))
	}
	var shown []struct{ Text string }
	require.NoError(t, json.Unmarshal(get(t, i, "application/json").Body.Bytes(), &shown))
	require.Len(t, shown, 200)
	require.Equal(t, "№ 249", shown[0].Text)
	require.Equal(t, "№ 50", shown[199].Text)
}

func TestItFailsAsOftenAsTold(t *testing.T) {
	i := inbox.New(clock.NewFixed(nine))
	m := notify.Message{Channel: notify.SMS, Address: "+79001234567", Text: "Код"}
	i.Fail(2)
	require.ErrorIs(t, i.Send(t.Context(), m), notify.ErrUnavailable)
	require.ErrorIs(t, i.Send(t.Context(), m), notify.ErrUnavailable)
	require.NoError(t, i.Send(t.Context(), m))
	require.Len(t, i.Messages(), 1)
}

func TestItIsOnlyLookedAt(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodPut} {
		w := httptest.NewRecorder()
		inbox.New(clock.System{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/", nil))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
}
