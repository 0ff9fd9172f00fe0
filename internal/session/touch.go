package session

import (
	"context"
	"time"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/viewer"
)

// rowLag is how often an acting session's row is asked and written, although the copy answers. By so much the idle
// end in the row lags behind the one in Redis, and so long may a session live on that was ended out of Redis' sight.
const rowLag = time.Minute

// Touch tells that the person does something in a session that was found open before: on a stream that goes on. What
// fails here is told by the next check, and by the watch of the stream.
func (s *Service) Touch(ctx context.Context, open Open) {
	now := s.clock.Now()
	if s.touch(ctx, open.hash, now) {
		return
	}
	// The token that the stream began with opens nothing any more: the session has ended, or has another token now.
	row, err := s.rowOf(ctx, open)
	switch {
	case ent.IsNotFound(err):
		s.ends.Ring(open.Viewer.SessionID)
	case err != nil:
		s.log.WarnContext(ctx, "session: idle end not written; it will be later", "error", err)
	default:
		if present, ok := hashOf(row.TokenHash); ok && present != open.hash {
			s.touch(ctx, present, now)
		}
	}
}

// touch moves the idle end of the session with that token; false when there is none that is open.
func (s *Service) touch(ctx context.Context, hash tokenHash, now time.Time) bool {
	found, err := s.cached(ctx, hash, true)
	switch {
	case err == nil && found.ended:
		return false
	case err != nil || !found.open():
		// No copy that would know of later acts than the row does: what the row holds to be idle is.
		return s.touchRow(ctx, hash, now, session.IdleEndsAtGT(now))
	case found.due && !s.touchRow(ctx, hash, now):
		s.learnEnded(ctx, hash)
		return false
	}
	return true
}

// touchRow moves the idle end in the row and tells whether the session is open. When the database does not answer, the
// session is held to be open, as the cache says.
func (s *Service) touchRow(ctx context.Context, hash tokenHash, now time.Time, only ...predicate.Session) bool {
	ctx = viewer.NewSystemContext(ctx, "session touch")
	n, err := s.store.Session.Update().Where(session.TokenHash(hash[:]), session.EndedAtIsNil()).Where(only...).
		SetIdleEndsAt(now.Add(s.limits.Idle)).Save(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "session: idle end not written; it will be later", "error", err)
		return true
	}
	return n > 0
}
