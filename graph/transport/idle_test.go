package transport_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/graph/transport"
)

const pushedQuery = `{"query":"subscription { pushed { cursor n } }"}`

// TestAStreamThatWaitsHasOneGoroutine: there are thousands, and goroutines are most of what each takes.
func TestAStreamThatWaitsHasOneGoroutine(t *testing.T) {
	const streams = 20
	for name, open := range map[string]func(c *raw){
		"socket": func(c *raw) {
			c.say(handshake + frame(initFrame) + frame(subscribeTo("pushed")))
			c.await(`"connection_ack"}`)
		},
		"events": func(c *raw) {
			c.say(post(pushedQuery, len(pushedQuery)))
			c.await(":\n\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, options{})
			before := runtime.NumGoroutine()
			for i := range streams {
				c := f.dial(t)
				open(c)
				<-f.stub.started
				f.stub.push(t, i, `{"pushed":{"cursor":"c"}}`)
				c.await(`"c"}}}`)
			}
			few := streams / 2 // those of the test and of the server itself
			require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+streams+few }, 15*time.Second, time.Millisecond)
		})
	}
}

// TestWhatIsPushedComesInOrderAndToItsEnd: the same as if a goroutine waited for it.
func TestWhatIsPushedComesInOrderAndToItsEnd(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("streams", func(t *testing.T) {
		f := serve(t, options{})
		p, e := f.connected(t), f.listen(t, pushedQuery)
		require.Equal(t, "pushed", <-f.stub.started)
		p.subscribe("1", "subscription { pushed { cursor n } }")
		require.Equal(t, "pushed", <-f.stub.started)
		for _, item := range []string{`{"pushed":{"cursor":"a"}}`, `{"pushed":{"cursor":"b"}}`} {
			f.stub.push(t, 0, item)
			f.stub.push(t, 1, item)
			require.Contains(t, e.next(), item)
			require.JSONEq(t, `{"id":"1","type":"next","payload":{"data":`+item+`}}`, p.receive())
		}
		p.send(`{"id":"1","type":"complete"}`)
		require.Equal(t, "pushed", <-f.stub.stopped)
		require.False(t, f.stub.takers[1](`{"pushed":{}}`), "nobody wants more")
		p.send(`{"type":"ping"}`)
		require.JSONEq(t, `{"type":"pong"}`, p.receive(), "and nobody gets more")

		require.False(t, f.stub.takers[0]("panic"))
		require.Contains(t, e.next(), `"INTERNAL"`)
		require.Equal(t, completed, e.next())
		require.Equal(t, "pushed", <-f.stub.stopped)
	})
	goleak.VerifyNone(t, before)
}

func TestWhatIsPushedSaysWhyItEnds(t *testing.T) {
	f := serve(t, options{})
	p := f.connected(t)
	p.subscribe("1", "subscription { pushed { cursor n } }")
	<-f.stub.started
	require.False(t, f.stub.takers[0]("fail"))
	require.Contains(t, p.receive(), `"NOT_FOUND"`)
	p.subscribe("1", "subscription { pushed { cursor n } }")
	<-f.stub.started
	require.False(t, f.stub.takers[1]("slow"))
	require.Equal(t, transport.CloseSlowReader, p.closed())

	p = f.connected(t)
	p.subscribe("1", "subscription { refusedPush { n } }")
	require.Contains(t, p.receive(), `"UNAUTHENTICATED"`)
}

// TestWhoTakesTooSlowlyWhatIsPushedIsCutOff and holds up whoever pushes no longer than that.
func TestWhoTakesTooSlowlyWhatIsPushedIsCutOff(t *testing.T) {
	big := `{"pushed":{"cursor":"` + strings.Repeat("x", 1<<20) + `"}}`
	for name, open := range map[string]func(c *raw){
		"socket": func(c *raw) { c.say(handshake + frame(initFrame) + frame(subscribeTo("pushed"))) },
		"events": func(c *raw) { c.say(post(pushedQuery, len(pushedQuery))) },
	} {
		t.Run(name, func(t *testing.T) {
			streams := transport.NewStreams(0)
			f := serve(t, options{
				ws:  transport.WebSocketOptions{Streams: streams, WriteTimeout: 20 * time.Millisecond, CloseTimeout: 20 * time.Millisecond},
				sse: transport.SSEOptions{Streams: streams, WriteTimeout: 20 * time.Millisecond},
			})
			open(f.dial(t)) // and never reads
			<-f.stub.started
			for f.stub.takers[0](big) {
			}
			require.Equal(t, "pushed", <-f.stub.stopped)
			gone(t, streams)
		})
	}
}

// TestAnEventStreamIsAnAnswerOfHTTP: what the server does not write any more is written all the same.
func TestAnEventStreamIsAnAnswerOfHTTP(t *testing.T) {
	plain := serve(t, options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		plain.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f := &fixture{Server: server, stub: plain.stub}
	e := f.listen(t, pushedQuery)
	<-f.stub.started
	require.Equal(t, "HTTP/1.1 200 OK", e.resp.Proto+" "+e.resp.Status)
	require.Equal(t, []string{"chunked"}, e.resp.TransferEncoding)
	require.True(t, e.resp.Close, "the connection ends with the stream")
	require.Equal(t, "no-referrer", e.resp.Header.Get("Referrer-Policy"), "what was set before")
	require.Equal(t, "no", e.resp.Header.Get("X-Accel-Buffering"))
	at, err := http.ParseTime(e.resp.Header.Get("Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Hour)
	f.stub.push(t, 0, `{"pushed":{"cursor":"`+strings.Repeat("x", 100_000)+`"}}`)
	require.Contains(t, e.next(), strings.Repeat("x", 100_000))
	f.stub.takers[0]("end")
	require.Equal(t, completed, e.next())
	require.Empty(t, e.next())
	require.NoError(t, e.scan.Err(), "the last chunk came")
}

// Old clients know no chunks.
func TestAnEventStreamOverHTTP10(t *testing.T) {
	f := serve(t, options{})
	c := f.dial(t)
	c.say(strings.Replace(post(pushedQuery, len(pushedQuery)), "HTTP/1.1", "HTTP/1.0", 1))
	<-f.stub.started
	c.await("\r\n\r\n:\n\n")
	f.stub.push(t, 0, `{"pushed":{"cursor":"a"}}`)
	c.await("event: next\nid: a\ndata: {\"data\":{\"pushed\":{\"cursor\":\"a\"}}}\n\n")
	f.stub.takers[0]("end")
	c.await("event: complete\ndata:\n\n")
}
