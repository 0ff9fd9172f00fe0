package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"kabinet/internal/fault"
)

// socket is one connection. One goroutine waits on it, which reads; whatever else happens to a socket (a timer, the
// session's end, shutdown, closing, something that an operation has to say) has one of its own as long as it takes.
//
// There is no queue of messages. An operation writes its results itself, one at a time, and waits while another writes:
// so a socket holds at most one message per operation, nothing is ever left out, and a reader who takes longer than
// WriteTimeout for a message is cut off.
type socket struct {
	o    *WebSocketOptions
	conn *websocket.Conn
	line net.Conn // below conn; closing it breaks the connection at once
	exec graphql.GraphExecutor

	ctx    context.Context //nolint:containedctx // of the operations
	cancel context.CancelFunc
	frames context.Context //nolint:containedctx // of reads and writes: what ends them is the connection's end

	writing chan struct{} // holds one value while a message is being written
	ending  chan struct{} // closed when the socket is to be closed
	code    int           // valid once ending is closed

	inited  bool // only the reader uses it
	acked   atomic.Bool
	heard   atomic.Bool // something came since the last ping
	pinging atomic.Bool

	mu       sync.Mutex
	initTime *time.Timer // until a connection that was not initialised is closed
	pingTime *time.Timer // until the next ping
	live     map[string]*operation
	running  int            // operations that have not ended, those the client has left included
	tasks    sync.WaitGroup // nothing but the reader adds one when ending is closed
}

// operation is one subscribe of the client.
type operation struct {
	id     string
	cancel context.CancelFunc
}

// newSocket makes the socket of a handshake, whose values it keeps and whose end it outlives.
func newSocket(o *WebSocketOptions, conn *websocket.Conn, line net.Conn, r *http.Request, exec graphql.GraphExecutor) *socket {
	s := &socket{
		o: o, conn: conn, line: line, exec: exec,
		writing: make(chan struct{}, 1),
		ending:  make(chan struct{}),
		live:    map[string]*operation{},
	}
	s.frames = context.WithoutCancel(r.Context())
	s.ctx, s.cancel = context.WithCancel(s.frames)
	s.heard.Store(true)
	return s
}

// begin sees to it that the socket ends when it is to.
func (s *socket) begin(stream *member) {
	defer func() {
		if value := recover(); value != nil {
			s.giveUp(value)
		}
	}()
	if s.conn.Subprotocol() != subprotocol {
		s.end(CloseSubprotocol, "Subprotocol not acceptable")
		return
	}
	s.startTimers()
	stream.onShutdown(func() { s.end(CloseRestart, "Service restart") })
	s.o.Ended(s.ctx, func() { s.end(CloseUnauthorised, "Session ended") })
}

func (s *socket) startTimers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initTime = time.AfterFunc(s.o.InitTimeout, func() {
		if !s.acked.Load() {
			s.end(CloseInitTimeout, "Connection initialisation timeout")
		}
	})
	s.pingTime = time.AfterFunc(s.o.PingInterval, s.ping)
}

// serve reads until the connection is closed and nothing of the socket runs any more.
func (s *socket) serve() {
	s.breakOff(s.read()) // unless it is being closed already
	s.tasks.Wait()
	s.o.OnClose(s.frames, s.code)
}

// end asks for the socket to be closed. Only the first call counts.
func (s *socket) end(code int, reason string) {
	s.stop(code, func() { s.close(reason) })
}

// breakOff ends a connection on which nothing more can be said. Only the first call counts, of this and of end.
func (s *socket) breakOff(code int) {
	s.stop(code, func() { _ = s.conn.CloseNow() })
}

// stop ends the operations, and has the connection closed.
func (s *socket) stop(code int, how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isEnding() {
		return
	}
	s.code = code
	close(s.ending)
	for _, timer := range []*time.Timer{s.initTime, s.pingTime} {
		if timer != nil {
			timer.Stop()
		}
	}
	s.cancel()
	s.tasks.Go(how)
}

