package esia

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
)

func TestShelfIsBounded(t *testing.T) {
	s := newShelf[int](clock.NewFixed(time.Unix(0, 0)))
	oldest := s.put(-1, time.Hour)
	second := s.put(-2, time.Hour)
	for i := range shelfSize - 1 {
		s.put(i, time.Hour)
	}
	_, ok := s.get(oldest)
	require.False(t, ok, "the oldest makes room")
	_, ok = s.get(second)
	require.True(t, ok)
	require.Len(t, s.items, shelfSize)
}

func TestShelfForgets(t *testing.T) {
	c := clock.NewFixed(time.Unix(0, 0))
	s := newShelf[int](c)
	name := s.put(7, time.Minute)
	_, ok := s.take(name, func(int) bool { return false })
	require.False(t, ok, "what is not accepted stays")
	got, ok := s.get(name)
	require.True(t, ok)
	require.Equal(t, 7, got)
	_, ok = s.take(name, func(int) bool { return true })
	require.True(t, ok)
	_, ok = s.take(name, func(int) bool { return true })
	require.False(t, ok)

	name = s.put(8, time.Minute)
	c.Advance(time.Minute)
	_, ok = s.get(name)
	require.False(t, ok)
}
