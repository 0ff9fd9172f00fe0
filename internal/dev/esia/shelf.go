package esia

import (
	"crypto/rand"
	"sync"
	"time"

	"kabinet/internal/clock"
)

// shelfSize bounds what is kept of one kind; the oldest goes first.
const shelfSize = 10_000

// shelf keeps things under unguessable names for a while.
type shelf[T any] struct {
	clock clock.Clock

	mu    sync.Mutex
	items map[string]item[T]
	order []string // names in the order of arrival; may hold names that are gone
}

type item[T any] struct {
	value   T
	expires time.Time
}

func newShelf[T any](c clock.Clock) *shelf[T] {
	return &shelf[T]{clock: c, items: make(map[string]item[T])}
}

// put keeps a value and gives its name.
func (s *shelf[T]) put(value T, life time.Duration) string {
	name := rand.Text()
	s.keep(name, value, life)
	return name
}

// keep is put under a name that was used before.
func (s *shelf[T]) keep(name string, value T, life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) >= shelfSize {
		delete(s.items, s.order[0])
		s.order = s.order[1:]
	}
	s.items[name] = item[T]{value: value, expires: s.clock.Now().Add(life)}
	s.order = append(s.order, name)
}

// get gives a value that has not expired.
func (s *shelf[T]) get(name string) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live(name)
}

func (s *shelf[T]) live(name string) (T, bool) {
	kept, ok := s.items[name]
	if !ok || !s.clock.Now().Before(kept.expires) {
		var none T
		return none, false
	}
	return kept.value, true
}

// take removes and gives a value, if it has not expired and accept agrees to it.
func (s *shelf[T]) take(name string, accept func(T) bool) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.live(name)
	if !ok || !accept(value) {
		var none T
		return none, false
	}
	delete(s.items, name)
	return value, true
}

// drop removes everything that is meant.
func (s *shelf[T]) drop(meant func(T) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, kept := range s.items {
		if meant(kept.value) {
			delete(s.items, name)
		}
	}
}
