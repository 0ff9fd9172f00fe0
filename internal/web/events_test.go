package web_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/docs/events"
	"kabinet/internal/fault"
	"kabinet/internal/fund"
)

const maxBody = 4 << 20

// post sends a body as the fund does, signed unless the secret is empty.
func (c *cabinet) post(t *testing.T, secret, contentType string, body []byte) *http.Response {
	t.Helper()
	signed := http.Header{}
	fields := header{"Content-Type", contentType}
	if secret != "" {
		require.NoError(t, fund.Sign(signed, secret, uuid.NewString(), c.clock.Now(), body))
	}
	for name, values := range signed {
		fields = append(fields, name, values[0])
	}
	return c.browser().do(t, http.MethodPost, "/fund/events", string(body), fields...)
}

func example(t *testing.T) []byte {
	t.Helper()
	plain, err := events.Files.ReadFile("ru.sfr.document.verdict.example.json")
	require.NoError(t, err)
	sealed, err := fund.Seal(plain)
	require.NoError(t, err)
	return sealed
}

type eventsAnswer struct{ Events []fund.Result }

func TestEventsOfTheFund(t *testing.T) {
	c := newCabinet(t)
	event := example(t)
	answer := c.post(t, c.secret, fund.MediaTypeEvent, event)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	const id = "0193a000-0000-7000-8000-000000000003"
	require.Equal(t, []fund.Result{{ID: id, Outcome: fund.Parked}}, decode[eventsAnswer](t, answer).Events)

	batch := append(append([]byte("["), event...), ']')
	answer = c.post(t, c.secret, fund.MediaTypeBatch, batch)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Len(t, decode[eventsAnswer](t, answer).Events, 1)

	wrong := bytes.Replace(event, []byte("REJECTED"), []byte("APPROVED"), 1) // the checksum is another's
	answer = c.post(t, c.secret, fund.MediaTypeEvent, bytes.Replace(wrong, []byte(id), []byte("other"), 1))
	require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode)
	require.Equal(t, []fund.Result{{ID: "other", Outcome: fund.Refused, Reason: fund.ReasonChecksum}}, decode[eventsAnswer](t, answer).Events)
	require.NotContains(t, c.log.String(), "нечитаем")
	require.Len(t, c.lines(t, "fund event"), 3)
}

func TestEventsThatAreNotTaken(t *testing.T) {
	c := newCabinet(t)
	event := example(t)
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	_, err := zip.Write(make([]byte, 64<<20))
	require.NoError(t, err)
	require.NoError(t, zip.Close())
	const stranger = "whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2VyMTIz"
	for name, test := range map[string]struct {
		secret, contentType string
		body                []byte
		status              int
		code                fault.Code
	}{
		"not signed":                {"", fund.MediaTypeEvent, event, 401, fault.Unauthenticated},
		"signed by a stranger":      {stranger, fund.MediaTypeEvent, event, 401, fault.Unauthenticated},
		"nothing":                   {c.secret, fund.MediaTypeEvent, nil, 400, fault.BadInput},
		"no JSON":                   {c.secret, fund.MediaTypeEvent, []byte("marker"), 400, fault.BadInput},
		"JSON of another kind":      {c.secret, fund.MediaTypeEvent, []byte(`"marker"`), 400, fault.BadInput},
		"UTF-8 that is none":        {c.secret, fund.MediaTypeEvent, []byte("\xff"), 400, fault.BadInput},
		"compressed":                {c.secret, fund.MediaTypeEvent, bomb.Bytes(), 400, fault.BadInput},
		"a batch of too many":       {c.secret, fund.MediaTypeBatch, []byte("[" + strings.Repeat("{},", 500) + "{}]"), 413, fault.LimitExceeded},
		"plain JSON":                {c.secret, "application/json", event, 415, fault.BadInput},
		"text":                      {c.secret, "text/plain", event, 415, fault.BadInput},
		"a form":                    {c.secret, "application/x-www-form-urlencoded", event, 415, fault.BadInput},
		"no content type":           {c.secret, "", event, 415, fault.BadInput},
		"a content type that is no": {c.secret, ";;marker", event, 415, fault.BadInput},
		"as large as may be":        {"", fund.MediaTypeEvent, make([]byte, maxBody), 401, fault.Unauthenticated},
		"one byte too large":        {"", fund.MediaTypeEvent, make([]byte, maxBody+1), 413, fault.LimitExceeded},
		"ten times too large":       {c.secret, fund.MediaTypeEvent, make([]byte, 10*maxBody), 413, fault.LimitExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			r := requireRefused(t, c.post(t, test.secret, test.contentType, test.body), test.status, test.code)
			require.NotContains(t, r.Message, "marker")
		})
	}
	require.NotContains(t, c.log.String(), "marker")
	require.Empty(t, c.lines(t, "fund event"))
}

func TestABodyThatBreaksOffIsNotAnEvent(t *testing.T) {
	c := newCabinet(t)
	body := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(example(t))))
	recorder := httptest.NewRecorder()
	c.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/fund/events", body))
	requireRefused(t, recorder.Result(), http.StatusBadRequest, fault.BadInput)
}
