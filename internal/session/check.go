package session

import (
	"context"
	"fmt"
	"time"

	"kabinet/ent"
	"kabinet/ent/session"
	"kabinet/internal/fault"
	"kabinet/internal/viewer"
)

// Check finds the open session of a token; fault.ErrUnauthenticated when there is none. With act the person is
// doing something, which moves the idle end.
func (s *Service) Check(ctx context.Context, text string, act bool) (Open, error) {
	t, err := parseToken(accessToken, text)
	if err != nil {
		return Open{}, fault.ErrUnauthenticated
	}
	now := s.clock.Now()
	hash := t.hash()
	found, err := s.cached(ctx, hash, act)
	switch {
	case err != nil:
		open, _, err := s.checkRow(ctx, t, act) // and no copy for a cache that does not answer
		return open, err
	case found.ended:
		return Open{}, fault.ErrUnauthenticated
	case !found.open():
		return s.restore(ctx, t, act)
	}
	h, err := heldIn(found.value)
	var d data
	if err == nil {
		_, d, err = t.open(h)
	}
	if err != nil {
		s.log.WarnContext(ctx, "session: the copy does not open; the row answers", "error", err)
		return s.restore(ctx, t, act)
	}
	idleEnd := now.Add(found.left)
	if act {
		if found.due && !s.touchRow(ctx, hash, now) {
			s.learnEnded(ctx, hash)
			return Open{}, fault.ErrUnauthenticated
		}
		idleEnd = now.Add(s.limits.Idle)
	}
	return d.at(now, idleEnd, hash)
}

// at is the session as it is now, if it is open.
func (d *data) at(now, idleEnd time.Time, hash tokenHash) (Open, error) {
	if !now.Before(d.Absolute) || !now.Before(idleEnd) {
		return Open{}, fault.ErrUnauthenticated
	}
	return Open{
		Viewer:     viewer.Viewer{PersonID: d.Person, SessionID: d.Session, Level: d.Level, Entry: d.Entry},
		IdleEndsAt: minTime(idleEnd, d.Absolute), AbsoluteEndsAt: d.Absolute,
		hash: hash, renewAt: d.RenewAt, tokensEnd: d.Tokens.ExpiresAt, idToken: d.Tokens.ID,
	}, nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// restore asks the truth, and puts the copy back.
func (s *Service) restore(ctx context.Context, t token, act bool) (Open, error) {
	open, h, err := s.checkRow(ctx, t, act)
	if err == nil {
		s.cache(ctx, open.hash, h, max(time.Millisecond, open.IdleEndsAt.Sub(s.clock.Now())), act)
	}
	return open, err
}

// checkRow asks the truth; it gives what the row holds besides.
func (s *Service) checkRow(ctx context.Context, t token, act bool) (Open, held, error) {
	ctx = viewer.NewSystemContext(ctx, "session check")
	now := s.clock.Now()
	hash := t.hash()
	row, err := s.store.Session.Query().Where(session.TokenHash(hash[:])).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return Open{}, held{}, fault.ErrUnauthenticated
	case err != nil:
		return Open{}, held{}, fmt.Errorf("check session: %w", err)
	}
	if row.EndedAt != nil || !now.Before(row.IdleEndsAt) {
		return Open{}, held{}, fault.ErrUnauthenticated
	}
	if len(row.Wrapped) == 0 {
		s.keyless.Do(func() { s.log.DebugContext(ctx, "session: rows from before sessions had keys open nothing") })
		return Open{}, held{}, fault.ErrUnauthenticated
	}
	h := held{row.Wrapped, row.Sealed}
	_, d, err := t.open(h)
	if err != nil {
		return Open{}, held{}, err
	}
	idleEnd := row.IdleEndsAt
	if act {
		if !s.touchRow(ctx, hash, now) { // ended since it was read
			return Open{}, held{}, fault.ErrUnauthenticated
		}
		idleEnd = now.Add(s.limits.Idle)
	}
	open, err := d.at(now, idleEnd, hash)
	return open, h, err
}

// learnEnded has the copy of a session forgotten whose row tells that it was ended, or has another token now.
func (s *Service) learnEnded(ctx context.Context, hash tokenHash) {
	if err := s.forget(ctx, hash); err != nil {
		s.log.WarnContext(ctx, "session: ended, but its copy is not forgotten; the row will tell", "error", err)
	}
}
