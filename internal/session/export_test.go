package session

import (
	"context"
	"time"
)

// CacheTimeout is for tests of what a check waits for.
const CacheTimeout = cacheTimeout

// Look is what a stream does whenever it has reason to.
func (s *Service) Look(ctx context.Context, open Open) (idleEnd time.Time, isOpen bool) {
	return s.look(ctx, open)
}
