package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// settleTime is how long connections are given to finish by themselves before the server closes them: a request that was
// sent must be answered, and http.Server drops what it reads after Shutdown has begun.
const settleTime = 2 * time.Second

// door is an address and what is served there, which can be closed without losing a request.
type door struct {
	name   string
	socket net.Listener
	server *http.Server

	open    atomic.Int64 // connections that the server has
	closing atomic.Bool
}

// newDoor makes the door of a server that does not serve yet.
func newDoor(name string, socket net.Listener, server *http.Server) *door {
	d := &door{name: name, socket: socket, server: server}
	inside := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.closing.Load() {
			w.Header().Set("Connection", "close") // the next request goes to another instance
		}
		inside.ServeHTTP(w, r)
	})
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			d.open.Add(1)
		case http.StateHijacked, http.StateClosed:
			d.open.Add(-1)
		case http.StateActive, http.StateIdle:
		}
	}
	return d
}

// close takes no more connections, has those that there are answered for the last time, and ends the server.
func (d *door) close(ctx context.Context) error {
	d.closing.Store(true)
	_ = d.socket.Close() // Serve ends, and says so
	d.settle(ctx)
	if err := d.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop %s: %w", d.name, err)
	}
	return nil
}

// settle waits until no connection is left, or for so long as it may.
func (d *door) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	tick := time.NewTicker(settleTime / 100)
	defer tick.Stop()
	for d.open.Load() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
