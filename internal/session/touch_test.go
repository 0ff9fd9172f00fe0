package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/session"
)

func TestATouchExtendsAnOpenSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		for range 4 { // longer than the idle time, in all
			p.pass(t, 10*time.Minute)
			p.Touch(t.Context(), open)
		}
		p.pass(t, 10*time.Minute)
		p.open(t, token, false)

		// The row knows, too, and is extended when Redis knows nothing.
		p.flush(t)
		p.Touch(t.Context(), open)
		p.pass(t, 14*time.Minute)
		p.open(t, token, false)
	})
}

func TestATouchOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		p.pass(t, idle)
		p.Touch(t.Context(), open)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "one that was idle too long")

		token = p.signIn(t)
		open = p.open(t, token, true)
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		p.Touch(t.Context(), open)
		_, err = p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "one that was ended")
	})
}

// TestATouchLearnsOfAnEnd of which Redis did not hear from the row, and the stream with it.
func TestATouchLearnsOfAnEnd(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		ended := p.Ended(t.Context(), open)
		p.mini.SetError("LOADING")
		require.NoError(t, p.End(t.Context(), open, session.ReasonRevoked))
		p.mini.SetError("")
		p.pass(t, time.Minute)
		p.Touch(t.Context(), open)
		await(t, ended)
		_, err := p.Check(t.Context(), token, false)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	})
}
