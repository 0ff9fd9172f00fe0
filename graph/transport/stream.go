package transport

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

type lastEventIDKey struct{}

// LastEventID is the id of the last event that a reconnecting reader of an event stream has seen: the cursor of its
// item. Empty for a new reader and for every other transport.
func LastEventID(ctx context.Context) string {
	id, _ := ctx.Value(lastEventIDKey{}).(string)
	return id
}

// Streams are the open streams of one process, so that they can be closed together. Its zero value is not usable.
type Streams struct {
	jitter time.Duration

	mu       sync.Mutex
	open     map[*member]struct{}
	draining bool
	late     bool
	empty    chan struct{} // closed when draining and the last stream ended
}

// NewStreams makes an empty set. On Shutdown each stream waits a random part of jitter before it closes, so that the
// clients do not come back all at once.
func NewStreams(jitter time.Duration) *Streams {
	return &Streams{jitter: jitter, open: map[*member]struct{}{}, empty: make(chan struct{})}
}

// Count is how many streams are open.
func (s *Streams) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Shutdown closes every stream, refuses new ones, and waits until all have ended. When ctx ends first the streams that
// still wait for their turn are closed at once and the error is that of ctx.
func (s *Streams) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		for m := range s.open {
			m.call()
		}
		if len(s.open) == 0 {
			close(s.empty)
		}
	}
	s.mu.Unlock()
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = true
	for m := range s.open {
		m.call()
	}
	return ctx.Err()
}

// member is one stream of a set.
type member struct {
	set   *Streams
	close func() // nil until the stream has begun
}

// enter counts a stream in; nil when the process is shutting down.
func (s *Streams) enter() *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return nil
	}
	m := &member{set: s}
	s.open[m] = struct{}{}
	return m
}

// onShutdown says how the stream is closed. It may be closed more than once, on a goroutine apart.
func (m *member) onShutdown(end func()) {
	m.set.mu.Lock()
	defer m.set.mu.Unlock()
	if m.close = end; m.set.draining {
		m.call()
	}
}

// call closes the stream when its turn comes. Its caller holds the set's mu.
func (m *member) call() {
	switch wait := m.set.jitter; {
	case m.close == nil:
	case m.set.late || wait <= 0:
		go m.close()
	default:
		time.AfterFunc(rand.N(wait), m.close) //nolint:gosec // no secret, only spread
	}
}

func (m *member) leave() {
	s := m.set
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, m)
	if s.draining && len(s.open) == 0 {
		close(s.empty)
	}
}

// isAction tells whether an operation is something that a person does, and not only a stream that stands open.
func isAction(op *graphql.OperationContext) bool { return op.Operation.Operation != ast.Subscription }

// nothing is the default of Acted.
func nothing(context.Context) {}

// never is the default of Ended.
func never(context.Context, func()) {}
