package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/graph/transport"
	"kabinet/internal/fault"
)

// peer is a client of the protocol that does as it is told.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
}

func (f *fixture) connect(t *testing.T) *peer {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), f.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	require.NoError(t, err)
	require.Equal(t, 101, resp.StatusCode)
	conn.SetReadLimit(8 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t: t, conn: conn}
}

// connected is connect, up to the acknowledgement.
func (f *fixture) connected(t *testing.T) *peer {
	t.Helper()
	p := f.connect(t)
	p.send(`{"type":"connection_init"}`)
	require.JSONEq(t, `{"type":"connection_ack"}`, p.receive())
	return p
}

func (p *peer) send(text string) {
	p.t.Helper()
	require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(text)))
}

func (p *peer) subscribe(id, query string) {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query))
}

func (p *peer) receive() string {
	p.t.Helper()
	_, text, err := p.conn.Read(p.t.Context())
	require.NoError(p.t, err)
	return string(text)
}

// closed reads until the server closes, and gives its code.
func (p *peer) closed() int {
	p.t.Helper()
	for {
		if _, _, err := p.conn.Read(p.t.Context()); err != nil {
			require.NotErrorIs(p.t, err, context.DeadlineExceeded)
			return int(websocket.CloseStatus(err))
		}
	}
}

const ticks = "subscription { ticks { cursor n } }"

func TestSocketRunsOperations(t *testing.T) {
	f := serve(t, options{})
	p := f.connected(t)

	p.subscribe("1", ticks)
	require.Equal(t, "ticks", <-f.stub.started)
	f.stub.ticks <- `{"ticks":{"n":1}}`
	require.JSONEq(t, `{"id":"1","type":"next","payload":{"data":{"ticks":{"n":1}}}}`, p.receive())

	p.subscribe("2", "{ name }")
	require.JSONEq(t, `{"id":"2","type":"next","payload":{"data":{"name":"x"}}}`, p.receive())
	require.JSONEq(t, `{"id":"2","type":"complete"}`, p.receive())
	p.subscribe("2", "mutation { save }") // the id is free again
	require.JSONEq(t, `{"id":"2","type":"next","payload":{"data":{"save":"x"}}}`, p.receive())
	require.JSONEq(t, `{"id":"2","type":"complete"}`, p.receive())

	p.send(`{"type":"ping","payload":{"a":1}}`)
	require.JSONEq(t, `{"type":"pong"}`, p.receive())

	p.send(`{"id":"1","type":"complete"}`)
	require.Equal(t, "ticks", <-f.stub.stopped)
	p.subscribe("1", ticks)
	require.Equal(t, "ticks", <-f.stub.started, "a completed id can be used again")
	close(f.stub.ticks)
	require.JSONEq(t, `{"id":"1","type":"complete"}`, p.receive())

	p.send(`{"id":"nobody","type":"complete"}`)
	p.send(`{"type":"pong"}`)
	p.send(`{"type":"ping"}`)
	require.JSONEq(t, `{"type":"pong"}`, p.receive(), "unknown ids are passed over")
}

func TestSocketReportsErrorsOfOperations(t *testing.T) {
	f := serve(t, options{})
	p := f.connected(t)
	for query, code := range map[string]fault.Code{
		"{ nam }":                        fault.BadInput,
		"{":                              fault.BadInput,
		"subscription { refuse { n } }":  fault.Unauthenticated,
		"subscription { failing { n } }": fault.NotFound,
		"subscription { crash { n } }":   fault.Internal,
		"{ crash }":                      fault.Internal,
	} {
		p.subscribe("a", query)
		var m struct {
			ID, Type string
			Payload  []struct {
				Extensions struct {
					Code      fault.Code
					RequestID string
				}
			}
		}
		text := p.receive()
		require.NoError(t, json.Unmarshal([]byte(text), &m))
		require.Equal(t, "error", m.Type, query)
		require.Equal(t, "a", m.ID)
		require.Equal(t, code, m.Payload[0].Extensions.Code)
		require.NotEmpty(t, m.Payload[0].Extensions.RequestID)
		require.NotContains(t, text, secret)

		p.send(`{"type":"ping"}`)
		require.JSONEq(t, `{"type":"pong"}`, p.receive(), "no complete follows an error")
	}
	p.subscribe("b", "{ fail }")
	require.Contains(t, p.receive(), `"data":null`, "execution began: next, not error")
	require.JSONEq(t, `{"id":"b","type":"complete"}`, p.receive())
	require.NotContains(t, f.log.String(), secret)
}

