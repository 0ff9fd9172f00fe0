package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/graph/transport"
)

const ticksQuery = `{"query":"subscription { ticks { cursor n } }"}`

// events is a reader of one event stream.
type events struct {
	t    *testing.T
	resp *http.Response
	scan *bufio.Scanner
	quit context.CancelFunc
}

func (f *fixture) listen(t *testing.T, body string, headers ...string) *events {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", asJSON)
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := f.Client().Do(r)
	require.NoError(t, err)
	scan := bufio.NewScanner(resp.Body)
	scan.Buffer(nil, 4<<20)
	t.Cleanup(func() { cancel(); _ = resp.Body.Close() })
	return &events{t: t, resp: resp, scan: scan, quit: cancel}
}

// next gives the next event as it is on the wire, without comments; empty at the end of the stream.
func (e *events) next() string {
	var event strings.Builder
	for e.scan.Scan() {
		line := e.scan.Text()
		switch {
		case line == "" && event.Len() > 0:
			return event.String()
		case line == "", strings.HasPrefix(line, ":"):
		default:
			event.WriteString(line + "\n")
		}
	}
	return ""
}

func (e *events) comment() {
	for e.scan.Scan() {
		if strings.HasPrefix(e.scan.Text(), ":") {
			return
		}
	}
	e.t.Fatal("the stream ended without a comment")
}

const completed = "event: complete\ndata:\n"

