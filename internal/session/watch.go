package session

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/session"
	"kabinet/internal/signal"
	"kabinet/internal/viewer"
)

// endedTopic is that of sessions that were ended; a payload is the id of one.
const endedTopic signal.Topic = "session-ended"

// recheck is how often a watched session is looked at even if nothing was heard: the bound within which a stream
// outlives its session when a signal was lost.
const recheck = time.Minute

// watchers are the streams that live no longer than their sessions.
type watchers struct {
	mu    sync.Mutex
	bySes map[uuid.UUID]map[*watcher]struct{}
}

type watcher struct {
	ended chan struct{} // told that the session was ended
	look  chan struct{} // told that it may have been
}

func newWatchers() *watchers {
	return &watchers{bySes: make(map[uuid.UUID]map[*watcher]struct{})}
}

func (w *watchers) add(id uuid.UUID) (*watcher, func()) {
	one := &watcher{ended: make(chan struct{}, 1), look: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bySes[id] == nil {
		w.bySes[id] = make(map[*watcher]struct{})
	}
	w.bySes[id][one] = struct{}{}
	return one, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.bySes[id], one)
		if len(w.bySes[id]) == 0 {
			delete(w.bySes, id)
		}
	}
}

func (w *watchers) end(id uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.bySes[id] {
		ring(one.ended)
	}
}

func (w *watchers) doubt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, some := range w.bySes {
		for one := range some {
			ring(one.look)
		}
	}
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// Ended gives a channel that is closed when the session ends, for whatever reason. The watch lasts until then or
// until the context is done.
func (s *Service) Ended(ctx context.Context, open Open) <-chan struct{} {
	ended := make(chan struct{})
	w, stop := s.watch.add(open.Viewer.SessionID)
	ring(w.look) // it may have been ended between its check and now
	go func() {
		defer stop()
		if s.awaitEnd(ctx, open, w) {
			close(ended)
		}
	}()
	return ended
}

// awaitEnd tells whether the session ended before the context did.
func (s *Service) awaitEnd(ctx context.Context, open Open, w *watcher) bool {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(min(recheck, max(0, open.IdleEndsAt.Sub(s.clock.Now()))))
		select {
		case <-ctx.Done():
			return false
		case <-w.ended:
			return true
		case <-w.look:
		case <-timer.C:
		}
		idleEnd, isOpen := s.look(ctx, open)
		if !isOpen {
			return ctx.Err() == nil
		}
		open.IdleEndsAt = idleEnd
	}
}

// look asks whether a session is open still: the row, which knows whether it was ended, and Redis, which knows the idle
// end exactly. When neither answers, the session is held to be open until its known end.
func (s *Service) look(ctx context.Context, open Open) (idleEnd time.Time, isOpen bool) {
	now := s.clock.Now()
	idleEnd = open.IdleEndsAt
	row, err := s.store.Session.Query().Where(session.ID(open.Viewer.SessionID)).
		Only(viewer.NewSystemContext(ctx, "session watch"))
	switch {
	case ent.IsNotFound(err):
		return idleEnd, false
	case err == nil && row.EndedAt != nil:
		return idleEnd, false
	case err == nil:
		idleEnd = row.IdleEndsAt
	}
	if found, err := s.cached(ctx, open.hash, false); err == nil {
		if found.ended {
			return idleEnd, false
		}
		if end := now.Add(found.left); len(found.sealed) > 0 && end.After(idleEnd) {
			idleEnd = end
		}
	}
	idleEnd = minTime(idleEnd, open.AbsoluteEndsAt)
	return idleEnd, now.Before(idleEnd)
}
