package transport

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// ErrSlowReader is what a subscription reports with Fail when its reader cannot keep up. The stream is cut: a WebSocket
// with CloseSlowReader, an event stream without complete, so that the client connects again with its last cursor.
var ErrSlowReader = errors.New("transport: reader of a stream is too slow")

type failureKey struct{}

// failure is why a running subscription stopped.
type failure struct {
	mu  sync.Mutex
	err error
}

// Fail tells the client why a subscription ends. Its resolver calls it before it closes its channel; without it the
// client is told that the subscription is complete. The error is presented as any other. Outside of a stream it does
// nothing, and only the first call counts.
func Fail(ctx context.Context, err error) {
	f, ok := ctx.Value(failureKey{}).(*failure)
	if !ok || err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

type lastEventIDKey struct{}

// LastEventID is the id of the last event that a reconnecting reader of an event stream has seen: the cursor of its
// item. Empty for a new reader and for every other transport.
func LastEventID(ctx context.Context) string {
	id, _ := ctx.Value(lastEventIDKey{}).(string)
	return id
}

// pump runs an operation and hands each of its results to emit until the operation ends, its context ends or emit
// wants no more. It recovers from panics, since it runs apart from the goroutine of the server. The error is
// ErrSlowReader when the subscription said so.
func pump(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, emit func(*graphql.Response) bool) (err error) {
	defer func() {
		if value := recover(); value != nil {
			emit(crashed(ctx, exec, value))
		}
	}()
	why := &failure{}
	ctx = context.WithValue(ctx, failureKey{}, why)
	responses, ctx := exec.DispatchOperation(ctx, op)
	for {
		resp := responses(ctx)
		if resp == nil {
			break
		}
		if !emit(resp) {
			return nil
		}
	}
	if reason := why.get(); reason != nil && ctx.Err() == nil {
		if errors.Is(reason, ErrSlowReader) {
			return ErrSlowReader
		}
		emit(failedWith(ctx, exec, reason))
	}
	return nil
}

// Streams are the open streams of one process, so that they can be closed together. Its zero value is not usable.
type Streams struct {
	jitter time.Duration
	drain  chan struct{} // closed when Shutdown begins
	hurry  chan struct{} // closed when Shutdown has no time left

	mu       sync.Mutex
	open     int
	draining bool
	empty    chan struct{} // closed when draining and the last stream ended
	late     bool
}

// NewStreams makes an empty set. On Shutdown each stream waits a random part of jitter before it closes, so that the
// clients do not come back all at once.
func NewStreams(jitter time.Duration) *Streams {
	return &Streams{jitter: jitter, drain: make(chan struct{}), hurry: make(chan struct{}), empty: make(chan struct{})}
}

// Count is how many streams are open.
func (s *Streams) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Shutdown closes every stream, refuses new ones, and waits until all have ended. When ctx ends first the streams that
// still wait for their turn are closed at once and the error is that of ctx.
func (s *Streams) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		close(s.drain)
		if s.open == 0 {
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
	if !s.late {
		s.late = true
		close(s.hurry)
	}
	return ctx.Err()
}

// enter counts a stream in; false when the process is shutting down.
func (s *Streams) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.open++
	return true
}

func (s *Streams) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.draining && s.open == 0 {
		close(s.empty)
	}
}

// turn is a timer for this stream's turn to close during a shutdown.
func (s *Streams) turn() *time.Timer {
	if s.jitter <= 0 {
		return time.NewTimer(0)
	}
	return time.NewTimer(rand.N(s.jitter)) //nolint:gosec // no secret, only spread
}

// isAction tells whether an operation is something that a person does, and not only a stream that stands open.
func isAction(op *graphql.OperationContext) bool { return op.Operation.Operation != ast.Subscription }

// nothing is the default of Acted.
func nothing(context.Context) {}

// never is the default of Ended.
func never(context.Context) <-chan struct{} { return nil }