func TestSocketCloseCodes(t *testing.T) {
	subscribe := `{"id":"1","type":"subscribe","payload":{"query":"` + ticks + `"}}`
	const init = `{"type":"connection_init"}`
	for name, c := range map[string]struct {
		send []string
		code int
	}{
		"no init":             {nil, transport.CloseInitTimeout},
		"subscribe first":     {[]string{subscribe}, transport.CloseUnauthorised},
		"two inits":           {[]string{init, init}, transport.CloseTooManyInits},
		"duplicate id":        {[]string{init, subscribe, subscribe}, transport.CloseDuplicate},
		"garbage":             {[]string{init, "garbage"}, transport.CloseInvalidMessage},
		"garbage first":       {[]string{"{"}, transport.CloseInvalidMessage},
		"list":                {[]string{"[" + init + "]"}, transport.CloseInvalidMessage},
		"unknown type":        {[]string{`{"type":"start"}`}, transport.CloseInvalidMessage},
		"server's own type":   {[]string{init, `{"type":"connection_ack"}`}, transport.CloseInvalidMessage},
		"no type":             {[]string{`{}`}, transport.CloseInvalidMessage},
		"init payload":        {[]string{`{"type":"connection_init","payload":"x"}`}, transport.CloseInvalidMessage},
		"ping payload":        {[]string{`{"type":"ping","payload":[]}`}, transport.CloseInvalidMessage},
		"no id":               {[]string{init, `{"type":"subscribe","payload":{"query":"{name}"}}`}, transport.CloseInvalidMessage},
		"id of a number":      {[]string{init, `{"id":1,"type":"subscribe","payload":{"query":"{name}"}}`}, transport.CloseInvalidMessage},
		"id too long":         {[]string{init, `{"id":"` + strings.Repeat("x", 129) + `","type":"complete"}`}, transport.CloseInvalidMessage},
		"complete without id": {[]string{init, `{"type":"complete"}`}, transport.CloseInvalidMessage},
		"no payload":          {[]string{init, `{"id":"1","type":"subscribe"}`}, transport.CloseInvalidMessage},
		"no query":            {[]string{init, `{"id":"1","type":"subscribe","payload":{}}`}, transport.CloseInvalidMessage},
		"query of a number":   {[]string{init, `{"id":"1","type":"subscribe","payload":{"query":1}}`}, transport.CloseInvalidMessage},
		"variables list":      {[]string{init, `{"id":"1","type":"subscribe","payload":{"query":"{name}","variables":[]}}`}, transport.CloseInvalidMessage},
		"duplicate keys":      {[]string{`{"type":"ping","type":"connection_init"}`}, transport.CloseInvalidMessage},
		"lone surrogate":      {[]string{`{"type":"ping","payload":{"a":"\ud800"}}`}, transport.CloseInvalidMessage},
		"too big":             {[]string{`{"type":"ping","payload":{"a":"` + strings.Repeat("x", 2000) + `"}}`}, transport.CloseTooBig},
		"too slow":            {[]string{init, `{"id":"1","type":"subscribe","payload":{"query":"subscription { tooSlow { n } }"}}`}, transport.CloseSlowReader},
	} {
		t.Run(name, func(t *testing.T) {
			codes := make(chan int, 1)
			o := transport.WebSocketOptions{FrameBytes: 1500, OnClose: func(_ context.Context, code int) { codes <- code }}
			if len(c.send) == 0 {
				o.InitTimeout = time.Millisecond
			}
			f := serve(t, options{ws: o})
			p := f.connect(t)
			for _, text := range c.send {
				p.send(text)
			}
			require.Equal(t, c.code, p.closed())
			require.Equal(t, c.code, <-codes)
		})
	}
}

