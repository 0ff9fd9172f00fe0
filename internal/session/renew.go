package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/viewer"
)

const (
	// renewAhead is how long before they expire the provider's tokens are renewed, if they last for twice as long.
	renewAhead = time.Minute
	// renewPause is the least time between two renewals, and renewRetry that after one that has failed: no request needs
	// these tokens, so that nobody is kept waiting often for a provider that hangs.
	renewPause = 5 * time.Second
	renewRetry = 30 * time.Second
	// renewTimeout bounds the exchange at the provider, and renewWrite the writing of what came of it.
	renewTimeout = 8 * time.Second
	renewWrite   = 5 * time.Second
	// renewLease is for how long one instance has the renewal to itself: longer than it takes.
	renewLease = 15 * time.Second
	// renewWait bounds how long a request waits for a renewal, its own or somebody else's.
	renewWait = time.Second
	// renewLook is how often it looks whether another instance has done it.
	renewLook = 50 * time.Millisecond
)

// Renewer exchanges the provider's refresh token for new tokens. Its contract is that of identity.Refresher.
type Renewer interface {
	Refresh(ctx context.Context, subject, refreshToken string) (identity.Tokens, error)
}

// take takes new tokens over. What the provider does not repeat stays as it was.
func (d *data) take(t identity.Tokens, now time.Time) {
	d.Tokens.Access, d.Tokens.ExpiresAt = t.Access, t.ExpiresAt
	if t.Refresh != "" {
		d.Tokens.Refresh = t.Refresh
	}
	if t.ID != "" {
		d.Tokens.ID = t.ID
	}
	d.RenewAt = time.Time{}
	if d.Tokens.Refresh == "" || t.ExpiresAt.IsZero() {
		return
	}
	d.RenewAt = t.ExpiresAt.Add(-min(renewAhead, max(0, t.ExpiresAt.Sub(now)/2)))
	if soonest := now.Add(renewPause); d.RenewAt.Before(soonest) {
		d.RenewAt = soonest
	}
}

// isDue tells whether tokens are to be renewed at a moment.
func isDue(renewAt, now time.Time) bool { return !renewAt.IsZero() && !now.Before(renewAt) }

// Renew keeps the provider's tokens of an open session fresh. It costs nothing until they are about to expire; then one
// request of all has them renewed and waits for it, and the others go on, or wait, too, when the tokens have expired. Nobody
// waits longer than a second: then they go on with the old ones, and the renewal by itself. A provider that refuses ends
// the session: fault.ErrUnauthenticated. One that does not answer does not: the session goes on, and somebody tries again
// later.
func (s *Service) Renew(ctx context.Context, text string, open Open) error {
	if s.renewer == nil || !isDue(open.renewAt, s.clock.Now()) {
		return nil
	}
	t, err := parseToken(accessToken, text)
	if err != nil || t.hash() != open.hash {
		return fault.ErrUnauthenticated
	}
	wait := time.NewTimer(s.waits.renewal)
	defer wait.Stop()
	for {
		f, leads := s.flights.join(open.hash)
		if leads {
			// It goes on by itself, even if the client has left or waits no more: the provider's answer must not be lost.
			work := context.WithoutCancel(ctx)
			go s.flights.run(open.hash, f, func() (bool, error) { return s.renewOnce(work, t, open.Viewer.SessionID) })
		}
		lasts := s.clock.Now().Before(open.tokensEnd)
		if !leads && lasts {
			return nil
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
			return nil
		}
		switch {
		case f.err != nil && fault.CodeOf(f.err) == fault.Unauthenticated:
			return f.err
		case f.err != nil:
			s.log.WarnContext(ctx, "session: the provider's tokens are not renewed; the session goes on", "error", f.err)
			return nil
		case f.settled || lasts:
			return nil
		}
		if done := s.pause(ctx, wait.C); done {
			return ctx.Err()
		}
	}
}

// pause waits until it is time to look again; true when the wait is over.
func (s *Service) pause(ctx context.Context, over <-chan time.Time) bool {
	look := time.NewTimer(s.waits.look)
	defer look.Stop()
	select {
	case <-look.C:
		return false
	case <-over:
	case <-ctx.Done():
	}
	return true
}

