package fund_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fund"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// BenchmarkReceive measures how many events of the fund are applied in a second: singly by one sender, singly by eight at
// once, and in batches of 500. Every event extends one of 500 certificates of 50 people.
func BenchmarkReceive(b *testing.B) {
	for name, open := range map[string]func(testing.TB, ...storage.Option) *storage.Store{
		"sqlite": storagetest.OpenSQLite, "postgres": storagetest.OpenPostgres,
	} {
		b.Run(name+"/single", func(b *testing.B) { newStream(b, open(b)).run(b, 1, 1) })
		b.Run(name+"/8-senders", func(b *testing.B) { newStream(b, open(b)).run(b, 1, 8) })
		b.Run(name+"/batch-500", func(b *testing.B) { newStream(b, open(b)).run(b, 500, 1) })
	}
}

// stream is a source of events that can all be applied.
type stream struct {
	*boundary

	n int
}

const benchLeaves = 500

func newStream(b *testing.B, s *storage.Store) *stream {
	b.Helper()
	place := newBoundary(b, s)
	for i := range benchLeaves {
		if i%10 == 0 {
			place.ann = persontest.New(b, s)
		}
		place.addLeave(b, fmt.Sprintf("%012d", i+1))
	}
	return &stream{boundary: place}
}

// run sends b.N events, size in a request, from several senders at once, each for certificates of its own.
func (s *stream) run(b *testing.B, size, senders int) {
	b.Helper()
	requests := make([][]request, senders)
	for sent := 0; sent < b.N; sent += size {
		sender := s.n % benchLeaves % senders
		requests[sender] = append(requests[sender], s.request(b, min(size, b.N-sent), size > 1))
	}
	b.ResetTimer()
	done := make(chan error, senders)
	for _, own := range requests {
		go func() { done <- s.sendAll(b, own) }()
	}
	for range senders {
		require.NoError(b, <-done)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func (s *stream) sendAll(b *testing.B, requests []request) error {
	b.Helper()
	for _, r := range requests {
		results, err := s.Receive(b.Context(), r.header, r.body)
		if err != nil {
			return err
		}
		for _, result := range results {
			if result.Outcome != fund.Applied {
				return fmt.Errorf("an event was %s %s", result.Outcome, result.Reason)
			}
		}
	}
	return nil
}

// request is a signed request.
type request struct {
	header http.Header
	body   []byte
}

func (s *stream) request(b *testing.B, events int, batch bool) request {
	b.Helper()
	list := make([]any, events)
	for i := range list {
		list[i] = leaf(uuid.NewString(), fmt.Sprintf("%012d", s.n%benchLeaves+1), fmt.Sprint(s.n/benchLeaves+1), "020")
		s.n++
	}
	var value any = list
	mediaType := fund.MediaTypeBatch
	if !batch {
		value, mediaType = list[0], fund.MediaTypeEvent
	}
	body, err := json.Marshal(value)
	require.NoError(b, err)
	r := request{http.Header{"Content-Type": {mediaType}}, body}
	require.NoError(b, fund.Sign(r.header, secret, uuid.NewString(), s.clock.Now(), body))
	return r
}
