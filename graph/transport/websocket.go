package transport

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
)

// The codes with which a WebSocket is closed. 1xxx are those of RFC 6455, 44xx those of the graphql-transport-ws
// protocol, save CloseSlowReader, which the protocol leaves open: it is not among the codes that its reference client
// holds for fatal, so that client connects again.
const (
	CloseGoingAway      = 1001 // the server cannot go on
	CloseAbnormal       = 1006 // never sent: the connection broke, or its client fell silent
	CloseTooBig         = 1009 // a message beyond FrameBytes
	CloseRestart        = 1012 // the process shuts down: come back
	CloseInvalidMessage = 4400
	CloseUnauthorised   = 4401 // an operation before the acknowledgement, or the session has ended
	CloseForbidden      = 4403 // Admit said no
	CloseSubprotocol    = 4406
	CloseInitTimeout    = 4408
	CloseDuplicate      = 4409
	CloseSlowReader     = 4413 // connect again with the last cursor
	CloseTooManyInits   = 4429
)

// subprotocol is https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
const subprotocol = "graphql-transport-ws"

// WebSocketOptions configure WebSocket. Zero in a field means the value named.
type WebSocketOptions struct {
	// Origins are the pages, besides those of the same host, that may connect: scheme://host[:port]. A client that
	// sends no Origin is no browser and may connect.
	Origins []string
	// FrameBytes bounds one message of the client, 256 KiB.
	FrameBytes int64
	// Values of JSON in one message, 20,000.
	Values int
	// Operations that one socket may run at once, 20.
	Operations int
	// InitTimeout is how long connection_init may take, 3 s.
	InitTimeout time.Duration
	// PingInterval is how often a ping is sent, 15 s. A client silent for a whole interval after one is cut off.
	PingInterval time.Duration
	// WriteTimeout is how long one message may take to be written before its reader is held for too slow, 5 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long the client may take to answer a close, 1 s.
	CloseTimeout time.Duration
	// Admit decides, on connection_init, whether the viewer of the context may connect at all; nil admits everybody. An
	// error with the code UNAUTHENTICATED closes with CloseUnauthorised, any other with CloseForbidden.
	Admit func(ctx context.Context) error
	// Ended has end called when the session of the request ends, unless ctx is done before; nil means that none does.
	Ended func(ctx context.Context, end func())
	// Acted is called before each query and mutation that is run: an action of the person, which a subscription is not.
	// It should be quick; nil does nothing.
	Acted func(ctx context.Context)
	// Streams counts the sockets and shuts them down; nil means a set of its own.
	Streams *Streams
	// OnClose is told the code with which each socket was closed, by whichever side; for metrics. May be nil.
	OnClose func(ctx context.Context, code int)
}

// WebSocket runs operations of any kind over the graphql-transport-ws protocol.
type WebSocket struct {
	o       WebSocketOptions
	origins map[string]bool
}

var _ graphql.Transport = (*WebSocket)(nil)

// NewWebSocket makes the transport for WebSockets.
func NewWebSocket(o WebSocketOptions) *WebSocket {
	if o.FrameBytes <= 0 {
		o.FrameBytes = 256 << 10
	}
	if o.Values <= 0 {
		o.Values = 20_000
	}
	if o.Operations <= 0 {
		o.Operations = 20
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.InitTimeout, 3 * time.Second},
		{&o.PingInterval, 15 * time.Second},
		{&o.WriteTimeout, 5 * time.Second},
		{&o.CloseTimeout, time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if o.Admit == nil {
		o.Admit = func(context.Context) error { return nil }
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
	if o.OnClose == nil {
		o.OnClose = func(context.Context, int) {}
	}
	t := &WebSocket{o: o, origins: map[string]bool{}}
	for _, origin := range o.Origins {
		t.origins[strings.ToLower(origin)] = true
	}
	return t
}

// Supports implements graphql.Transport.
func (t *WebSocket) Supports(r *http.Request) bool {
	return r.Method == http.MethodGet && isUpgrade(r)
}

// Do implements graphql.Transport. It returns when the socket is open: the request is over then, the stream is not.
func (t *WebSocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if refused := t.checkHandshake(w, r); refused != nil {
		turnAway(w, r, exec, refused)
		return
	}
	stream := t.o.Streams.enter()
	if stream == nil {
		turnAway(w, r, exec, errDraining)
		return
	}
	upgraded := &upgrade{ResponseWriter: w}
	conn, err := websocket.Accept(upgraded, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // checkHandshake is stricter: it knows null origins and schemes
	})
	if err != nil {
		stream.leave()
		return // Accept has answered
	}
	conn.SetReadLimit(t.o.FrameBytes)
	s := newSocket(&t.o, conn, upgraded.conn, r, exec)
	s.begin(stream)
	go func() {
		defer stream.leave()
		s.serve()
	}()
}

// checkHandshake refuses, before anything is switched, what is no handshake and what comes from a stranger's page.
func (t *WebSocket) checkHandshake(w http.ResponseWriter, r *http.Request) *httpError {
	if !t.originAllowed(r) {
		return errOrigin
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")))
	switch {
	case err != nil || len(key) != 16 || len(r.Header.Values("Sec-WebSocket-Key")) != 1:
		return errHandshake
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		w.Header().Set("Sec-WebSocket-Version", "13")
		return errHandshake
	}
	return nil
}

func (t *WebSocket) originAllowed(r *http.Request) bool {
	given := r.Header.Values("Origin")
	if len(given) == 0 {
		return true
	}
	if len(given) > 1 {
		return false
	}
	if t.origins[strings.ToLower(given[0])] {
		return true
	}
	// The scheme is not compared for the same host: behind a proxy the request does not tell it. A plain-http page
	// of this host cannot be a stranger's as long as the host sends HSTS.
	u, err := url.Parse(given[0])
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		u.Path == "" && u.RawQuery == "" && strings.EqualFold(u.Host, r.Host)
}
