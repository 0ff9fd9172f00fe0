package session

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

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

// OnEnd has end called, once, when the session ends, for whatever reason. The watch lasts until then or until the context
// is done. No goroutine waits with it: there are thousands.
func (s *Service) OnEnd(ctx context.Context, open Open, end func()) {
	w := &watch{sessions: s, ctx: ctx, open: open, tell: end}
	w.end, w.doubt = signal.NewBell(w.close), signal.NewBell(w.look)
	w.timer = time.AfterFunc(recheck, w.doubt.Ring)
	s.ends.Hang(open.Viewer.SessionID, w.end)
	s.doubts.Hang(open.Viewer.SessionID, w.doubt)
	context.AfterFunc(ctx, w.stop)
	w.doubt.Ring() // the session may have been ended between its check and now
}

// watch is that of one stream.
type watch struct {
	sessions   *Service
	ctx        context.Context //nolint:containedctx // that of the stream
	open       Open            // only look uses it, which runs once at a time
	end, doubt *signal.Bell
	timer      *time.Timer
	tell       func()
	ended      atomic.Bool
}

// look finds out whether the session has ended, and when to look again.
func (w *watch) look() {
	if w.isOver() {
		return
	}
	idleEnd, isOpen := w.sessions.look(w.ctx, w.open)
	switch {
	case w.isOver(): // of whoever left meanwhile it was not found out
	case !isOpen:
		w.close()
	default:
		w.open.IdleEndsAt = idleEnd
		w.timer.Reset(min(recheck, max(0, idleEnd.Sub(w.sessions.clock.Now()))))
	}
}

func (w *watch) isOver() bool { return w.ended.Load() || w.ctx.Err() != nil }

func (w *watch) close() {
	if w.ctx.Err() == nil && w.ended.CompareAndSwap(false, true) {
		w.stop()
		w.tell()
	}
}

func (w *watch) stop() {
	w.timer.Stop()
	w.sessions.ends.TakeDown(w.open.Viewer.SessionID, w.end)
	w.sessions.doubts.TakeDown(w.open.Viewer.SessionID, w.doubt)
}

// look asks whether a session is open still: the row, which knows whether it was ended, and Redis, which knows the idle
// end exactly, under the token that opens the session now. When neither answers, the session is held to be open until
// its known end.
func (s *Service) look(ctx context.Context, open Open) (idleEnd time.Time, isOpen bool) {
	now, hash := s.clock.Now(), open.hash
	idleEnd = open.IdleEndsAt
	row, err := s.rowOf(ctx, open)
	switch {
	case ent.IsNotFound(err):
		return idleEnd, false
	case err == nil:
		idleEnd = row.IdleEndsAt
		hash, _ = hashOf(row.TokenHash)
	}
	found, cacheErr := s.cached(ctx, hash, false)
	switch {
	case cacheErr == nil && found.ended:
		// Unless another token has just taken this one's place, the session has ended since its row was read.
		again, err := s.rowOf(ctx, open)
		if err != nil || bytes.Equal(again.TokenHash, hash[:]) {
			return idleEnd, false
		}
		idleEnd = again.IdleEndsAt
	case cacheErr == nil && found.open():
		if end := now.Add(found.left); end.After(idleEnd) {
			idleEnd = end
		}
	}
	idleEnd = minTime(idleEnd, open.AbsoluteEndsAt)
	return idleEnd, now.Before(idleEnd)
}

// rowOf is the row of a session that has not ended.
func (s *Service) rowOf(ctx context.Context, open Open) (*ent.Session, error) {
	return s.store.Session.Query().Where(session.ID(open.Viewer.SessionID), session.EndedAtIsNil()).
		Only(viewer.NewSystemContext(ctx, "session watch"))
}
