package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

func TestASessionOpensWithItsToken(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, false)
		require.Equal(t, p.person, open.Viewer.PersonID)
		require.Equal(t, viewer.Extended, open.Viewer.Level)
		require.NotEqual(t, uuid.Nil, open.Viewer.SessionID)
		require.Equal(t, p.clock.Now().Add(absolute), open.AbsoluteEndsAt)
		require.WithinDuration(t, p.clock.Now().Add(idle), open.IdleEndsAt, time.Second)

		another := p.signIn(t)
		require.NotEqual(t, token, another, "every login has a session of its own")
		require.NotEqual(t, open.Viewer.SessionID, p.open(t, another, false).Viewer.SessionID)

		_, breaks, err := audit.Verify(t.Context(), p.store)
		require.NoError(t, err)
		require.Empty(t, breaks)
	})
}

func TestNoOtherTextOpensASession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		other := "A"
		if token[0] == 'A' {
			other = "B"
		}
		for name, text := range map[string]string{
			"empty": "", "short": token[:42], "long": token + "A", "padded": token + "=", "another": other + token[1:],
			"zeros": strings.Repeat("A", 43), "not base64": strings.Repeat("!", 43), "line ends": "\n\n\n\n" + token[4:],
			"NUL": strings.Repeat("\x00", 43), "huge": strings.Repeat("A", 1<<20),
		} {
			_, err := p.Check(t.Context(), text, true)
			require.ErrorIs(t, err, fault.ErrUnauthenticated, name)
		}
		// The last character holds bits that the token does not: exactly one of its forms is good.
		good := 0
		for _, last := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			if _, err := p.Check(t.Context(), token[:42]+string(last), false); err == nil {
				good++
			}
		}
		require.Equal(t, 1, good)
	})
}

func TestASessionEndsWhenNothingIsDoneInIt(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		p.pass(t, idle-time.Second)
		p.open(t, token, false)
		p.pass(t, time.Second)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "an act comes too late")
	})
}

func TestAskingDoesNotExtendAndActingDoes(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		end := p.clock.Now().Add(idle)
		for range 5 {
			p.pass(t, 2*time.Minute)
			require.WithinDuration(t, end, p.open(t, token, false).IdleEndsAt, time.Second)
		}
		open := p.open(t, token, true)
		require.Equal(t, p.clock.Now().Add(idle), open.IdleEndsAt)
		p.pass(t, idle-time.Second)
		p.open(t, token, false)
		p.pass(t, time.Second)
		_, err := p.Check(t.Context(), token, false)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	})
}

func TestASessionEndsAbsolutely(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		end := p.clock.Now().Add(absolute)
		for p.clock.Now().Add(10 * time.Minute).Before(end) {
			p.pass(t, 10*time.Minute)
			open := p.open(t, token, true)
			require.False(t, open.IdleEndsAt.After(end))
			require.Equal(t, end, open.AbsoluteEndsAt)
		}
		p.pass(t, end.Sub(p.clock.Now())-time.Microsecond)
		p.open(t, token, true)
		p.pass(t, time.Microsecond)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	})
}

func TestAnEndedSessionStaysEnded(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token, other := p.signIn(t), p.signIn(t)
		open := p.open(t, token, true)
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout), "twice is once")
		for _, act := range []bool{true, false} {
			_, err := p.Check(t.Context(), token, act)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
		}
		p.open(t, other, true)

		p.flush(t)
		_, err := p.Check(t.Context(), token, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "so says the row")
	})
}

func TestTheListShowsThePersonsOpenSessions(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		stranger := persontest.New(t, p.store)
		_, err := p.Begin(t.Context(), session.Start{Person: stranger, Kind: session.Mobile})
		require.NoError(t, err)
		first := p.open(t, p.signIn(t), true)
		p.clock.Advance(time.Second)
		second := p.open(t, p.signIn(t), true)
		ended := p.open(t, p.signIn(t), true)
		require.NoError(t, p.End(t.Context(), ended, session.ReasonRevoked))

		ctx := viewer.NewContext(t.Context(), second.Viewer)
		list, err := p.List(ctx)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, second.Viewer.SessionID, list[0].ID.ID, "newest first")
		require.True(t, list[0].Current)
		require.Equal(t, first.Viewer.SessionID, list[1].ID.ID)
		require.False(t, list[1].Current)
		require.Equal(t, "Firefox", list[0].Device)
		require.Equal(t, session.Browser, list[0].Kind)

		list, err = p.List(persontest.As(t, stranger))
		require.NoError(t, err)
		require.Len(t, list, 1)
	})
}

// TestASteadyPersonStaysOnTheList: whoever acts oftener than the row is written is written all the same.
func TestASteadyPersonStaysOnTheList(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		var open session.Open
		for range 60 { // half an hour, twice the idle time
			p.pass(t, 30*time.Second)
			open = p.open(t, token, true)
		}
		list, err := p.List(viewer.NewContext(t.Context(), open.Viewer))
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.WithinDuration(t, p.clock.Now().Add(idle), list[0].IdleEndsAt, time.Minute)

		p.flush(t)
		p.open(t, token, true)
	})
}

func TestADeviceIsCleanedAndCut(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token, err := p.Begin(t.Context(), session.Start{
			Person: p.person, Kind: session.Mobile, Device: "a\r\nb\x00c\x7f" + strings.Repeat("я", 1000),
		})
		require.NoError(t, err)
		p.open(t, token, false)
		list, err := p.List(persontest.As(t, p.person))
		require.NoError(t, err)
		require.Equal(t, "abc"+strings.Repeat("я", 197), list[0].Device)
	})
}
