package transport

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"kabinet/internal/fault"
)

// socket is one connection. Three kinds of goroutine work on it: that of the HTTP server reads, one supervises (timers,
// the session's end, shutdown, closing), and each operation has one of its own.
//
// There is no queue of messages. An operation writes its results itself, one at a time, and waits while another writes:
// so a socket holds at most one message per operation, nothing is ever left out, and a reader who takes longer than
// WriteTimeout for a message is cut off.
type socket struct {
	o    *WebSocketOptions
	conn *websocket.Conn
	exec graphql.GraphExecutor
	head http.Header // of the handshake

	ctx    context.Context // of the operations
	cancel context.CancelFunc
	hard   context.Context // of reads and writes; its end breaks the connection
	cut    context.CancelFunc

	writing chan struct{} // holds one value while a message is being written
	ending  chan struct{} // closed when the socket is to be closed
	endOnce sync.Once
	code    int // valid once ending is closed
	reason  string

	inited  bool // only the reader uses it
	acked   atomic.Bool
	heard   atomic.Bool // something came since the last ping
	pinging atomic.Bool

	mu      sync.Mutex
	live    map[string]*operation
	running int // operations whose goroutine runs, those the client has left included
	tasks   sync.WaitGroup
}

// operation is one subscribe of the client.
type operation struct {
	id     string
	cancel context.CancelFunc
}

// serve works on a connection until it is closed and nothing of it runs any more.
func serve(o *WebSocketOptions, conn *websocket.Conn, r *http.Request, exec graphql.GraphExecutor) {
	s := &socket{
		o: o, conn: conn, exec: exec, head: r.Header,
		writing: make(chan struct{}, 1),
		ending:  make(chan struct{}),
		live:    map[string]*operation{},
	}
	s.ctx, s.cancel = context.WithCancel(r.Context())
	defer s.cancel()
	s.hard, s.cut = context.WithCancel(context.WithoutCancel(r.Context()))
	defer s.cut()
	s.heard.Store(true)
	if conn.Subprotocol() != subprotocol {
		s.end(CloseSubprotocol, "Subprotocol not acceptable")
	}

	readEnded := make(chan int, 1)
	supervised := make(chan struct{})
	go func() {
		defer close(supervised)
		o.OnClose(r.Context(), s.supervise(readEnded))
	}()
	readEnded <- s.read()
	<-supervised
	s.cancel()
	s.tasks.Wait()
}

// end asks for the socket to be closed. Only the first call counts.
func (s *socket) end(code int, reason string) {
	s.endOnce.Do(func() {
		s.code, s.reason = code, reason
		close(s.ending)
	})
}

// supervise waits for whatever ends the socket, closes it, and tells the code.
func (s *socket) supervise(readEnded <-chan int) int {
	ended, drain := s.o.Ended(s.ctx), s.o.Streams.drain
	var turn <-chan time.Time
	init := time.NewTimer(s.o.InitTimeout)
	defer init.Stop()
	ping := time.NewTicker(s.o.PingInterval)
	defer ping.Stop()
	for {
		select {
		case <-s.ending:
			return s.close()
		case code := <-readEnded:
			select {
			case <-s.ending: // the reader itself asked for the end
				return s.close()
			default:
			}
			s.cancel()
			_ = s.conn.CloseNow()
			return code
		case <-ended:
			s.end(CloseUnauthorised, "Session ended")
		case <-init.C:
			if !s.acked.Load() {
				s.end(CloseInitTimeout, "Connection initialisation timeout")
			}
		case <-drain:
			drain = nil
			timer := s.o.Streams.turn()
			defer timer.Stop()
			turn = timer.C
		case <-turn:
			s.end(CloseRestart, "Service restart")
		case <-s.o.Streams.hurry:
			s.end(CloseRestart, "Service restart")
		case <-s.ctx.Done():
			s.end(CloseGoingAway, "Going away")
		case <-ping.C:
			if !s.acked.Load() {
				continue // no ping was sent, so silence proves nothing; the init timeout watches
			}
			if !s.heard.Swap(false) {
				s.cancel()
				_ = s.conn.CloseNow()
				return CloseAbnormal
			}
			s.ping()
		}
	}
}

// ping does not wait: the supervisor must not hang on a slow reader.
func (s *socket) ping() {
	if !s.pinging.CompareAndSwap(false, true) {
		return
	}
	s.tasks.Go(func() {
		defer s.pinging.Store(false)
		s.write(s.ctx, []byte(`{"type":"ping"}`))
	})
}

// close stops the operations, sends the close frame and waits a moment for the client's. A message that is just being
// written may be finished; when it is not within that moment the connection is broken, frame or no frame.
func (s *socket) close() int {
	s.cancel()
	timer := time.AfterFunc(s.o.CloseTimeout, s.cut)
	defer timer.Stop()
	_ = s.conn.Close(websocket.StatusCode(s.code), s.reason) // the error is that the client did not answer
	return s.code
}

// read takes messages until the connection is closed, and tells the code with which the client closed it.
func (s *socket) read() int {
	for {
		kind, text, err := s.conn.Read(s.hard)
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
		select {
		case <-s.ending:
			return CloseAbnormal
		default:
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
	s.write(s.ctx, []byte(`{"type":"connection_ack"}`))
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
	m.request.Headers = s.head
	s.tasks.Go(func() { s.run(ctx, op, m.request) })
}

func (s *socket) run(ctx context.Context, op *operation, q *request) {
	defer func() {
		op.cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
		if s.live[op.id] == op {
			delete(s.live, op.id)
		}
	}()
	defer func() {
		if value := recover(); value != nil {
			s.finish(ctx, op, "error", crashed(ctx, s.exec, value))
		}
	}()
	opCtx, errs := s.exec.CreateOperationContext(ctx, &q.RawParams)
	ctx = graphql.WithOperationContext(ctx, opCtx)
	if len(errs) > 0 {
		s.finish(ctx, op, "error", failed(ctx, s.exec, errs...))
		return
	}
	if isAction(opCtx) {
		s.o.Acted(ctx)
	}
	err := pump(ctx, s.exec, opCtx, func(resp *graphql.Response) bool {
		if resp.Data == nil && len(resp.Errors) > 0 {
			s.finish(ctx, op, "error", resp) // nothing was executed, or nothing more will be
			return false
		}
		return s.write(ctx, frame(op.id, "next", resp))
	})
	if err != nil {
		s.end(CloseSlowReader, "Slow reader")
		return
	}
	s.finish(ctx, op, "complete", nil)
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
	select {
	case <-s.ending:
		return false
	default:
	}
	if ctx.Err() != nil {
		return false
	}
	slow := time.AfterFunc(s.o.WriteTimeout, func() { s.end(CloseSlowReader, "Slow reader") })
	defer slow.Stop()
	return s.conn.Write(s.hard, websocket.MessageText, text) == nil
}
