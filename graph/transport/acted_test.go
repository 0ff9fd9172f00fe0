package transport_test

import (
	"context"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// acts counts what the transports hold for actions.
func acts() (*atomic.Int64, options) {
	n := &atomic.Int64{}
	count := func(context.Context) { n.Add(1) }
	var o options
	o.post.Acted, o.get.Acted, o.sse.Acted, o.ws.Acted = count, count, count, count
	return n, o
}

func TestWhatIsDoneOverASocketIsAnAction(t *testing.T) {
	n, o := acts()
	f := serve(t, o)
	p := f.connected(t)
	p.subscribe("s", ticks)
	<-f.stub.started
	f.stub.ticks <- `{"ticks":{"cursor":"a","n":1}}`
	p.receive()
	p.send(`{"type":"ping"}`)
	p.receive()
	p.subscribe("wrong", "{ nothing }")
	p.receive()
	require.Zero(t, n.Load(), "a subscription, a ping and what is refused are none")
	for i, query := range []string{"{ name }", "mutation { save }"} {
		p.subscribe("a", query)
		p.receive()
		require.EqualValues(t, i+1, n.Load(), query)
		p.receive()
	}
}

func TestWhatIsDoneOverAnEventStreamIsAnAction(t *testing.T) {
	n, o := acts()
	f := serve(t, o)
	f.listen(t, `{"query":"subscription { ticks { n } }"}`)
	<-f.stub.started
	f.listen(t, `{"query":"{ nothing }"}`).next()
	require.Zero(t, n.Load())
	for i, body := range []string{`{"query":"{ name }"}`, `{"query":"mutation { save }"}`} {
		f.listen(t, body).next()
		require.EqualValues(t, i+1, n.Load(), body)
	}
}

func TestWhatIsDoneByARequestIsAnAction(t *testing.T) {
	n, o := acts()
	f := serve(t, o)
	// It would take an event stream too, which is why whoever looks at the header alone cannot tell.
	accept := []string{"Accept", "application/json, text/event-stream;q=0.1", "Content-Type", "application/json"}
	f.do(t, "POST", "/", `{"query":"mutation { save }"}`, accept...)
	require.EqualValues(t, 1, n.Load())
	f.do(t, "GET", "/?query="+url.QueryEscape("{ name }"), "", accept...)
	require.EqualValues(t, 2, n.Load())
	f.do(t, "POST", "/", `{"query":"subscription { ticks { n } }"}`, accept...)
	f.do(t, "GET", "/?query="+url.QueryEscape("mutation { save }"), "", accept...)
	require.EqualValues(t, 2, n.Load(), "what is refused is none")
}
