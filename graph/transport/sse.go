package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
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
	// Ended gives the channel that closes when the session of the request ends; nil means that none does.
	Ended func(ctx context.Context) <-chan struct{}
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
// it as GraphQL by an event, as the protocol demands.
func (t *SSE) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	s := &eventStream{w: w, control: http.NewResponseController(w), timeout: t.o.WriteTimeout}
	defer func() {
		// Once the stream has begun only the operation runs foreign code, and it has a recovery of its own.
		if value := recover(); value != nil {
			answerPanic(w, r, exec, value)
		}
	}()
	if !t.o.Streams.enter() {
		turnAway(w, r, exec, errDraining)
		return
	}
	defer t.o.Streams.leave()

	q, refused := t.o.Limits.read(w, r)
	if refused != nil {
		turnAway(w, r, exec, refused)
		return
	}
	ctx, cancel := context.WithCancel(withLastEventID(withDocumentID(r.Context(), q.documentID), r.Header))
	defer cancel()
	op, errs := exec.CreateOperationContext(ctx, &q.RawParams)
	ctx = graphql.WithOperationContext(ctx, op)
	if len(errs) > 0 {
		resp := failed(ctx, exec, errs...)
		if s.begin() && s.write(nextEvent(resp)) {
			s.complete()
		}
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation == ast.Mutation {
		turnAway(w, r.WithContext(ctx), exec, errMutationByGet)
		return
	}

	if isAction(op) {
		t.o.Acted(ctx)
	}
	if !s.begin() {
		return
	}
	// What crosses is the finished event: the executor writes each result over the one before.
	results := make(chan []byte)
	var cut error // to be read after results is closed
	go func() {
		defer close(results)
		cut = pump(ctx, exec, op, func(resp *graphql.Response) bool {
			select {
			case results <- nextEvent(resp):
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	switch t.relay(ctx, s, results) {
	case resultsEnded:
		if cut == nil {
			s.complete()
		}
	case closedByServer:
		s.complete()
	case readerGone:
	}
	cancel()
	for range results { // until the operation has ended too
	}
}

// outcome is how the relaying of results came to its end.
type outcome int

const (
	resultsEnded outcome = iota
	closedByServer
	readerGone
)

// relay writes results until they end, the reader leaves, its session ends or the process shuts down.
func (t *SSE) relay(ctx context.Context, s *eventStream, results <-chan []byte) outcome {
	ended := t.o.Ended(ctx)
	drain := t.o.Streams.drain
	var turn <-chan time.Time
	silence := time.NewTicker(t.o.KeepAlive)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return readerGone
		case <-ended:
			return closedByServer
		case <-drain:
			drain = nil
			timer := t.o.Streams.turn()
			defer timer.Stop()
			turn = timer.C
		case <-turn:
			return closedByServer
		case <-t.o.Streams.hurry:
			return closedByServer
		case event, more := <-results:
			if !more {
				return resultsEnded
			}
			select {
			case <-ended: // nothing is told after the session's end, even if it was ready before
				return closedByServer
			default:
			}
			if !s.write(event) {
				return readerGone
			}
			silence.Reset(t.o.KeepAlive)
		case <-silence.C:
			if !s.write([]byte(":\n\n")) {
				return readerGone
			}
		}
	}
}

func withLastEventID(ctx context.Context, h http.Header) context.Context {
	id := h.Get("Last-Event-ID")
	if id == "" || len(id) > maxEventID {
		return ctx
	}
	return context.WithValue(ctx, lastEventIDKey{}, id)
}

// eventStream writes events. Only the goroutine of the request uses it.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
}

// begin sends the headers, and a comment so that proxies pass them on at once.
func (s *eventStream) begin() bool {
	h := s.w.Header()
	setHeaders(h, typeEvents+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s.w.WriteHeader(http.StatusOK)
	return s.write([]byte(":\n\n"))
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

// complete has an empty data field because EventSource drops events without one.
func (s *eventStream) complete() {
	s.write([]byte("event: complete\ndata:\n\n"))
}

// write tells whether all of it went out in time. The deadline is lifted afterwards: over HTTP/2 one left standing
// would end the stream even while nothing is being written.
func (s *eventStream) write(event []byte) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(s.timeout)) //nolint:forbidigo // the network knows only the machine's time
	_, err := s.w.Write(event)
	if err == nil {
		err = s.control.Flush()
	}
	_ = s.control.SetWriteDeadline(time.Time{})
	return err == nil
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
