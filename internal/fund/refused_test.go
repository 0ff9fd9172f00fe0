package fund_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/ent/fundevent"
	"kabinet/internal/fund"
	"kabinet/internal/person/persontest"
)

func TestRequestsThatAreNoEventsAreKept(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		marker := []byte(`{"marker":"Примерова"}`)
		_, err := b.Receive(t.Context(), http.Header{"Content-Type": {fund.MediaTypeEvent}, "Webhook-Id": {"somebody's"}}, marker)
		require.ErrorIs(t, err, fund.ErrSignature)
		b.clock.Advance(time.Second)
		_, err = b.send(t, fund.MediaTypeEvent, marker)
		require.ErrorIs(t, err, fund.ErrEnvelope)
		b.clock.Advance(time.Second)
		batch, err := json.Marshal([]any{leaf("a", number, "1", "020"), map[string]any{"marker": 1}})
		require.NoError(t, err)
		_, err = b.send(t, fund.MediaTypeBatch, batch)
		require.NoError(t, err)

		kept, err := fund.List(t.Context(), b.store, fund.Refused, 10)
		require.NoError(t, err)
		require.Len(t, kept, 3)
		for i, reason := range []fund.Reason{fund.ReasonEnvelope, fund.ReasonEnvelope, fund.ReasonSignature} {
			require.Equal(t, string(reason), kept[i].Reason)
			require.Equal(t, "request", kept[i].Type)
			require.False(t, bytes.Contains(kept[i].Payload, []byte("marker")), "what is kept is sealed")
		}
		text, err := b.Inspect(t.Context(), kept[2].EventID)
		require.NoError(t, err)
		var request struct {
			Header map[string]string
			Size   int
			Body   []byte
		}
		require.NoError(t, json.Unmarshal(text, &request))
		require.Equal(t, marker, request.Body)
		require.Equal(t, "somebody's", request.Header["Webhook-Id"])

		replayed, err := b.Replay(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, replayed, 1, "the parked one; a request that is no event is not judged anew")
	})
}

// Whoever floods the cabinet with rubbish fills neither the database nor what the fund's own mistakes are kept in.
func TestWhatIsKeptOfRefusedRequestsIsBounded(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		system := persontest.System(t)
		count := func(reason fund.Reason) int {
			n, err := b.store.FundEvent.Query().Where(fundevent.Reason(string(reason))).Count(system)
			require.NoError(t, err)
			return n
		}
		_, err := b.send(t, fund.MediaTypeEvent, []byte("{"))
		require.ErrorIs(t, err, fund.ErrEnvelope)
		large := bytes.Repeat([]byte("x"), 1<<20)
		flood := func(requests int) {
			for range requests {
				_, err := b.Receive(t.Context(), http.Header{}, large)
				require.ErrorIs(t, err, fund.ErrSignature)
			}
		}
		flood(100)
		require.Equal(t, 60, count(fund.ReasonSignature), "in a minute")
		b.clock.Advance(time.Minute)
		flood(1)
		require.Equal(t, 61, count(fund.ReasonSignature))
		for range 9 {
			b.clock.Advance(time.Minute)
			flood(60)
		}
		require.Equal(t, 500, count(fund.ReasonSignature), "in all")
		require.Equal(t, 1, count(fund.ReasonEnvelope))
		newest, err := b.store.FundEvent.Query().Where(fundevent.ReceivedAt(b.clock.Now())).Count(system)
		require.NoError(t, err)
		require.Equal(t, 60, newest, "the newest are kept")
		row, err := b.store.FundEvent.Query().Where(fundevent.Reason(string(fund.ReasonSignature))).First(system)
		require.NoError(t, err)
		require.Less(t, len(row.Payload), 32<<10)
	})
}
