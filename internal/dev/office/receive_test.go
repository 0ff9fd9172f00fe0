package office_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
)

const (
	submitted = "ru.kabinet.appeal.submitted"
	commented = "ru.kabinet.appeal.commented"
	withdrawn = "ru.kabinet.appeal.withdrawn"
	asked     = "ru.kabinet.clarification.asked"
)

func TestACommandIsTakenOnce(t *testing.T) {
	h := newHouse(t)
	e := h.command(submitted, newAppeal(), nil)
	require.Equal(t, http.StatusAccepted, h.post(e))
	require.Equal(t, http.StatusConflict, h.post(e))
	h.restart()
	require.Equal(t, http.StatusConflict, h.post(e))
	require.Len(t, h.State().Work, 1)
	require.Equal(t, 1, h.State().Commands)
}

func TestWhatIsNoCommandIsRefused(t *testing.T) {
	h := newHouse(t)
	good := func() event { return h.command(submitted, newAppeal(), nil) }
	for name, test := range map[string]struct {
		spoil  func(e *event)
		change func(r *http.Request)
		want   int
	}{
		"not signed":         {nil, func(r *http.Request) { r.Header.Del("webhook-signature") }, http.StatusUnauthorized},
		"signed otherwise":   {nil, func(r *http.Request) { _ = fund.Sign(r.Header, secret, "x", h.clock.Now(), nil) }, http.StatusUnauthorized},
		"another media type": {nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, http.StatusUnsupportedMediaType},
		"no media type":      {nil, func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		"another version":    {func(e *event) { e.SpecVersion = "0.3" }, nil, http.StatusBadRequest},
		"no UUID":            {func(e *event) { e.ID = "1" }, nil, http.StatusBadRequest},
		"no number":          {func(e *event) { e.Sequence = "0" }, nil, http.StatusBadRequest},
		"another checksum":   {func(e *event) { e.Checksum = fund.Checksum(nil) }, nil, http.StatusBadRequest},
		"no source":          {func(e *event) { e.Source = "" }, nil, http.StatusBadRequest},
		"an unknown type":    {func(e *event) { e.Type = "ru.kabinet.appeal.sung" }, nil, http.StatusUnprocessableEntity},
		"another subject":    {func(e *event) { e.Subject = newAppeal() }, nil, http.StatusUnprocessableEntity},
		"data of another type": {func(e *event) {
			*e = h.command(commented, newAppeal(), nil)
			e.Type = submitted
		}, nil, http.StatusUnprocessableEntity},
		"a member too many": {func(e *event) {
			*e = h.command(submitted, newAppeal(), map[string]any{"shoes": 44})
		}, nil, http.StatusUnprocessableEntity},
	} {
		e := good()
		if test.spoil != nil {
			test.spoil(&e)
		}
		require.Equal(t, test.want, h.postWith(e, test.change), name)
	}
	require.Equal(t, http.StatusBadRequest, h.postBody("x", []byte("{"), nil))
	e := good()
	require.Equal(t, http.StatusBadRequest, h.postBody(e.ID, []byte(`{"id":"`+e.ID+`"}`), nil))
	require.Equal(t, http.StatusRequestEntityTooLarge, h.postBody("x", []byte(strings.Repeat(" ", 2<<20)), nil))
	require.Empty(t, h.State().Work)
	require.Zero(t, h.State().Commands)

	e = good()
	require.Equal(t, http.StatusUnauthorized, h.postWith(e, func(*http.Request) { h.clock.Advance(time.Hour) }), "signed an hour ago")
	require.Equal(t, http.StatusAccepted, h.post(e))
}

func TestCommandsAreOnlyPosted(t *testing.T) {
	h := newHouse(t)
	e := h.command(submitted, newAppeal(), nil)
	require.Equal(t, http.StatusMethodNotAllowed, h.postWith(e, func(r *http.Request) { r.Method = http.MethodPut }))
}

// What citizens write reaches neither the file nor the log.
func TestNothingPersonalIsKept(t *testing.T) {
	h := newHouse(t)
	h.submit("Тайная тема: исправить")
	h.pass(20)
	appeal := newAppeal()
	require.Equal(t, http.StatusAccepted, h.post(h.command(commented, appeal, nil)))
	h.pass(5)
	for name, text := range map[string]string{"the books": readFile(t, h.directory), "the log": h.log.String()} {
		require.NotEmpty(t, text)
		for _, secret := range []string{"Тайная", "Анна", "Иванова", "11223344595", "anna@example.org", "Паспорт уже", "фамилию", "Мясницкая"} {
			require.NotContains(t, text, secret, name)
		}
	}
}
