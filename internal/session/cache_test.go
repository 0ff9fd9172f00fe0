package session_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/viewer"
)

// trips counts round trips to Redis.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.n.Add(1)
		return next(ctx, cmds)
	}
}

func TestACheckIsOneRoundTripAndNoStatement(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		p.open(t, token, true) // the connection is made
		counted := &trips{}
		p.redis.AddHook(counted)
		p.seen.Take()
		for i := range 10 {
			p.open(t, token, i%2 == 0)
		}
		require.EqualValues(t, 10, counted.n.Load())
		require.Empty(t, p.seen.Take())

		// Once in a while an act is written to the row, by one of those that come then.
		p.pass(t, time.Minute)
		before := counted.n.Load()
		for range 10 {
			p.open(t, token, true)
		}
		require.EqualValues(t, 10, counted.n.Load()-before)
		updates := 0
		for _, statement := range p.seen.Take() {
			if strings.HasPrefix(statement, "UPDATE") {
				updates++
			}
		}
		require.Equal(t, 1, updates)
	})
}

func TestTheRowAnswersWhenRedisHasForgotten(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		before := p.open(t, token, true)
		p.flush(t)
		p.seen.Take()
		after := p.open(t, token, false)
		require.Equal(t, before.Viewer, after.Viewer)
		require.NotEmpty(t, p.seen.Take())

		p.open(t, token, false)
		require.Empty(t, p.seen.Take(), "the copy is back")
		p.pass(t, idle)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "and is no younger for it")
	})
}

func TestTheRowAnswersWhenRedisIsDown(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		p.mini.Close()
		open := p.open(t, token, true)
		require.Equal(t, p.person, open.Viewer.PersonID)

		second := p.signIn(t) // one can sign in, too
		p.open(t, second, true)

		p.clock.Advance(idle)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
		require.NoError(t, p.mini.Restart())
	})
}

func TestASessionEndedWhileRedisWasDownStaysEnded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		p.mini.Close()
		require.NoError(t, p.End(t.Context(), open, session.ReasonRevoked))
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)

		// Redis comes back with all that it held; within a minute an act asks the row.
		require.NoError(t, p.mini.Restart())
		p.pass(t, time.Minute)
		_, err = p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
		_, err = p.Check(t.Context(), token, false)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "and what it learned is kept")
	})
}

func TestACheckThatWasSlowDoesNotBringBackAnEndedSession(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		p.flush(t)
		// Given a check that has read the row but not yet put the copy back,
		var once atomic.Bool
		p.redis.AddHook(between(func(cmds []redis.Cmder) {
			if strings.HasPrefix(cmds[0].String(), "set") && once.CompareAndSwap(false, true) {
				// when the session is ended,
				require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
			}
		}))
		_, err := p.Check(t.Context(), token, false)
		require.NoError(t, err, "it was open when it was asked")
		require.True(t, once.Load())
		// then it is not open afterwards, not even for a check that would not ask the row.
		_, err = p.Check(t.Context(), token, false)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	})
}

// between does something before a pipeline is sent.
type between func(cmds []redis.Cmder)

func (b between) DialHook(next redis.DialHook) redis.DialHook { return next }

func (b between) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (b between) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		b(cmds)
		return next(ctx, cmds)
	}
}

func TestASpoiltCopyIsNoSession(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token, other := p.signIn(t), p.signIn(t)
		keys := copies(t, p.redis)
		require.Len(t, keys, 2)
		one, err := p.redis.Get(t.Context(), keys[0]).Result()
		require.NoError(t, err)
		// One session's copy does not open with another's token, nor does rubbish; the rows answer.
		require.NoError(t, p.redis.Set(t.Context(), keys[1], one, idle).Err())
		require.NotEqual(t, p.open(t, token, true).Viewer.SessionID, p.open(t, other, true).Viewer.SessionID)
		require.NoError(t, p.redis.Set(t.Context(), keys[0], "rubbish", idle).Err())
		require.NotEqual(t, p.open(t, token, true).Viewer.SessionID, p.open(t, other, true).Viewer.SessionID)
	})
}

func TestAnEndClosesStreamsOfEveryInstance(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token, other := p.signIn(t), p.signIn(t)
		open := p.open(t, token, true)
		here, there := p.Ended(t.Context(), open), elsewhere.Ended(t.Context(), open)
		another := elsewhere.Ended(t.Context(), p.open(t, other, true))

		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		await(t, here)
		await(t, there)
		select {
		case <-another:
			require.Fail(t, "another session goes on")
		default:
		}
	})
}

func TestAStreamThatBeginsAfterTheEndIsClosed(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		open := p.open(t, p.signIn(t), true)
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		await(t, p.Ended(t.Context(), open))
	})
}

func TestAStreamOutlivesItsClientOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		open := p.open(t, p.signIn(t), true)
		ctx, leave := context.WithCancel(t.Context())
		ended := p.Ended(ctx, open)
		leave()
		select {
		case <-ended:
			require.Fail(t, "the session is open")
		default:
		}
		p.open(t, p.signIn(t), true)
	})
}

// TestAnInstanceThatWasCutOffLooksWhenItIsBack: what it did not hear it sees.
func TestAnInstanceThatWasCutOffLooksWhenItIsBack(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		mini, client := signaltest.Miniredis(t)
		cutOff := p.instance(t, client)
		open := p.open(t, p.signIn(t), true)
		ended := cutOff.Ended(t.Context(), open)
		mini.Close()
		require.NoError(t, p.End(t.Context(), open, session.ReasonRevoked))
		require.NoError(t, mini.Restart())
		await(t, ended)
	})
}

func TestALoginThatCannotBeWrittenIsNone(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		_, err := p.Begin(t.Context(), session.Start{Person: [16]byte{1}, Kind: session.Browser, Level: viewer.Basic})
		require.Error(t, err, "nobody has this id")
		rows, err := p.store.Session.Query().All(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, []*ent.Session{}, rows)
		require.Empty(t, copies(t, p.redis))
	})
}