func TestEventStream(t *testing.T) {
	f := serve(t, options{})
	e := f.listen(t, ticksQuery)
	require.Equal(t, 200, e.resp.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", e.resp.Header.Get("Content-Type"))
	requireSafeHeaders(t, e.resp)
	require.Equal(t, "ticks", <-f.stub.started)

	f.stub.ticks <- `{"ticks":{"cursor":"c1","n":1}}`
	require.Equal(t, "event: next\nid: c1\ndata: {\"data\":{\"ticks\":{\"cursor\":\"c1\",\"n\":1}}}\n", e.next())
	f.stub.ticks <- "{\"ticks\":\n{\"n\":2}}"
	require.Equal(t, "event: next\ndata: {\"data\":{\"ticks\":\ndata: {\"n\":2}}}\n", e.next())
	close(f.stub.ticks)
	require.Equal(t, completed, e.next())
	require.Empty(t, e.next(), "the stream ends")
}

// Whoever reads gets everything, in order, however much was ready at once: an item that is being written is not lost
// to the next one, although the executor makes each where the one before was.
func TestNothingIsThinnedOnAnEventStream(t *testing.T) {
	f := serve(t, options{})
	e := f.listen(t, ticksQuery)
	const n = 5000
	go func() {
		for i := range n {
			f.stub.ticks <- fmt.Sprintf(`{"ticks":{"cursor":"c%[1]d","n":%[1]d}}`, i)
		}
		close(f.stub.ticks)
	}()
	for i := range n {
		require.Equal(t, fmt.Sprintf("event: next\nid: c%[1]d\ndata: {\"data\":{\"ticks\":{\"cursor\":\"c%[1]d\",\"n\":%[1]d}}}\n", i), e.next())
	}
	require.Equal(t, completed, e.next())
}

func TestEventStreamResumes(t *testing.T) {
	f := serve(t, options{})
	f.listen(t, ticksQuery, "Last-Event-ID", "c7")
	require.Equal(t, "ticksc7", <-f.stub.started)
	f.listen(t, ticksQuery, "Last-Event-ID", strings.Repeat("x", 600))
	require.Equal(t, "ticks", <-f.stub.started, "no cursor is that long")
}

func TestEventStreamOfSingleResultsAndErrors(t *testing.T) {
	f := serve(t, options{})
	for name, c := range map[string]struct{ body, contains string }{
		"query":         {`{"query":"{ name }"}`, `{"data":{"name":"x"}}`},
		"mutation":      {`{"query":"mutation { save }"}`, `{"data":{"save":"x"}}`},
		"invalid":       {`{"query":"{ nam }"}`, `"BAD_INPUT"`},
		"refused":       {`{"query":"subscription { refuse { n } }"}`, `"UNAUTHENTICATED"`},
		"fails":         {`{"query":"subscription { failing { n } }"}`, `"NOT_FOUND"`},
		"panics":        {`{"query":"subscription { crash { n } }"}`, `"INTERNAL"`},
		"query panics":  {`{"query":"{ crash }"}`, `"INTERNAL"`},
		"failing field": {`{"query":"{ fail }"}`, `"data":null`},
	} {
		t.Run(name, func(t *testing.T) {
			e := f.listen(t, c.body)
			require.Equal(t, 200, e.resp.StatusCode)
			event := e.next()
			require.True(t, strings.HasPrefix(event, "event: next\n"), event)
			require.Contains(t, event, c.contains)
			require.NotContains(t, event, secret)
			require.Equal(t, completed, e.next())
		})
	}
	e := f.listen(t, `{"query":"subscription { tooSlow { n } }"}`)
	require.Empty(t, e.next(), "cut without complete, so that the client comes back")
}

func TestEventStreamByGet(t *testing.T) {
	f := serve(t, options{})
	resp, body := f.do(t, http.MethodGet, "/?query="+url.QueryEscape("subscription { failing { n } }"), "", "Accept", "text/event-stream")
	require.Equal(t, 200, resp.StatusCode)
	require.Contains(t, body, "NOT_FOUND")

	resp, _ = f.do(t, http.MethodGet, "/?query="+url.QueryEscape("mutation { save }"), "", "Accept", "text/event-stream")
	require.Equal(t, 405, resp.StatusCode)
	require.Equal(t, "POST", resp.Header.Get("Allow"))
}

func TestEventStreamRefusesWrongRequests(t *testing.T) {
	f := serve(t, options{})
	for _, c := range []struct {
		contentType, body string
		status            int
	}{{asJSON, "{", 400}, {"text/plain", ticksQuery, 415}, {asJSON, "{}", 400}} {
		resp, body := f.do(t, http.MethodPost, "/", c.body, "Accept", "text/event-stream", "Content-Type", c.contentType)
		require.Equal(t, c.status, resp.StatusCode)
		require.Contains(t, body, `"BAD_INPUT"`)
		require.Equal(t, "application/json; charset=utf-8", resp.Header.Get("Content-Type"))
	}
	require.Zero(t, f.stub.runs.Load())
}

func TestEventStreamIsKeptAlive(t *testing.T) {
	f := serve(t, options{sse: transport.SSEOptions{KeepAlive: time.Millisecond}})
	e := f.listen(t, ticksQuery)
	for range 5 {
		e.comment()
	}
	f.stub.ticks <- `{"ticks":{"cursor":"c1"}}`
	require.Contains(t, e.next(), "id: c1")
	e.comment()
}

// Over HTTP/2 a write deadline that is left standing resets the stream even when nothing is being written.
func TestEventStreamOverHTTP2OutlivesItsWriteDeadline(t *testing.T) {
	plain := serve(t, options{sse: transport.SSEOptions{KeepAlive: 600 * time.Millisecond, WriteTimeout: 300 * time.Millisecond}})
	server := httptest.NewUnstartedServer(plain.Config.Handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	f := &fixture{Server: server, stub: plain.stub}

	e := f.listen(t, ticksQuery)
	require.Equal(t, 2, e.resp.ProtoMajor)
	e.comment() // of the beginning
	e.comment()
	e.comment()
	f.stub.ticks <- `{"ticks":{"cursor":"c1"}}`
	require.Contains(t, e.next(), "id: c1")
	e.quit()
	require.Equal(t, "ticks", <-f.stub.started)
	require.Equal(t, "ticks", <-f.stub.stopped)
}

func TestEventStreamEndsWithTheSession(t *testing.T) {
	ended := make(chan struct{})
	f := serve(t, options{sse: transport.SSEOptions{Ended: endedBy(ended)}})
	e := f.listen(t, ticksQuery)
	require.Equal(t, "ticks", <-f.stub.started)
	close(ended)
	require.Equal(t, completed, e.next())
	require.Empty(t, e.next())
	require.Equal(t, "ticks", <-f.stub.stopped, "the subscription ended too")

	// A session that has ended before gets nothing at all.
	e = f.listen(t, `{"query":"subscription { flood { n } }"}`)
	require.Equal(t, completed, e.next())
}

func TestEventStreamsShutDown(t *testing.T) {
	streams := transport.NewStreams(time.Millisecond)
	f := serve(t, options{sse: transport.SSEOptions{Streams: streams}})
	first, second := f.listen(t, ticksQuery), f.listen(t, ticksQuery)
	require.Equal(t, 2, streams.Count())

	require.NoError(t, streams.Shutdown(t.Context()))

	require.Zero(t, streams.Count())
	require.Equal(t, completed, first.next())
	require.Equal(t, completed, second.next())
	resp, body := f.do(t, http.MethodPost, "/", ticksQuery, "Accept", "text/event-stream", "Content-Type", asJSON)
	require.Equal(t, 503, resp.StatusCode)
	require.Equal(t, "2", resp.Header.Get("Retry-After"))
	require.Contains(t, body, "UPSTREAM_UNAVAILABLE")
	require.NoError(t, streams.Shutdown(t.Context()), "twice is no harm")
}

func TestShutdownHurriesWhenItsTimeEnds(t *testing.T) {
	streams := transport.NewStreams(24 * time.Hour)
	f := serve(t, options{sse: transport.SSEOptions{Streams: streams}})
	e := f.listen(t, ticksQuery)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, streams.Shutdown(ctx), context.Canceled)
	require.Equal(t, completed, e.next())
}

func TestASlowReaderOfEventsIsCutOff(t *testing.T) {
	streams := transport.NewStreams(0)
	f := serve(t, options{sse: transport.SSEOptions{Streams: streams, WriteTimeout: 20 * time.Millisecond}})
	f.listen(t, `{"query":"subscription { flood { n } }"}`) // and never reads
	require.Equal(t, "flood", <-f.stub.started)
	require.Equal(t, "flood", <-f.stub.stopped)
}

func TestEventStreamLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("streams", func(t *testing.T) {
		f := serve(t, options{})
		for range 10 {
			e := f.listen(t, ticksQuery)
			<-f.stub.started
			e.quit() // abruptly
			<-f.stub.stopped
		}
	})
	goleak.VerifyNone(t, before)
}
