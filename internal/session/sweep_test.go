package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	entsession "kabinet/ent/session"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/signal/signaltest"
)

// unspread is how many ended sessions a sweep has still to spread.
func unspread(t *testing.T, p *place) int {
	t.Helper()
	n, err := p.store.Session.Query().Where(entsession.EndedAtNotNil(), entsession.ForgottenAtIsNil()).
		Count(persontest.System(t))
	require.NoError(t, err)
	return n
}

// TestAnEndSpreadsAlthoughItsInstanceIsCutOff: two instances use one Redis, which the one that ends a session loses.
func TestAnEndSpreadsAlthoughItsInstanceIsCutOff(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		gone, client := signaltest.Miniredis(t)
		cutOff := p.instance(t, client)
		gone.Close()

		// Given a session whose copy is in Redis, and a stream of it on the instance that reaches Redis,
		token, other := p.signIn(t), p.signIn(t)
		open := p.open(t, token, true)
		ended, another := p.Ended(t.Context(), open), p.Ended(t.Context(), p.open(t, other, true))
		// when the other ends it,
		require.NoError(t, cutOff.End(t.Context(), open, session.ReasonRevoked))
		require.Equal(t, 1, unspread(t, p))
		require.Error(t, cutOff.Sweep(t.Context()), "it cannot tell anybody")
		require.Equal(t, 1, unspread(t, p), "and knows that it has not")
		// then it is over after one sweep here: for checks, though the row need not be asked yet, and for streams.
		require.NoError(t, p.Sweep(t.Context()))
		p.seen.Take()
		for _, act := range []bool{true, false} {
			_, err := p.Check(t.Context(), token, act)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
		}
		require.Empty(t, p.seen.Take(), "the copy itself says so")
		await(t, ended)
		require.Zero(t, unspread(t, p))

		p.open(t, other, true)
		select {
		case <-another:
			require.Fail(t, "another session goes on")
		default:
		}
	})
}

func TestASweepTellsTheOtherInstances(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		open := p.open(t, p.signIn(t), true)
		ended := elsewhere.Ended(t.Context(), open)
		p.mini.SetError("LOADING")
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		require.Equal(t, 1, unspread(t, p))
		p.mini.SetError("")
		require.NoError(t, p.Sweep(t.Context()))
		await(t, ended)
	})
}

func TestAnEndThatHasSpreadIsLeftAlone(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		p.signIn(t)
		open := p.open(t, p.signIn(t), true)
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		require.Zero(t, unspread(t, p))
		counted := &trips{}
		p.redis.AddHook(counted)
		require.NoError(t, p.Sweep(t.Context()))
		require.Zero(t, counted.n.Load(), "nothing is sent for nothing")
	})
}
