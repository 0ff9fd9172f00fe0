package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kabinet/graph/apierror"
	"kabinet/graph/transport"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/requestid"
)

const secret = "112-233-445 95"

// stub is a schema whose fields behave as their names say.
type stub struct {
	schema  *ast.Schema
	ticks   chan string // data of the next item of ticks; closing it completes the subscription
	started chan string // the name of each subscription that begins, with its Last-Event-ID
	stopped chan string
	runs    atomic.Int64
	sent    atomic.Int64             // items of flood
	takers  []func(item string) bool // of each pushed, in the order in which they began
}

func newStub() *stub {
	return &stub{
		schema: gqlparser.MustLoadSchema(&ast.Source{Input: `
			type Query { name: String fail: String crash: String wait: String num(n: Int, s: String, id: ID): String }
			type Mutation { save: String }
			type Subscription { ticks: Item refuse: Item failing: Item tooSlow: Item flood: Item crash: Item pushed: Item refusedPush: Item }
			type Item { cursor: String! n: Int! }`}),
		ticks:   make(chan string),
		started: make(chan string, 100),
		stopped: make(chan string, 100),
	}
}

func (s *stub) Schema() *ast.Schema { return s.schema }

func (s *stub) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s *stub) Exec(ctx context.Context) graphql.ResponseHandler {
	s.runs.Add(1)
	op := graphql.GetOperationContext(ctx)
	field, _ := op.Operation.SelectionSet[0].(*ast.Field)
	if op.Operation.Operation == ast.Subscription {
		return s.subscribe(ctx, field.Name)
	}
	once := false
	return func(ctx context.Context) *graphql.Response {
		if once {
			return nil
		}
		once = true
		switch field.Name {
		case "fail":
			graphql.AddError(ctx, errors.New("disk of "+secret))
			return &graphql.Response{Data: []byte("null")}
		case "crash":
			panic("person " + secret)
		case "wait":
			s.started <- "wait"
			<-ctx.Done()
			s.stopped <- "wait"
			return nil
		}
		return &graphql.Response{Data: []byte(`{"` + field.Alias + `":"x"}`)}
	}
}

func (s *stub) subscribe(ctx context.Context, name string) graphql.ResponseHandler {
	if name == "refuse" {
		graphql.AddError(ctx, fault.ErrUnauthenticated)
		return func(context.Context) *graphql.Response { return nil }
	}
	switch name {
	case "pushed":
		return s.pushed(ctx)
	case "refusedPush":
		_, err := transport.Push(ctx, func(func(string) bool) error { return fault.ErrUnauthenticated })
		graphql.AddError(ctx, err)
		return func(context.Context) *graphql.Response { return nil }
	}
	s.started <- name + transport.LastEventID(ctx)
	context.AfterFunc(ctx, func() { s.stopped <- name })
	var data bytes.Buffer // like gqlgen's, which writes each item over the one before
	big := []byte(`{"flood":"` + strings.Repeat("x", 1<<20) + `"}`)
	return func(ctx context.Context) *graphql.Response {
		switch name {
		case "failing":
			transport.Fail(ctx, fault.ErrNotFound)
			return nil
		case "tooSlow":
			transport.Fail(ctx, transport.ErrSlowReader)
			return nil
		case "flood":
			s.sent.Add(1)
			return &graphql.Response{Data: big}
		case "crash":
			panic("person " + secret)
		}
		select {
		case tick, more := <-s.ticks:
			if !more {
				return nil
			}
			data.Reset()
			data.WriteString(tick)
			return &graphql.Response{Data: data.Bytes()}
		case <-ctx.Done():
			return nil
		}
	}
}

// pushed has items that are data, or words for what else may happen.
func (s *stub) pushed(ctx context.Context) graphql.ResponseHandler {
	items, err := transport.Push(ctx, func(take func(string) bool) error {
		s.takers = append(s.takers, take)
		return nil
	})
	if err != nil {
		graphql.AddError(ctx, err)
	}
	context.AfterFunc(ctx, func() { s.stopped <- "pushed" })
	s.started <- "pushed"
	return func(ctx context.Context) *graphql.Response {
		select {
		case <-ctx.Done():
			return nil
		case item := <-items:
			switch item {
			case "fail":
				transport.Fail(ctx, fault.ErrNotFound)
				return nil
			case "slow":
				transport.Fail(ctx, transport.ErrSlowReader)
				return nil
			case "end":
				return nil
			case "panic":
				panic("person " + secret)
			}
			return &graphql.Response{Data: []byte(item)}
		}
	}
}

// push has one of pushed take an item.
func (s *stub) push(t *testing.T, which int, item string) {
	t.Helper()
	require.True(t, s.takers[which](item))
}

// options are those of a test's server; what is nil is standard.
type options struct {
	post transport.PostOptions
	get  transport.GetOptions
	sse  transport.SSEOptions
	ws   transport.WebSocketOptions
}

// endedBy is an Ended of a session that ends when a channel is closed.
func endedBy(ended <-chan struct{}) func(ctx context.Context, end func()) {
	return func(ctx context.Context, end func()) {
		select {
		case <-ended: // has been before
			end()
			return
		default:
		}
		go func() {
			select {
			case <-ended:
				end()
			case <-ctx.Done():
			}
		}()
	}
}

type fixture struct {
	*httptest.Server
	stub *stub
	log  *bytes.Buffer
}

// serve starts a server with all transports, set up as the documentation says.
func serve(t *testing.T, o options) *fixture {
	t.Helper()
	f := &fixture{stub: newStub(), log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&syncWriter{w: f.log}, nil))
	server := handler.New(f.stub)
	server.AddTransport(transport.NewWebSocket(o.ws))
	server.AddTransport(transport.NewSSE(o.sse))
	server.AddTransport(transport.NewGet(o.get))
	server.AddTransport(transport.NewPost(o.post))
	server.SetErrorPresenter(apierror.NewPresenter(log, apierror.Options{}))
	server.SetRecoverFunc(apierror.NewRecover(log))
	server.SetDisableSuggestion(true)
	english := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(w, r.WithContext(locale.NewContext(r.Context(), locale.FromHeader(r.Header.Get("Accept-Language")))))
	})
	f.Server = httptest.NewServer(requestid.Middleware(english))
	t.Cleanup(f.Close)
	return f
}

// syncWriter lets goroutines of the server write while a test reads after they ended.
type syncWriter struct {
	busy atomic.Bool
	w    io.Writer
}

func (s *syncWriter) Write(b []byte) (int, error) {
	for !s.busy.CompareAndSwap(false, true) {
	}
	defer s.busy.Store(false)
	return s.w.Write(b)
}

// do sends a request and reads the whole answer.
func (f *fixture) do(t *testing.T, method, target, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, f.URL+target, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := f.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}
