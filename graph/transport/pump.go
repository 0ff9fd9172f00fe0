package transport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// ErrSlowReader is what a subscription reports with Fail when its reader cannot keep up. The stream is cut: a WebSocket
// with CloseSlowReader, an event stream without complete, so that the client connects again with its last cursor.
var ErrSlowReader = errors.New("transport: reader of a stream is too slow")

type pumpKey struct{}

// Fail tells the client why a subscription ends. Its resolver calls it before it closes its channel; without it the
// client is told that the subscription is complete. The error is presented as any other. Outside of a stream it does
// nothing, and only the first call counts.
func Fail(ctx context.Context, err error) {
	if p, ok := ctx.Value(pumpKey{}).(*pump); ok && err != nil {
		p.failed.CompareAndSwap(nil, &err)
	}
}

// Push gives the channel of a resolver whose items come by calls: follow is given what takes an item, and keeps it. Taking
// one is executing it and writing it to the client; it is done where it is called, and tells whether the next one is
// wanted. So a subscription to which nothing happens needs no goroutine that waits for it. Follow must return before it
// calls. What it began must end with the context.
func Push[T any](ctx context.Context, follow func(take func(item T) bool) error) (<-chan T, error) {
	p, ok := ctx.Value(pumpKey{}).(*pump)
	if !ok { // somebody reads the channel who is no transport of this package
		items := make(chan T)
		return items, follow(func(item T) bool {
			select {
			case items <- item:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}
	items := make(chan T, 1)
	err := follow(func(item T) bool { return p.take(func() { items <- item }) })
	p.pushed = err == nil
	return items, err
}

// pump runs an operation and hands each of its results to emit, one after the other, until the operation ends, its
// context ends or emit wants no more. Then it calls ended, once, after which nothing of it runs: with ErrSlowReader when
// the subscription said so.
//
// A result is made by taking an item out of the channel that a resolver gave. Either a goroutine waits in there, or,
// with Push, whoever has an item puts it in and makes the result.
type pump struct {
	exec  graphql.GraphExecutor
	op    *graphql.OperationContext
	emit  func(*graphql.Response) bool
	ended func(error)

	failed atomic.Pointer[error] // what Fail was told

	mu        sync.Mutex      // held while a result is made; guards what follows
	ctx       context.Context //nolint:containedctx // that of the operation
	responses graphql.ResponseHandler
	pushed    bool
	over      bool
}

// run begins the operation. It returns when the operation has ended or, if items are pushed, when it has begun. It
// recovers from panics, since it runs apart from the goroutine of the server.
func (p *pump) run(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx = context.WithValue(ctx, pumpKey{}, p)
	p.recovering(func() { p.responses, p.ctx = p.exec.DispatchOperation(p.ctx, p.op) })
	if p.pushed && !p.over {
		context.AfterFunc(p.ctx, func() {
			for p.take(func() {}) { // finds that there is nothing more
			}
		})
		return
	}
	for !p.over {
		p.next()
	}
}

// take makes the result of an item that put puts into the channel, where there is room: nobody puts one in before the
// last one was taken out.
func (p *pump) take(put func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		put()
		p.next()
	}
	return !p.over
}

// next makes one result.
func (p *pump) next() {
	p.recovering(func() {
		resp := p.responses(p.ctx)
		switch {
		case resp == nil:
			p.end(p.farewell())
		case !p.emit(resp):
			p.end(nil)
		}
	})
}

// farewell tells the client why there are no more results, if there is a reason; ErrSlowReader is for the transport.
func (p *pump) farewell() (err error) {
	if reason := p.failed.Load(); reason != nil && p.ctx.Err() == nil {
		err = *reason
	}
	if err != nil && !errors.Is(err, ErrSlowReader) {
		p.emit(failedWith(p.ctx, p.exec, err))
		err = nil
	}
	return err
}

func (p *pump) end(err error) {
	p.over = true
	p.ended(err)
}

func (p *pump) recovering(do func()) {
	defer func() {
		if value := recover(); value != nil {
			if masked := crashed(p.ctx, p.exec, value); !p.over {
				p.emit(masked)
				p.end(nil)
			}
		}
	}()
	do()
}