func TestSocketRefusesBinaryMessages(t *testing.T) {
	f := serve(t, options{})
	p := f.connect(t)
	require.NoError(t, p.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"connection_init"}`)))
	require.Equal(t, transport.CloseInvalidMessage, p.closed())
}

func TestSocketNeedsItsSubprotocol(t *testing.T) {
	f := serve(t, options{})
	for _, offered := range [][]string{nil, {"graphql-ws"}} {
		conn, _, err := websocket.Dial(t.Context(), f.URL, &websocket.DialOptions{Subprotocols: offered})
		require.NoError(t, err)
		require.Equal(t, transport.CloseSubprotocol, (&peer{t: t, conn: conn}).closed())
	}
}

func TestSocketAdmits(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{{fault.ErrUnauthenticated, transport.CloseUnauthorised}, {errors.New("no"), transport.CloseForbidden}} {
		f := serve(t, options{ws: transport.WebSocketOptions{Admit: func(context.Context) error { return c.err }}})
		p := f.connect(t)
		p.send(`{"type":"connection_init"}`)
		require.Equal(t, c.code, p.closed())
	}
}

func TestSocketOrigin(t *testing.T) {
	f := serve(t, options{ws: transport.WebSocketOptions{Origins: []string{"https://cabinet.example", "app://mobile"}}})
	host := strings.TrimPrefix(f.URL, "http://")
	for origin, allowed := range map[string]bool{
		"":                                 true,
		"http://" + host:                   true,
		"https://" + strings.ToUpper(host): true,
		"https://cabinet.example":          true,
		"HTTPS://Cabinet.Example":          true,
		"app://mobile":                     true,
		"null":                             false,
		"https://evil.example":             false,
		"http://cabinet.example":           false,
		"https://cabinet.example.evil":     false,
		"https://cabinet.example:8443":     false,
		"https://evil@" + host:             false,
		"ftp://" + host:                    false,
		"https://" + host + "/path":        false,
		host:                               false,
		"file://":                          false,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, resp, err := websocket.Dial(t.Context(), f.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
		if allowed {
			require.NoError(t, err, origin)
			_ = conn.CloseNow()
			continue
		}
		require.Error(t, err, origin)
		require.Equal(t, http.StatusForbidden, resp.StatusCode, origin)
		body, _ := io.ReadAll(resp.Body)
		require.NotContains(t, string(body), "evil")
	}
	header := http.Header{"Origin": {"https://cabinet.example", "https://evil.example"}}
	_, resp, err := websocket.Dial(t.Context(), f.URL, &websocket.DialOptions{HTTPHeader: header})
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

func TestBrokenHandshakes(t *testing.T) {
	f := serve(t, options{})
	for _, headers := range [][]string{
		{"Upgrade", "websocket", "Connection", "Upgrade"},
		{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Key", secret, "Sec-WebSocket-Version", "13"},
		{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Key", "MTIzNDU2Nzg5MDEyMzQ1Ng==", "Sec-WebSocket-Version", "8"},
	} {
		resp, body := f.do(t, http.MethodGet, "/", "", headers...)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
		require.Contains(t, body, `"BAD_INPUT"`)
		require.NotContains(t, body, secret)
	}
	resp, _ := f.do(t, http.MethodGet, "/?query=%7Bname%7D", "", "Upgrade", "h2c", "Connection", "Upgrade")
	require.Equal(t, 200, resp.StatusCode, "another upgrade is an ordinary GET")
}

func TestSocketBoundsItsOperations(t *testing.T) {
	f := serve(t, options{ws: transport.WebSocketOptions{Operations: 2}})
	p := f.connected(t)
	p.subscribe("1", ticks)
	p.subscribe("2", ticks)
	p.subscribe("3", ticks)
	refused := p.receive()
	require.Contains(t, refused, `"id":"3","type":"error"`)
	require.Contains(t, refused, `"LIMIT_EXCEEDED"`)

	p.send(`{"id":"1","type":"complete"}`)
	<-f.stub.stopped
	p.subscribe("3", "{ name }")
	require.Contains(t, p.receive(), `"id":"3","type":"next"`)
}

func TestSocketEndsWithTheSession(t *testing.T) {
	ended := make(chan struct{})
	f := serve(t, options{ws: transport.WebSocketOptions{Ended: endedBy(ended)}})
	p := f.connected(t)
	p.subscribe("1", ticks)
	require.Equal(t, "ticks", <-f.stub.started)
	close(ended)
	_, text, err := p.conn.Read(t.Context())
	require.Equal(t, transport.CloseUnauthorised, int(websocket.CloseStatus(err)), "nothing before the close: %s", text)
	require.Equal(t, "ticks", <-f.stub.stopped)
}

func TestSocketsShutDown(t *testing.T) {
	streams := transport.NewStreams(time.Millisecond)
	f := serve(t, options{ws: transport.WebSocketOptions{Streams: streams}})
	p, idle := f.connected(t), f.connected(t)
	p.subscribe("1", ticks)
	<-f.stub.started
	codes := make(chan int, 2)
	for _, peer := range []*peer{p, idle} {
		go func() { codes <- peer.closed() }()
	}

	require.NoError(t, streams.Shutdown(t.Context()))

	require.Zero(t, streams.Count())
	require.Equal(t, transport.CloseRestart, <-codes)
	require.Equal(t, transport.CloseRestart, <-codes)
	_, resp, err := websocket.Dial(t.Context(), f.URL, nil)
	require.Error(t, err)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
}

func TestSocketPings(t *testing.T) {
	codes := make(chan int, 1)
	f := serve(t, options{ws: transport.WebSocketOptions{
		PingInterval: 250 * time.Millisecond,
		OnClose:      func(_ context.Context, code int) { codes <- code },
	}})
	p := f.connected(t)
	for range 3 {
		require.JSONEq(t, `{"type":"ping"}`, p.receive())
		p.send(`{"type":"pong"}`)
	}
	// From here on the client answers nothing.
	require.Equal(t, -1, p.closed(), "cut without a close frame")
	require.Equal(t, transport.CloseAbnormal, <-codes)
}

func TestASlowReaderOfASocketIsCutOff(t *testing.T) {
	codes := make(chan int, 1)
	f := serve(t, options{ws: transport.WebSocketOptions{
		WriteTimeout: 20 * time.Millisecond, CloseTimeout: 20 * time.Millisecond,
		OnClose: func(_ context.Context, code int) { codes <- code },
	}})
	p := f.connected(t)
	p.subscribe("1", "subscription { flood { n } }") // and never reads
	require.Equal(t, transport.CloseSlowReader, <-codes)
	require.Equal(t, "flood", <-f.stub.stopped)
}

// Whoever reads gets everything, in order, however much was ready at once.
func TestNothingIsThinned(t *testing.T) {
	f := serve(t, options{})
	p := f.connected(t)
	p.subscribe("1", ticks)
	const n = 500
	go func() {
		for i := range n {
			f.stub.ticks <- fmt.Sprintf(`{"n":%d}`, i)
		}
		close(f.stub.ticks)
	}()
	for i := range n {
		require.JSONEq(t, fmt.Sprintf(`{"id":"1","type":"next","payload":{"data":{"n":%d}}}`, i), p.receive())
	}
	require.JSONEq(t, `{"id":"1","type":"complete"}`, p.receive())
}

func TestSocketReportsTheClientsOwnClose(t *testing.T) {
	codes := make(chan int, 1)
	f := serve(t, options{ws: transport.WebSocketOptions{OnClose: func(_ context.Context, code int) { codes <- code }}})
	require.NoError(t, f.connected(t).conn.Close(websocket.StatusNormalClosure, ""))
	require.Equal(t, 1000, <-codes)
}

func TestAbruptDisconnectsLeaveNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("sockets", func(t *testing.T) {
		streams := transport.NewStreams(0)
		f := serve(t, options{ws: transport.WebSocketOptions{Streams: streams}})
		for i := range 20 {
			var raw net.Conn
			client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				var err error
				raw, err = (&net.Dialer{}).DialContext(ctx, network, address)
				return raw, err
			}}}
			conn, _, err := websocket.Dial(t.Context(), f.URL, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"graphql-transport-ws"}})
			require.NoError(t, err)
			p := &peer{t: t, conn: conn}
			p.send(`{"type":"connection_init"}`)
			p.receive()
			p.subscribe("1", ticks)
			p.subscribe("2", "{ wait }")
			p.subscribe("3", []string{ticks, "subscription { flood { n } }"}[i%2])
			for range 3 {
				<-f.stub.started
			}
			require.NoError(t, raw.Close()) // no close frame, no farewell
			for range 3 {
				<-f.stub.stopped
			}
			_ = conn.CloseNow()
		}
		require.NoError(t, streams.Shutdown(t.Context()))
		require.Zero(t, streams.Count())
	})
	goleak.VerifyNone(t, before)
}
