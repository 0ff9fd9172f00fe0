package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// maxEventID bounds Last-Event-ID, in bytes. Cursors are shorter.
const maxEventID = 512

// SSEOptions configure SSE. Zero in a field means the value named.
type SSEOptions struct {
	Limits RequestLimits
	// KeepAlive is how long a stream may be silent before a comment is sent, 12 s.
	KeepAlive time.Duration
	// WriteTimeout is how long one event may take to be written before its reader is cut off, 10 s.
	WriteTimeout time.Duration
	// Ended has end called when the session of the request ends, unless ctx is done before; nil means that none does.
	Ended func(ctx context.Context, end func())
	// Acted is called before each query and mutation that is run: an action of the person, which a subscription is not.
	// It should be quick; nil does nothing.
	Acted func(ctx context.Context)
	// Streams counts the streams and shuts them down; nil means a set of its own.
	Streams *Streams
}

// SSE answers with an event stream, in the distinct connections mode of the GraphQL over SSE protocol
// (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md).
type SSE struct{ o SSEOptions }

var _ graphql.Transport = (*SSE)(nil)

// NewSSE makes the transport for event streams.
func NewSSE(o SSEOptions) *SSE {
	o.Limits = o.Limits.withDefaults()
	if o.KeepAlive <= 0 {
		o.KeepAlive = 12 * time.Second
	}
	if o.WriteTimeout <= 0 {
		o.WriteTimeout = 10 * time.Second
	}
	if o.Ended == nil {
		o.Ended = never
	}
	if o.Acted == nil {
		o.Acted = nothing
	}
	if o.Streams == nil {
		o.Streams = NewStreams(0)
	}
	return &SSE{o: o}
}

// Supports implements graphql.Transport: POST and GET of those who want text/event-stream more than anything else.
func (t *SSE) Supports(r *http.Request) bool {
	return (r.Method == http.MethodPost || r.Method == http.MethodGet && !isUpgrade(r)) &&
		preferenceOf(r.Header).wantsEvents()
}

// Do implements graphql.Transport. What is wrong with the request as HTTP is answered with a status, what is wrong with
// it as GraphQL by an event, as the protocol demands. Over HTTP/1.1 it returns when a subscription has begun: the request
// is over then, the stream is not.
func (t *SSE) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	defer func() {
		// Once the stream has begun only the operation runs foreign code, and it has a recovery of its own.
		if value := recover(); value != nil {
			answerPanic(w, r, exec, value)
		}
	}()
	stream := t.o.Streams.enter()
	if stream == nil {
		turnAway(w, r, exec, errDraining)
		return
	}
	apart := false
	defer func() {
		if !apart {
			stream.leave()
		}
	}()

	q, refused := t.o.Limits.read(w, r)
	if refused != nil {
		turnAway(w, r, exec, refused)
		return
	}
	ctx := withLastEventID(withDocumentID(r.Context(), q.documentID), r.Header)
	op, errs := exec.CreateOperationContext(ctx, &q.RawParams)
	ctx = graphql.WithOperationContext(ctx, op)
	if len(errs) > 0 {
		s := t.newStream(t.newResponse(w))
		s.send(nextEvent(failed(ctx, exec, errs...)))
		s.finish(true)
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation == ast.Mutation {
		turnAway(w, r.WithContext(ctx), exec, errMutationByGet)
		return
	}
	if isAction(op) {
		t.o.Acted(ctx)
	} else if r.ProtoAtLeast(1, 1) {
		if conn, err := takeOver(w); err == nil {
			apart = true
			op.Headers = nil // they would be kept as long as the stream, and a session's secret with them
			s := t.newStream(t.newLine(conn, w.Header()))
			t.begin(context.WithoutCancel(ctx), s, stream, exec, op)
			go func() {
				defer stream.leave()
				s.serve(conn)
			}()
			return
		}
	}
	s := t.newStream(t.newResponse(w))
	t.begin(ctx, s, stream, exec, op)
	<-s.done
}

