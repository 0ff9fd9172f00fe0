package session

import (
	"context"
	"time"
)

// CacheTimeout is for tests of what a check waits for.
const CacheTimeout = cacheTimeout

// RenewWait is for tests of what a request waits for the provider.
const RenewWait = renewWait

// Wait sets for how long requests wait for Redis and for a renewal, and how often they look for the latter.
func (s *Service) Wait(cache, renewal, look time.Duration) {
	s.waits = waits{cache: cache, renewal: renewal, look: look}
}

// Landed waits for the renewals that are under way.
func (s *Service) Landed() { s.flights.wait() }

// Look is what a stream does whenever it has reason to.
func (s *Service) Look(ctx context.Context, open Open) (idleEnd time.Time, isOpen bool) {
	return s.look(ctx, open)
}

// Ended gives a channel that is closed when the session ends.
func (s *Service) Ended(ctx context.Context, open Open) <-chan struct{} {
	ended := make(chan struct{})
	s.OnEnd(ctx, open, func() { close(ended) })
	return ended
}
