//go:build longrun

package longrun_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// subscriber is a citizen's client: it holds a stream, and when that ends it connects again, anywhere, behind the last
// item that it has seen. It checks every item.
type subscriber struct {
	citizen *citizen
	way     way
	client  *client
	choose  func(*rand.Rand) string // an instance, for each try
	random  *rand.Rand

	mu       sync.Mutex
	moved    *sync.Cond
	stream   stream // nil while there is none
	away     bool   // it is not to connect
	position int64
	events   int64
	gaps     int
	missed   int64
	streams  int
	fault    error
}

func newSubscriber(c *citizen, w way, random *rand.Rand, choose func(*rand.Rand) string) *subscriber {
	s := &subscriber{citizen: c, way: w, client: newClient(), choose: choose, random: random}
	s.moved = sync.NewCond(&s.mu)
	return s
}

// run subscribes until the context ends or a promise is broken.
func (s *subscriber) run(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { s.mu.Lock(); defer s.mu.Unlock(); s.moved.Broadcast() })()
	for s.ready(ctx) {
		if s.once(ctx) {
			continue
		}
		select { // as a client does that does not want to come back with all the others
		case <-ctx.Done():
		case <-time.After(20*time.Millisecond + rand.N(200*time.Millisecond)):
		}
	}
}

// ready waits until it may connect; false when there is nothing left to do.
func (s *subscriber) ready(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.away && ctx.Err() == nil {
		s.moved.Wait()
	}
	return s.fault == nil && ctx.Err() == nil
}

// once holds one stream until it ends, and tells whether it gave anything.
func (s *subscriber) once(ctx context.Context) bool {
	s.mu.Lock()
	after := s.position
	url := s.choose(s.random)
	s.mu.Unlock()
	opening, cancel := context.WithCancel(ctx)
	defer cancel()
	// A server that hangs must not hold the client; the stream itself has no limit.
	patience := time.AfterFunc(10*time.Second, cancel)
	stream, err := s.client.subscribe(opening, s.way, url, s.citizen.token, after)
	if !patience.Stop() && err == nil {
		stream.cut()
		return false
	}
	if err != nil {
		return false
	}
	defer stream.cut()
	s.mu.Lock()
	s.stream = stream
	s.streams++
	left := s.away
	s.mu.Unlock()
	defer func() { s.mu.Lock(); defer s.mu.Unlock(); s.stream = nil }()
	if left {
		return false
	}
	some := false
	for {
		i, err := stream.next()
		if err != nil {
			return some
		}
		some = true
		if !s.take(i) {
			return some
		}
	}
}

// take checks an item: it is the next one, or tells how many cannot be had.
func (s *subscriber) take(i item) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.moved.Broadcast()
	switch {
	case i.missed > 0 && i.sequence == s.position+i.missed:
		s.gaps++
		s.missed += i.missed
	case i.missed == 0 && i.sequence == s.position+1:
		s.events++
	default:
		s.fault = fmt.Errorf("%s: behind %d came %d, telling of %d missed", s.citizen.uid, s.position, i.sequence, i.missed)
		return false
	}
	s.position = i.sequence
	return true
}

// breakOff ends the stream from the client's side, if there is one.
func (s *subscriber) breakOff(how func(stream)) {
	s.mu.Lock()
	stream := s.stream
	s.mu.Unlock()
	if stream != nil {
		how(stream)
	}
}

// stayAway has it leave and not come back until it may.
func (s *subscriber) stayAway(away bool) {
	s.mu.Lock()
	s.away = away
	s.moved.Broadcast()
	s.mu.Unlock()
	if away {
		s.breakOff(stream.cut)
	}
}

// crew are the subscribers of a run.
type crew struct {
	subscribers []*subscriber
	leave       context.CancelFunc
	gone        sync.WaitGroup
}

func newCrew(t testing.TB, seed uint64, citizens []*citizen, choose func(*rand.Rand) string) *crew {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	c := &crew{leave: leave}
	for i, citizen := range citizens {
		s := newSubscriber(citizen, way(i%2), rand.New(rand.NewPCG(seed, uint64(i))), choose)
		c.subscribers = append(c.subscribers, s)
		c.gone.Go(func() { s.run(ctx) })
	}
	t.Cleanup(c.part)
	return c
}

// part has all leave.
func (c *crew) part() {
	c.leave()
	for _, s := range c.subscribers {
		s.breakOff(stream.cut)
	}
	c.gone.Wait()
}

// fault is the first broken promise.
func (c *crew) fault() error {
	for _, s := range c.subscribers {
		s.mu.Lock()
		fault := s.fault
		s.mu.Unlock()
		if fault != nil {
			return fault
		}
	}
	return nil
}

// connected is how many hold a stream.
func (c *crew) connected() int {
	n := 0
	for _, s := range c.subscribers {
		s.mu.Lock()
		if s.stream != nil {
			n++
		}
		s.mu.Unlock()
	}
	return n
}

// await waits until everybody has seen all that was reported of them, and nothing else.
func (c *crew) await(t testing.TB, d time.Duration) {
	t.Helper()
	deadline := time.Now().Add(d)
	for _, s := range c.subscribers {
		timer := time.AfterFunc(time.Until(deadline), func() { s.mu.Lock(); defer s.mu.Unlock(); s.moved.Broadcast() })
		s.mu.Lock()
		for s.fault == nil && s.position < s.citizen.sent && time.Now().Before(deadline) {
			s.moved.Wait()
		}
		fault, position := s.fault, s.position
		s.mu.Unlock()
		timer.Stop()
		require.NoError(t, fault)
		require.Equal(t, s.citizen.sent, position, "%s has not got everything", s.citizen.uid)
	}
}

// tally sums up what the subscribers saw.
func (c *crew) tally() (events, missed int64, gaps, streams int) {
	for _, s := range c.subscribers {
		s.mu.Lock()
		events, missed, gaps, streams = events+s.events, missed+s.missed, gaps+s.gaps, streams+s.streams
		s.mu.Unlock()
	}
	return events, missed, gaps, streams
}