// begin begins the operation of a stream, and sees to it that the stream ends when it is to.
func (t *SSE) begin(ctx context.Context, s *eventStream, stream *member, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	request := ctx
	ctx, s.cancel = context.WithCancel(request)
	context.AfterFunc(request, func() { s.finish(false) })
	defer func() {
		if value := recover(); value != nil {
			crashed(ctx, exec, value) // tells the log
			s.finish(false)
			close(s.done)
		}
	}()
	if s.comment(); s.ending.Load() { // the client has left
		close(s.done)
		return
	}
	s.keepAlive(t.o.KeepAlive)
	stream.onShutdown(func() { s.finish(true) })
	t.o.Ended(ctx, func() { s.finish(true) })
	go (&pump{
		exec: exec, op: op,
		emit: func(resp *graphql.Response) bool { return s.send(nextEvent(resp)) },
		ended: func(err error) {
			s.finish(err == nil)
			close(s.done)
		},
	}).run(ctx)
}

func withLastEventID(ctx context.Context, h http.Header) context.Context {
	id := h.Get("Last-Event-ID")
	if id == "" || len(id) > maxEventID {
		return ctx
	}
	return context.WithValue(ctx, lastEventIDKey{}, id)
}

// eventStream writes events, of whichever goroutine. While nothing happens to one, the only goroutine that it has is the
// one that would notice the client's leaving.
type eventStream struct {
	out    outlet
	cancel context.CancelFunc // ends the operation; nil when there is none
	done   chan struct{}      // closed when nothing of the operation runs any more
	ending atomic.Bool        // no event is sent any more

	mu      sync.Mutex // held while something is written
	silence *time.Timer
	most    time.Duration // of silence; 0: for ever
	broken  bool          // nothing more can be written
	closed  bool
}

// newStream sends the headers with the first event.
func (t *SSE) newStream(out outlet) *eventStream {
	h := out.header()
	setHeaders(h, typeEvents+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	return &eventStream{out: out, cancel: func() {}, done: make(chan struct{})}
}

// serve waits for the client to leave, or for the stream to end otherwise. Of a client who says something more, which is
// not answered, it is known only by what cannot be written, as with the server.
func (s *eventStream) serve(conn net.Conn) {
	if n, _ := conn.Read(make([]byte, 1)); n == 0 {
		s.finish(false)
	}
	<-s.done
}

// keepAlive sends a comment whenever nothing else was sent for so long: proxies cut what is silent.
func (s *eventStream) keepAlive(most time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = most
	s.silence = time.AfterFunc(most, s.comment)
}

// comment says that the stream is alive; first of all, so that proxies pass the headers on at once.
func (s *eventStream) comment() {
	s.mu.Lock()
	ok := s.write([]byte(":\n\n"))
	s.mu.Unlock()
	if !ok {
		s.finish(false)
	}
}

// finish ends the stream, and tells its client that it is complete if it is to know. Only the first call counts. Nothing
// is told after the session's end, even if it was ready before.
func (s *eventStream) finish(tell bool) {
	s.ending.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if tell {
		s.write([]byte("event: complete\ndata:\n\n")) // EventSource drops events without data
	}
	s.closed = true
	if s.silence != nil {
		s.silence.Stop()
	}
	s.out.close()
	s.cancel()
}

// send sends an event.
func (s *eventStream) send(event []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ending.Load() && s.write(event)
}

// write tells whether all of it went out in time. Its caller holds mu.
func (s *eventStream) write(b []byte) bool {
	if s.broken || s.closed {
		return false
	}
	s.broken = s.out.write(b) != nil
	if s.silence != nil {
		s.silence.Reset(s.most)
	}
	return !s.broken
}

// nextEvent is the event of a result.
func nextEvent(resp *graphql.Response) []byte {
	event := []byte("event: next\n")
	if id := cursorOf(resp.Data); id != "" {
		event = append(append(append(event, "id: "...), id...), '\n')
	}
	body := appendResponse(nil, resp)
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		event = append(append(append(event, "data: "...), bytes.TrimSuffix(line, []byte("\r"))...), '\n')
	}
	return append(event, '\n')
}

// cursorOf finds the cursor of the item in an answer: the string field cursor of its only root field. Empty when there
// is none, or none that can stand in a header.
func cursorOf(data json.RawMessage) string {
	if !bytes.Contains(data, []byte(`"cursor"`)) {
		return ""
	}
	var roots map[string]json.RawMessage
	if json.Unmarshal(data, &roots) != nil || len(roots) != 1 {
		return ""
	}
	for _, root := range roots {
		var item map[string]json.RawMessage
		var cursor string
		if json.Unmarshal(root, &item) != nil || json.Unmarshal(item["cursor"], &cursor) != nil {
			return ""
		}
		if len(cursor) > maxEventID || strings.ContainsAny(cursor, "\r\n\x00") {
			return ""
		}
		return cursor
	}
	return ""
}
