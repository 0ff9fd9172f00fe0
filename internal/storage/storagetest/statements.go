package storagetest

import (
	"context"
	"sync"
	"testing"

	"kabinet/internal/storage"
)

// Statements remembers the statements that were sent to a database.
type Statements struct {
	mu   sync.Mutex
	seen []string
}

func (s *Statements) add(_ context.Context, query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, query)
}

// Take gives the statements since the last call, and forgets them.
func (s *Statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.seen
	s.seen = nil
	return taken
}

// EachObserved is Each with the statements that reach the database.
func EachObserved(t *testing.T, test func(t *testing.T, s *storage.Store, seen *Statements)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		seen := &Statements{}
		test(t, OpenSQLite(t, storage.OnStatement(seen.add)), seen)
	})
	t.Run("postgres", func(t *testing.T) {
		seen := &Statements{}
		test(t, OpenPostgres(t, storage.OnStatement(seen.add)), seen)
	})
}
