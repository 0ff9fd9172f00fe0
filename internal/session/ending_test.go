package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/session"
)

// next is what a stream of endings gives next.
func next(t *testing.T, endings <-chan *session.Ending) *session.Ending {
	t.Helper()
	select {
	case e := <-endings:
		return e
	case <-time.After(soon):
		require.FailNow(t, "nothing is told")
		return nil
	}
}

// A10: the client hears of the end ahead of it, hears when it is put off, and the stream ends with the session.
func TestAnEndIsToldAheadOfIt(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		began := p.clock.Now()
		p.pass(t, idle-time.Second)
		endings := p.Ending(t.Context(), open)
		first := next(t, endings)
		require.Equal(t, session.IdleEnd, first.Cause)
		require.Equal(t, began.Add(idle), first.EndsAt)
		require.Equal(t, 1, first.SecondsLeft)

		p.open(t, token, true)
		second := next(t, endings)
		require.Equal(t, session.IdleEnd, second.Cause)
		require.Equal(t, p.clock.Now().Add(idle), second.EndsAt, "put off")
		require.Equal(t, int(idle.Seconds()), second.SecondsLeft)
	}, rowsAlone, sqliteMini, postgresMini)
}

func TestTheAbsoluteEndIsToldToo(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		began := p.clock.Now()
		open := p.open(t, token, true)
		for p.clock.Now().Before(began.Add(absolute - idle)) {
			p.pass(t, idle/2)
			open = p.open(t, token, true)
		}
		p.pass(t, began.Add(absolute-time.Second).Sub(p.clock.Now()))
		endings := p.Ending(t.Context(), open)
		told := next(t, endings)
		require.Equal(t, session.AbsoluteEnd, told.Cause)
		require.Equal(t, open.AbsoluteEndsAt, told.EndsAt)
		p.pass(t, time.Second)
		require.Nil(t, next(t, endings), "the stream ends with the session")
	}, rowsAlone, sqliteMini, postgresMini)
}

// A reader who goes leaves nothing behind (see TestMain).
func TestAStreamOfEndingsEndsWithItsReader(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		ctx, leave := context.WithCancel(t.Context())
		open := p.open(t, p.signIn(t), true)
		p.seen.Take()
		endings := p.Ending(ctx, open)
		require.Eventually(t, func() bool { return len(p.seen.Take()) > 0 }, soon, time.Millisecond, "it has looked")
		leave()
		require.Nil(t, next(t, endings))
	}, rowsAlone, sqliteMini)
}
