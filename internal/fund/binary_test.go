package fund_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
)

// binary is an event in binary mode, signed as the fund signs; change may alter it afterwards.
func (b *boundary) binary(t *testing.T, data string, attributes map[string]string, change func(http.Header)) ([]fund.Result, error) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	require.NoError(t, fund.Sign(header, secret, attributes["id"], b.clock.Now(), []byte(data)))
	header.Set("Ce-Specversion", "1.0")
	header.Set("Ce-Checksum", fund.Checksum([]byte(data)))
	for name, value := range attributes {
		header.Set("Ce-"+name, value)
	}
	if change != nil {
		change(header)
	}
	return b.Receive(t.Context(), header, []byte(data))
}

func attributes(id, kind, subject, sequence string) map[string]string {
	return map[string]string{"id": id, "source": "urn:test", "type": kind, "subject": subject, "sequence": sequence, "time": "2026-11-21T09:30:00Z"}
}

func TestBinaryMode(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		b.meetAnn(t)
		closed := `{"number":"` + number + `","state":"030"}`
		results, err := b.binary(t, closed, attributes("a", fund.TypeSickLeaveChanged, number, "1"), nil)
		require.NoError(t, err)
		require.Equal(t, []fund.Result{{ID: "a", Outcome: fund.Applied}}, results)
		require.Equal(t, "CLOSED", b.state(t, number))
		require.Equal(t, fund.Duplicate, b.one(t, leaf("a", number, "1", "030")).Outcome, "the same event, structured")

		// What is not printable ASCII is percent-encoded, and a value may be quoted.
		for i, subject := range []string{"%D0%A1-%2042", `"%D0%A1-%2042"`, `"%D0%A1\-%2042"`, "%d0%a1-%2042"} {
			due := `{"number":"С- 42","snils":"` + snils + `","state":"OPEN","title":"Сделать","dueOn":"2026-12-01"}`
			results, err = b.binary(t, due, attributes(fmt.Sprint("d", i), fund.TypeDeadlineSet, subject, fmt.Sprint(i+1)), nil)
			require.NoError(t, err, subject)
			require.Equal(t, fund.Applied, results[0].Outcome, subject)
		}
	})
}

func TestBinaryModeThatIsNoEvent(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		before := b.version(t)
		for name, test := range map[string]struct {
			change func(http.Header)
			want   error
		}{
			"another id":                {func(h http.Header) { h.Set("Ce-Id", "b") }, fund.ErrMessageID},
			"no id":                     {func(h http.Header) { h.Del("Ce-Id") }, fund.ErrMessageID},
			"no message id":             {func(h http.Header) { h.Del("Webhook-Id") }, fund.ErrSignature},
			"another message id":        {func(h http.Header) { h.Set("Webhook-Id", "b"); h.Set("Ce-Id", "b") }, fund.ErrSignature},
			"not signed":                {func(h http.Header) { h.Del("Webhook-Signature") }, fund.ErrSignature},
			"no attributes":             {func(h http.Header) { h.Del("Ce-Specversion") }, fund.ErrMediaType},
			"another content type":      {func(h http.Header) { h.Set("Content-Type", "text/plain") }, fund.ErrMediaType},
			"another version":           {func(h http.Header) { h.Set("Ce-Specversion", "0.3") }, fund.ErrEnvelope},
			"no type":                   {func(h http.Header) { h.Del("Ce-Type") }, fund.ErrEnvelope},
			"no sequence":               {func(h http.Header) { h.Del("Ce-Sequence") }, fund.ErrEnvelope},
			"no time":                   {func(h http.Header) { h.Set("Ce-Time", "yesterday") }, fund.ErrEnvelope},
			"an attribute twice":        {func(h http.Header) { h.Add("Ce-Subject", "910000000002") }, fund.ErrEnvelope},
			"half a percent-encoding":   {func(h http.Header) { h.Set("Ce-Subject", number+"%4") }, fund.ErrEnvelope},
			"no percent-encoding":       {func(h http.Header) { h.Set("Ce-Subject", number+"%zz") }, fund.ErrEnvelope},
			"encoded, no UTF-8":         {func(h http.Header) { h.Set("Ce-Subject", "%ff") }, fund.ErrEnvelope},
			"encoded NUL":               {func(h http.Header) { h.Set("Ce-Subject", "%00") }, fund.ErrEnvelope},
			"not encoded":               {func(h http.Header) { h.Set("Ce-Subject", "С-42") }, fund.ErrEnvelope},
			"a quote within quotes":     {func(h http.Header) { h.Set("Ce-Subject", `"a"b"`) }, fund.ErrEnvelope},
			"a backslash that protects": {func(h http.Header) { h.Set("Ce-Subject", `"a\"`) }, fund.ErrEnvelope},
		} {
			_, err := b.binary(t, `{"number":"`+number+`","state":"030"}`, attributes("a", fund.TypeSickLeaveChanged, number, "1"), test.change)
			require.ErrorIs(t, err, test.want, name)
		}
		require.Equal(t, before, b.version(t))
	})
}

// The headers are not signed: whoever alters them cannot turn the event against another subject or give it another meaning.
func TestBinaryModeThatWasAltered(t *testing.T) {
	const other = "910000000002"
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		b.addLeave(t, other)
		before := b.version(t)
		for name, test := range map[string]struct {
			change func(http.Header)
			want   fund.Reason
		}{
			"another subject":  {func(h http.Header) { h.Set("Ce-Subject", other) }, fund.ReasonContents},
			"another type":     {func(h http.Header) { h.Set("Ce-Type", fund.TypeSickLeaveIssued) }, fund.ReasonSchema},
			"an unknown type":  {func(h http.Header) { h.Set("Ce-Type", "ru.sfr.unknown") }, fund.ReasonType},
			"another checksum": {func(h http.Header) { h.Set("Ce-Checksum", fund.Checksum(nil)) }, fund.ReasonChecksum},
			"no checksum":      {func(h http.Header) { h.Del("Ce-Checksum") }, fund.ReasonChecksum},
		} {
			results, err := b.binary(t, `{"number":"`+number+`","state":"030"}`, attributes(name, fund.TypeSickLeaveChanged, number, "1"), test.change)
			require.NoError(t, err)
			require.Equal(t, []fund.Result{{ID: name, Outcome: fund.Refused, Reason: test.want}}, results)
		}
		require.Equal(t, before, b.version(t))
	})
}
