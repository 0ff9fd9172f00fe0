package session_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

func TestAnEntryGetsBetterForGood(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		start := p.start()
		start.Entry = viewer.Blocked
		token, err := p.Begin(t.Context(), start)
		require.NoError(t, err)
		for _, entry := range []viewer.Entry{viewer.Incomplete, viewer.Complete} {
			open := p.open(t, token, false)
			better, err := p.Promote(t.Context(), token, open, entry)
			require.NoError(t, err)
			open.Viewer.Entry = entry
			require.Equal(t, open, better, "and nothing else has changed")
			p.seen.Take()
			seen, err := elsewhere.Check(t.Context(), token, false)
			require.NoError(t, err)
			require.Equal(t, entry, seen.Viewer.Entry)
			require.WithinDuration(t, open.IdleEndsAt, seen.IdleEndsAt, soon)
			if !p.alone {
				require.Empty(t, p.seen.Take(), "the copy has it")
			}
			p.flush(t)
			require.Equal(t, entry, p.open(t, token, false).Viewer.Entry, "and so has the row")
		}
		open, err := p.Promote(t.Context(), token, p.open(t, token, false), viewer.Incomplete)
		require.NoError(t, err)
		require.Equal(t, viewer.Complete, open.Viewer.Entry, "never worse")
		require.Equal(t, viewer.Complete, p.open(t, token, false).Viewer.Entry)
		require.Equal(t, tokens().ID, open.IDToken())

		other := p.open(t, p.signIn(t), true)
		_, err = p.Promote(t.Context(), token, other, viewer.Complete)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "a token changes its own session only")
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		_, err = p.Promote(t.Context(), token, open, viewer.Complete)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
		p.dead(t, p.Service, token)
	})
}

// TestAChangeDoesNotBringBackAnEndedSession: the copy is emptied between the change of the row and that of the copy.
func TestAChangeDoesNotBringBackAnEndedSession(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Entry = viewer.Incomplete
		token, err := p.Begin(t.Context(), start)
		require.NoError(t, err)
		open := p.open(t, token, true)
		var once atomic.Bool
		p.redis.AddHook(between(func(cmds []redis.Cmder) {
			if strings.HasPrefix(cmds[0].Name(), "eval") && once.CompareAndSwap(false, true) {
				require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
			}
		}))
		_, err = p.Promote(t.Context(), token, open, viewer.Complete)
		require.NoError(t, err)
		require.True(t, once.Load())
		p.seen.Take()
		p.dead(t, p.Service, token)
		require.Empty(t, p.seen.Take(), "the copy itself says so")
	})
}

// TestAChangeDoesNotExtend: nobody has done anything.
func TestAChangeDoesNotExtend(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Entry = viewer.Incomplete
		token, err := p.Begin(t.Context(), start)
		require.NoError(t, err)
		p.pass(t, idle/2)
		_, err = p.Promote(t.Context(), token, p.open(t, token, false), viewer.Complete)
		require.NoError(t, err)
		p.pass(t, idle/2)
		p.dead(t, p.Service, token)
	})
}

// TestACheckThatWasSlowDoesNotBringBackAReplacedToken: it has read the row, but not yet put the copy back.
func TestACheckThatWasSlowDoesNotBringBackAReplacedToken(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		pair := p.signInMobile(t)
		p.flush(t)
		var once atomic.Bool
		p.redis.AddHook(between(func(cmds []redis.Cmder) {
			if strings.HasPrefix(cmds[0].String(), "set") && once.CompareAndSwap(false, true) {
				p.refresh(t, p.Service, pair.Refresh)
			}
		}))
		p.open(t, pair.Access, false) // it was good when it was asked
		require.True(t, once.Load())
		p.dead(t, p.Service, pair.Access)
	})
}

// TestAStreamSeesThatAnotherTokenHasComeInBetween: it has read the row, but not yet the copy.
func TestAStreamSeesThatAnotherTokenHasComeInBetween(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		pair := p.signInMobile(t)
		open := p.open(t, pair.Access, true)
		var armed, ended atomic.Bool
		p.redis.AddHook(between(func(cmds []redis.Cmder) {
			if cmds[0].Name() == "get" && armed.CompareAndSwap(true, false) {
				if ended.Load() {
					require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
					return
				}
				pair = p.refresh(t, p.Service, pair.Refresh)
			}
		}))
		armed.Store(true)
		_, isOpen := p.Look(t.Context(), open)
		require.True(t, isOpen, "the session goes on")
		p.open(t, pair.Access, true)

		ended.Store(true)
		armed.Store(true)
		_, isOpen = p.Look(t.Context(), open)
		require.False(t, isOpen)
	})
}