func (s *socket) isEnding() bool {
	select {
	case <-s.ending:
		return true
	default:
		return false
	}
}

// giveUp closes the socket after a panic.
func (s *socket) giveUp(value any) {
	crashed(s.ctx, s.exec, value) // tells the log
	s.end(CloseGoingAway, "Going away")
}

// ping sends a ping, if the socket is in use, and breaks it off when nothing came since the last one.
func (s *socket) ping() {
	if !s.acked.Load() { // no ping was sent, so silence proves nothing; the init timeout watches
		s.pingAgain(false)
		return
	}
	if !s.heard.Swap(false) {
		s.breakOff(CloseAbnormal)
		return
	}
	if s.pingAgain(true) {
		defer s.tasks.Done()
		if s.pinging.CompareAndSwap(false, true) {
			defer s.pinging.Store(false)
			s.write(s.ctx, []byte(`{"type":"ping"}`))
		}
	}
}

// pingAgain sets the time of the next ping, which does not wait for this one, and counts this one in as a task if it is
// to be sent; false when there is no next one.
func (s *socket) pingAgain(counted bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isEnding() {
		return false
	}
	s.pingTime.Reset(s.o.PingInterval)
	if counted {
		s.tasks.Add(1)
	}
	return true
}

// close sends the close frame and waits a moment for the client's. A message that is just being written may be finished;
// when it is not within that moment the connection is broken, frame or no frame.
func (s *socket) close(reason string) {
	timer := time.AfterFunc(s.o.CloseTimeout, func() { _ = s.line.Close() })
	defer timer.Stop()
	_ = s.conn.Close(websocket.StatusCode(s.code), reason) // the error is that the client did not answer
}

// read takes messages until the connection is closed, and tells the code with which the client closed it.
func (s *socket) read() (code int) {
	defer func() {
		if value := recover(); value != nil {
			s.giveUp(value)
		}
	}()
	for {
		kind, text, err := s.conn.Read(s.frames)
		if err != nil {
			if errors.Is(err, websocket.ErrMessageTooBig) {
				s.end(CloseTooBig, "Message too big")
			}
			if code := websocket.CloseStatus(err); code >= 0 {
				return int(code)
			}
			return CloseAbnormal
		}
		s.heard.Store(true)
		if kind != websocket.MessageText {
			s.end(CloseInvalidMessage, "Only text messages")
		} else if m, ok := parseMessage(text, s.o.Values); ok {
			s.handle(m)
		} else {
			s.end(CloseInvalidMessage, "Invalid message")
		}
		if s.isEnding() {
			return CloseAbnormal
		}
	}
}

// handle does what one message asks for.
func (s *socket) handle(m message) {
	switch m.kind {
	case "connection_init":
		s.init()
	case "ping":
		s.write(s.ctx, []byte(`{"type":"pong"}`))
	case "pong":
	case "subscribe":
		if !s.acked.Load() {
			s.end(CloseUnauthorised, "Unauthorized")
			return
		}
		s.subscribe(m)
	case "complete":
		s.mu.Lock()
		defer s.mu.Unlock()
		if op := s.live[m.id]; op != nil {
			delete(s.live, m.id)
			op.cancel()
		}
	}
}

func (s *socket) init() {
	if s.inited {
		s.end(CloseTooManyInits, "Too many initialisation requests")
		return
	}
	s.inited = true
	if err := s.o.Admit(s.ctx); err != nil {
		if fault.CodeOf(err) == fault.Unauthenticated {
			s.end(CloseUnauthorised, "Unauthorized")
		} else {
			s.end(CloseForbidden, "Forbidden")
		}
		return
	}
	s.acked.Store(true)
	s.stopInitTime()
	s.write(s.ctx, []byte(`{"type":"connection_ack"}`))
}

func (s *socket) stopInitTime() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.initTime != nil {
		s.initTime.Stop()
		s.initTime = nil
	}
}

