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

// BenchmarkReceive measures how many events of the fund are applied in a second: one by one over a connection and over
// eight, in batches of a hundred over a connection and over four. Every event extends one of 500 certificates of 50 people,
// and what two senders tell is of different people; with "crowded" eight tell of the same.
func BenchmarkReceive(b *testing.B) {
	for _, database := range []struct {
		name string
		open func(testing.TB, ...storage.Option) *storage.Store
	}{{"postgres", storagetest.OpenPostgres}, {"sqlite", storagetest.OpenSQLite}} {
		for _, load := range []load{
			{"single", 1, 1, false},
			{"single-8-senders", 1, 8, false},
			{"single-8-senders-crowded", 1, 8, true},
			{"batch-100", 100, 1, false},
			{"batch-100-4-senders", 100, 4, false},
		} {
			b.Run(database.name+"/"+load.name, func(b *testing.B) { newStream(b, database.open(b)).run(b, load) })
		}
	}
}

// load is how events are sent.
type load struct {
	name    string
	size    int // of a request, in events
	senders int
	crowded bool // the senders tell of the same people, each of certificates of their own
}

// stream is a source of events that can all be applied.
type stream struct {
	*boundary

	sent [benchLeaves]int // events about each certificate
}

const (
	benchLeaves = 500
	leavesEach  = 10 // of a person
)

func newStream(b *testing.B, s *storage.Store) *stream {
	b.Helper()
	place := newBoundary(b, s)
	for i := range benchLeaves {
		if i%leavesEach == 0 {
			place.ann = persontest.New(b, s)
		}
		place.addLeave(b, fmt.Sprintf("%012d", i+1))
	}
	return &stream{boundary: place}
}

// run sends b.N events.
func (s *stream) run(b *testing.B, l load) {
	b.Helper()
	own := make([][]int, l.senders) // the certificates of each sender
	for leaf := range benchLeaves {
		sender := leaf / leavesEach % l.senders
		if l.crowded {
			sender = leaf % l.senders
		}
		own[sender] = append(own[sender], leaf)
	}
	requests := make([][]request, l.senders)
	for sent := 0; sent < b.N; sent += l.size {
		sender := sent / l.size % l.senders
		var leaves []int
		for range min(l.size, b.N-sent) {
			leaves = append(leaves, own[sender][0])
			own[sender] = append(own[sender][1:], own[sender][0])
		}
		requests[sender] = append(requests[sender], s.request(b, leaves, l.size > 1))
	}
	b.ResetTimer()
	done := make(chan error, l.senders)
	for _, own := range requests {
		go func() { done <- s.sendAll(b, own) }()
	}
	for range l.senders {
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

func (s *stream) request(b *testing.B, leaves []int, batch bool) request {
	b.Helper()
	list := make([]any, len(leaves))
	for i, n := range leaves {
		s.sent[n]++
		list[i] = leaf(uuid.NewString(), fmt.Sprintf("%012d", n+1), fmt.Sprint(s.sent[n]), "020")
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
