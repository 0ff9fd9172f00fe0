package session

import (
	"bytes"
	"context"
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

// Ended gives a channel that is closed when the session ends, for whatever reason. The watch lasts until then or
// until the context is done.
func (s *Service) Ended(ctx context.Context, open Open) <-chan struct{} {
	ended := make(chan struct{})
	end, takeDownEnd := s.ends.Hang(open.Viewer.SessionID)
	doubt, takeDownDoubt := s.doubts.Hang(open.Viewer.SessionID)
	go func() {
		defer takeDownEnd()
		defer takeDownDoubt()
		if s.awaitEnd(ctx, open, end, doubt) {
			close(ended)
		}
	}()
	return ended
}

// awaitEnd tells whether the session ended before the context did. It looks at once, for the session may have been ended
// between its check and now, and then whenever it has reason to.
func (s *Service) awaitEnd(ctx context.Context, open Open, end, doubt <-chan struct{}) bool {
	timer := time.NewTimer(recheck)
	defer timer.Stop()
	for {
		idleEnd, isOpen := s.look(ctx, open)
		if !isOpen {
			return ctx.Err() == nil
		}
		open.IdleEndsAt = idleEnd
		timer.Reset(min(recheck, max(0, open.IdleEndsAt.Sub(s.clock.Now()))))
		select {
		case <-ctx.Done():
			return false
		case <-end:
			return true
		case <-doubt:
		case <-timer.C:
		}
	}
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
