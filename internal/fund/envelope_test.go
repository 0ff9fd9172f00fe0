package fund_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/fund"
)

func TestSignatures(t *testing.T) {
	now := clock.NewFixed(time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC))
	verifier, err := fund.NewVerifier(now, secret, oldSecret)
	require.NoError(t, err)
	body := []byte(`{"any":"body"}`)
	signed := func(secret string, at time.Time) http.Header {
		header := http.Header{}
		require.NoError(t, fund.Sign(header, secret, "msg_1", at, body))
		return header
	}
	for name, test := range map[string]struct {
		header http.Header
		body   string
		ok     bool
	}{
		"right":                {signed(secret, now.Now()), string(body), true},
		"by the secret before": {signed(oldSecret, now.Now()), string(body), true},
		"at the edge":          {signed(secret, now.Now().Add(-5*time.Minute)), string(body), true},
		"too old":              {signed(secret, now.Now().Add(-5*time.Minute-time.Second)), string(body), false},
		"from the future":      {signed(secret, now.Now().Add(5*time.Minute+time.Second)), string(body), false},
		"another body":         {signed(secret, now.Now()), string(body) + " ", false},
		"a stranger's":         {signed("whsec_"+strings.Repeat("QUJD", 12), now.Now()), string(body), false},
		"no headers":           {http.Header{}, string(body), false},
		"another message id":   {with(signed(secret, now.Now()), "Webhook-Id", "msg_2"), string(body), false},
		"another time":         {with(signed(secret, now.Now()), "Webhook-Timestamp", "1795253401"), string(body), false},
		"no number":            {with(signed(secret, now.Now()), "Webhook-Timestamp", "now"), string(body), false},
		"no version":           {with(signed(secret, now.Now()), "Webhook-Signature", "AAAA"), string(body), false},
		"empty":                {with(signed(secret, now.Now()), "Webhook-Signature", ""), string(body), false},
	} {
		err := verifier.Verify(test.header, []byte(test.body))
		if test.ok {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, fund.ErrSignature, name)
		}
	}
}

func with(h http.Header, name, value string) http.Header {
	h.Set(name, value)
	return h
}

func TestWeakSecretsAreRefusedAndNotShown(t *testing.T) {
	for _, weak := range []string{"", "whsec_", "whsec_c2hvcnQ=", "secretsecretsecretsecretsecretsecretsecret", "whsec_" + strings.Repeat("%", 60)} {
		_, err := fund.NewVerifier(clock.System{}, weak)
		require.Error(t, err, weak)
		if len(weak) > len("whsec_") {
			require.NotContains(t, err.Error(), strings.TrimPrefix(weak, "whsec_"))
		}
	}
	_, err := fund.NewVerifier(clock.System{})
	require.Error(t, err)
}

func TestRequestsThatAreNoEvents(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		good, err := json.Marshal(leaf("a", number, "1", "030"))
		require.NoError(t, err)
		for name, test := range map[string]struct {
			mediaType string
			body      string
			want      error
		}{
			"another type":  {"application/json", string(good), fund.ErrMediaType},
			"binary mode":   {"text/plain", "{}", fund.ErrMediaType},
			"no type":       {"", string(good), fund.ErrMediaType},
			"no JSON":       {fund.MediaTypeEvent, "{", fund.ErrEnvelope},
			"a list":        {fund.MediaTypeEvent, "[]", fund.ErrEnvelope},
			"no list":       {fund.MediaTypeBatch, "{}", fund.ErrEnvelope},
			"empty":         {fund.MediaTypeEvent, "", fund.ErrEnvelope},
			"no UTF-8":      {fund.MediaTypeEvent, "{\"a\":\"\xff\"}", fund.ErrEnvelope},
			"no sequence":   {fund.MediaTypeEvent, strings.Replace(string(good), `"sequence":"1"`, `"other":"1"`, 1), fund.ErrEnvelope},
			"sequence zero": {fund.MediaTypeEvent, strings.Replace(string(good), `"sequence":"1"`, `"sequence":"0"`, 1), fund.ErrEnvelope},
			"huge sequence": {fund.MediaTypeEvent, strings.Replace(string(good), `"sequence":"1"`, `"sequence":"9223372036854775808"`, 1), fund.ErrEnvelope},
			"no subject":    {fund.MediaTypeEvent, strings.Replace(string(good), `"subject"`, `"other"`, 1), fund.ErrEnvelope},
			"long id":       {fund.MediaTypeEvent, strings.Replace(string(good), `"id":"a"`, `"id":"`+strings.Repeat("a", 256)+`"`, 1), fund.ErrEnvelope},
		} {
			_, err := b.send(t, test.mediaType, []byte(test.body))
			require.ErrorIs(t, err, test.want, name)
		}
		unsigned := http.Header{"Content-Type": {fund.MediaTypeEvent}}
		_, err = b.Receive(t.Context(), unsigned, good)
		require.ErrorIs(t, err, fund.ErrSignature)
	})
}

func FuzzSeal(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"a","source":"b","type":"c","subject":"d","sequence":"1","data":{"e":[1,{"f":null}]}}`))
	f.Add([]byte(`{"data":`))
	f.Fuzz(func(t *testing.T, text []byte) {
		body, err := fund.Seal(text)
		if err != nil {
			return
		}
		require.True(t, json.Valid(body))
		again, err := fund.Seal(body)
		require.NoError(t, err)
		require.JSONEq(t, string(body), string(again), "sealing again changes nothing")
	})
}