// renewOnce renews the tokens unless somebody else does it or has done it. settled tells that there is nothing to wait
// for: the tokens are as fresh as they can be.
func (s *Service) renewOnce(ctx context.Context, t token, id uuid.UUID) (settled bool, err error) {
	ctx = viewer.NewSystemContext(ctx, "session renewal")
	work, cancel := context.WithTimeout(ctx, renewLease)
	defer cancel()
	row, _, d, err := s.read(work, t, id)
	if err != nil {
		return false, err
	}
	now := s.clock.Now()
	if !isDue(d.RenewAt, now) { // the copy did not know
		s.replace(work, t.hash(), held{row.Wrapped, row.Sealed})
		return true, nil
	}
	if row.RenewingUntil != nil && row.RenewingUntil.After(now) {
		return false, nil
	}
	until := now.Add(renewLease)
	n, err := s.store.Session.Update().
		Where(session.ID(id), session.EndedAtIsNil(), session.Or(session.RenewingUntilIsNil(), session.RenewingUntilLTE(now))).
		SetRenewingUntil(until).Save(work)
	if err != nil {
		return false, fmt.Errorf("lease the renewal: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	// Whoever had the lease before may have renewed them in between.
	row, key, d, err := s.read(work, t, id)
	switch {
	case err != nil:
		s.release(ctx, id, until)
		return false, err
	case !isDue(d.RenewAt, now):
		s.release(ctx, id, until)
		s.replace(work, t.hash(), held{row.Wrapped, row.Sealed})
		return true, nil
	}
	fresh, err := s.exchange(work, d)
	write, done := context.WithTimeout(ctx, renewWrite)
	defer done()
	return true, s.settle(write, renewal{key: key, used: d.Tokens.Refresh, until: until, owner: d.Person}, fresh, err)
}

func (s *Service) exchange(ctx context.Context, d data) (identity.Tokens, error) {
	ctx, cancel := context.WithTimeout(ctx, renewTimeout)
	defer cancel()
	return s.renewer.Refresh(ctx, d.Subject, d.Tokens.Refresh)
}

// renewal is one under way.
type renewal struct {
	key   dataKey
	used  string    // the refresh token that was sent
	until time.Time // end of the lease
	owner uuid.UUID
}

// settle writes down what came of a renewal. Should the lease have been lost to somebody who renewed the tokens since,
// theirs stand.
func (s *Service) settle(ctx context.Context, r renewal, fresh identity.Tokens, failure error) error {
	now := s.clock.Now()
	if failure != nil && fault.CodeOf(failure) == fault.Unauthenticated {
		n, err := s.end(ctx, ending{
			owner: r.owner, reason: ReasonUpstream, which: []predicate.Session{session.ID(r.key.session)},
			spare: func(row *ent.Session) bool {
				d, err := r.key.open(row.Sealed)
				return err == nil && d.Tokens.Refresh != r.used
			},
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return nil // somebody else has ended it, or renewed the tokens: the next check tells
		}
		s.log.InfoContext(ctx, "session: the provider renews its tokens no more; the session has ended", "error", failure)
		return fault.ErrUnauthenticated
	}
	if failure != nil {
		s.log.WarnContext(ctx, "session: the provider does not renew its tokens now; it is tried again", "error", failure)
	}
	_, err := s.change(ctx, r.key.session, func(*ent.Session) (dataKey, error) { return r.key, nil },
		func(row *ent.Session, d *data, u *ent.SessionUpdate) bool {
			if row.RenewingUntil != nil && row.RenewingUntil.Equal(r.until) {
				u.ClearRenewingUntil()
			}
			if d.Tokens.Refresh != r.used {
				return true
			}
			if failure != nil {
				d.RenewAt = now.Add(renewRetry)
			} else {
				d.take(fresh, now)
			}
			return true
		})
	return err
}

// read gives what the row of an open session holds, if the token is its present one.
func (s *Service) read(ctx context.Context, t token, id uuid.UUID) (*ent.Session, dataKey, data, error) {
	hash := t.hash()
	row, err := s.store.Session.Query().
		Where(session.ID(id), session.TokenHash(hash[:]), session.EndedAtIsNil()).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, dataKey{}, data{}, fault.ErrUnauthenticated
	case err != nil:
		return nil, dataKey{}, data{}, fmt.Errorf("read session: %w", err)
	}
	key, d, err := t.open(held{row.Wrapped, row.Sealed})
	return row, key, d, err
}

// release gives a lease back that was not needed. One that stays ends by itself.
func (s *Service) release(ctx context.Context, id uuid.UUID, until time.Time) {
	if err := s.store.Session.Update().Where(session.ID(id), session.RenewingUntil(until)).ClearRenewingUntil().Exec(ctx); err != nil {
		s.log.WarnContext(ctx, "session: the lease of a renewal is not given back; it ends by itself", "error", err)
	}
}

// flights are the renewals under way in this process, so that many requests of one session ask the row once.
type flights struct {
	mu     sync.Mutex
	flying map[tokenHash]*flight
}

type flight struct {
	done    chan struct{}
	settled bool
	err     error
}

// join gives the renewal under way with a token, or begins one, which the caller then runs.
func (f *flights) join(hash tokenHash) (joined *flight, leads bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if joined = f.flying[hash]; joined != nil {
		return joined, false
	}
	if f.flying == nil {
		f.flying = make(map[tokenHash]*flight)
	}
	joined = &flight{done: make(chan struct{})}
	f.flying[hash] = joined
	return joined, true
}

// run does the work; those who have joined know the outcome when done is closed.
func (f *flights) run(hash tokenHash, led *flight, work func() (bool, error)) {
	defer func() {
		f.mu.Lock()
		delete(f.flying, hash)
		f.mu.Unlock()
		close(led.done)
	}()
	led.settled, led.err = work()
}

// wait waits for the renewals that are under way.
func (f *flights) wait() {
	f.mu.Lock()
	under := slices.Collect(maps.Values(f.flying))
	f.mu.Unlock()
	for _, one := range under {
		<-one.done
	}
}