// subscribe starts an operation, unless too many run.
func (s *socket) subscribe(m message) {
	s.mu.Lock()
	if s.live[m.id] != nil {
		s.mu.Unlock()
		s.end(CloseDuplicate, "Subscriber already exists")
		return
	}
	// Operations that the client has left may take a moment to end; a client that comes and goes faster than they end
	// is kept to twice the number.
	if len(s.live) >= s.o.Operations || s.running >= 2*s.o.Operations {
		s.mu.Unlock()
		resp := failedWith(operationContext(s.ctx, m.request), s.exec, errCrowd.fault)
		s.write(s.ctx, frame(m.id, "error", resp))
		return
	}
	ctx, cancel := context.WithCancel(operationContext(s.ctx, m.request))
	op := &operation{id: m.id, cancel: cancel}
	s.live[m.id] = op
	s.running++
	s.mu.Unlock()
	s.tasks.Add(1) // until it is over
	go s.run(ctx, op, m.request)
}

// run begins an operation, and runs it as long as it has something to do.
func (s *socket) run(ctx context.Context, op *operation, q *request) {
	ctx, opCtx := s.prepare(ctx, op, q)
	if opCtx == nil {
		s.over(op)
		return
	}
	p := &pump{exec: s.exec, op: opCtx}
	p.emit = func(resp *graphql.Response) bool {
		if resp.Data == nil && len(resp.Errors) > 0 {
			s.finish(ctx, op, "error", resp) // nothing was executed, or nothing more will be
			return false
		}
		return s.write(ctx, frame(op.id, "next", resp))
	}
	p.ended = func(err error) {
		if err != nil {
			s.end(CloseSlowReader, "Slow reader")
		} else {
			s.finish(ctx, op, "complete", nil)
		}
		s.over(op)
	}
	p.run(ctx)
}

// prepare reads and checks the document; nil when the operation has ended with that.
func (s *socket) prepare(ctx context.Context, op *operation, q *request) (_ context.Context, opCtx *graphql.OperationContext) {
	defer func() {
		if value := recover(); value != nil {
			s.finish(ctx, op, "error", crashed(ctx, s.exec, value))
			opCtx = nil
		}
	}()
	opCtx, errs := s.exec.CreateOperationContext(ctx, &q.RawParams)
	ctx = graphql.WithOperationContext(ctx, opCtx)
	if len(errs) > 0 {
		s.finish(ctx, op, "error", failed(ctx, s.exec, errs...))
		return ctx, nil
	}
	if isAction(opCtx) {
		s.o.Acted(ctx)
	}
	return ctx, opCtx
}

// over counts out an operation of which nothing runs any more.
func (s *socket) over(op *operation) {
	op.cancel()
	s.mu.Lock()
	s.running--
	if s.live[op.id] == op {
		delete(s.live, op.id)
	}
	s.mu.Unlock()
	s.tasks.Done()
}

// finish sends the last message of an operation, once, unless the client has left it. The id is free before the
// client can know.
func (s *socket) finish(ctx context.Context, op *operation, kind string, resp *graphql.Response) {
	s.mu.Lock()
	current := s.live[op.id] == op
	if current {
		delete(s.live, op.id)
	}
	s.mu.Unlock()
	if current {
		s.write(ctx, frame(op.id, kind, resp))
	}
}

// write sends one message, after those that are being written; false when it was not sent. ctx only ends the waiting:
// a frame that has begun must be finished.
func (s *socket) write(ctx context.Context, text []byte) bool {
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return false
	case <-s.ending:
		return false
	}
	defer func() { <-s.writing }()
	if s.isEnding() || ctx.Err() != nil {
		return false
	}
	slow := time.AfterFunc(s.o.WriteTimeout, func() { s.end(CloseSlowReader, "Slow reader") })
	defer slow.Stop()
	return s.conn.Write(s.frames, websocket.MessageText, text) == nil
}
