package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/session"
	"kabinet/internal/viewer"
)

// Times of the work that goes on beside the requests.
const (
	// sweepEvery is how often ended sessions are looked for whose end a crash or a dead Redis kept from spreading.
	sweepEvery = time.Second
	// sweepLimit bounds one sweep, in sessions; the oldest ends come first.
	sweepLimit = 500
	// sweepTimeout bounds one sweep.
	sweepTimeout = 5 * time.Second
)

// ended is a session that was ended.
type ended struct {
	id   uuid.UUID
	hash tokenHash
}

// spread makes the end of sessions known: to the streams here, to Redis, whose copies open nothing any more, and to
// the other instances. The row then tells that nothing is left to do.
func (s *Service) spread(ctx context.Context, some ...ended) error {
	ids, hashes, names := make([]uuid.UUID, len(some)), make([]tokenHash, len(some)), make([]string, len(some))
	for i, e := range some {
		ids[i], hashes[i], names[i] = e.id, e.hash, e.id.String()
		s.ends.Ring(e.id)
	}
	// One is tried although the other failed: each closes what it can.
	if err := errors.Join(s.forget(ctx, hashes...), s.bus.Publish(ctx, endedTopic, names...)); err != nil {
		return err
	}
	ctx = viewer.NewSystemContext(ctx, "session end")
	if err := s.store.Session.Update().Where(session.IDIn(ids...), session.ForgottenAtIsNil()).
		SetForgottenAt(s.clock.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("note forgotten sessions: %w", err)
	}
	return nil
}

// Sweep spreads the ends that have not spread. Every instance does it, so that the one on which a session was ended
// need not reach Redis, nor live on, for the session to end everywhere.
func (s *Service) Sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "session sweep"), sweepTimeout)
	defer cancel()
	return errors.Join(s.sweepStale(ctx), s.sweepEnded(ctx))
}

// sweepStale forgets the copies of replaced tokens that could not be forgotten when they were.
func (s *Service) sweepStale(ctx context.Context) error {
	hashes := s.stale.take()
	if len(hashes) == 0 {
		return nil
	}
	err := s.forget(ctx, hashes...)
	if err != nil {
		s.stale.add(hashes...)
	}
	return err
}

func (s *Service) sweepEnded(ctx context.Context) error {
	rows, err := s.store.Session.Query().Where(session.EndedAtNotNil(), session.ForgottenAtIsNil()).
		Order(session.ByEndedAt()).Limit(sweepLimit).Select(session.FieldID, session.FieldTokenHash).All(ctx)
	if err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	some := make([]ended, 0, len(rows))
	for _, row := range rows {
		if hash, ok := hashOf(row.TokenHash); ok {
			some = append(some, ended{row.ID, hash})
		}
	}
	return s.spread(ctx, some...)
}

// Run sweeps until the context ends. Then it waits for the renewals that are still under way: what the provider gives is
// lost if it is not written down.
func (s *Service) Run(ctx context.Context) {
	defer s.flights.wait()
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.Sweep(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing: // told once, tried every time
			s.log.WarnContext(ctx, "session: ends do not spread; they are tried again", "error", err)
		}
		failing = err != nil
	}
}
