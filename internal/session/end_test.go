package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// signInAs begins a session of somebody at a session of the provider.
func (p *place) signInAs(t *testing.T, person uuid.UUID, provider, providerSession string) string {
	t.Helper()
	start := p.start()
	start.Person, start.Provider, start.ProviderSession = person, provider, providerSession
	token, err := p.Begin(t.Context(), start)
	require.NoError(t, err)
	return token
}

// endOwn and endAll end sessions with a key of their own.
func (p *place) endOwn(ctx context.Context, id ref.Ref) error {
	return p.EndOwn(ctx, session.EndOwnInput{Session: id, IdempotencyKey: rand.Text()})
}

func (p *place) endAll(ctx context.Context, exceptCurrent bool) (int, error) {
	return p.EndAll(ctx, session.EndAllInput{ExceptCurrent: exceptCurrent, IdempotencyKey: rand.Text()})
}

// requireUnknown checks the one answer to every session that cannot be ended.
func requireUnknown(t *testing.T, err error, why string) {
	t.Helper()
	faults, ok := errors.AsType[fault.Invalid](err)
	require.True(t, ok, "%s: %v", why, err)
	require.Len(t, faults, 1, why)
	require.Equal(t, fault.Unknown, faults[0].Code, why)
	require.Equal(t, []string{"session"}, faults[0].Path, why)
}

func idOf(open session.Open) ref.Ref { return ref.Of(ref.Session, open.Viewer.SessionID) }

func TestAPersonEndsTheirOwnSessionsOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		stranger := persontest.New(t, p.store)
		elsewhere := p.instance(t, p.redis)
		one, other, theirs := p.signIn(t), p.signIn(t), p.signInAs(t, stranger, "esia", "")
		pair := p.signInMobile(t)
		open, current, foreign := p.open(t, one, true), p.open(t, other, true), p.open(t, theirs, true)
		mobile := p.open(t, pair.Access, true)
		here, there := p.Ended(t.Context(), open), elsewhere.Ended(t.Context(), open)
		ctx := viewer.NewContext(t.Context(), current.Viewer)

		for name, id := range map[string]ref.Ref{
			"a stranger's": idOf(foreign), "nobody's": ref.Of(ref.Session, uuid.New()), "none": {},
			"not a session's": ref.Of(ref.Document, open.Viewer.SessionID),
		} {
			requireUnknown(t, p.endOwn(ctx, id), name)
		}
		require.ErrorIs(t, p.endOwn(t.Context(), idOf(open)), fault.ErrUnauthenticated, "nobody is asking")
		p.open(t, theirs, true)
		p.open(t, one, true)

		require.NoError(t, p.endOwn(ctx, idOf(open)))
		p.dead(t, p.Service, one)
		p.dead(t, elsewhere, one)
		await(t, here)
		if !p.alone {
			await(t, there)
		}
		requireUnknown(t, p.endOwn(ctx, idOf(open)), "it is not open any more")
		p.open(t, other, true)
		journal := p.journal(t)
		last := journal[len(journal)-1]
		require.Equal(t, p.person.String(), last.Actor)
		require.Equal(t, current.Viewer.SessionID, *last.SessionID, "through which session")
		require.Equal(t, idOf(open).String(), last.Subject)
		require.Equal(t, session.ReasonRevoked, last.Reason)

		// The app's can be ended while only its refresh token lives, and a browser's while it does.
		p.pass(t, idle-time.Second)
		p.open(t, other, true)
		p.pass(t, 2*time.Second)
		require.NoError(t, p.endOwn(ctx, idOf(mobile)))
		_, err := p.Refresh(t.Context(), pair.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		p.pass(t, idle+time.Minute)
		requireUnknown(t, p.endOwn(ctx, idOf(current)), "it was idle too long")
		require.Equal(t, []string{session.ReasonRevoked, session.ReasonRevoked}, p.reasons(t))
	})
}

// TestAnEndHappensOnceForAKey: a request that is sent again answers the same, and ends nothing that began since.
func TestAnEndHappensOnceForAKey(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		one, other, current := p.open(t, p.signIn(t), true), p.open(t, p.signIn(t), true), p.open(t, p.signIn(t), true)
		stranger := persontest.New(t, p.store)
		theirs := p.open(t, p.signInAs(t, stranger, "esia", ""), true)
		ctx := viewer.NewContext(t.Context(), current.Viewer)
		foreign := viewer.NewContext(t.Context(), theirs.Viewer)

		in := session.EndOwnInput{Session: idOf(one), IdempotencyKey: "end-the-first"}
		for range 3 {
			require.NoError(t, p.EndOwn(ctx, in))
		}
		require.Len(t, p.reasons(t), 1, "once")
		requireUnknown(t, p.EndOwn(ctx, session.EndOwnInput{Session: idOf(one), IdempotencyKey: "with-another"}), "it has ended")
		require.ErrorIs(t, p.EndOwn(ctx, session.EndOwnInput{Session: idOf(other), IdempotencyKey: in.IdempotencyKey}), idempotency.ErrReused)
		requireUnknown(t, p.EndOwn(foreign, in), "a key is its owner's")
		for range 2 {
			requireUnknown(t, p.EndOwn(ctx, session.EndOwnInput{Session: idOf(theirs), IdempotencyKey: "end-a-strangers"}), "and stays so")
		}
		require.ErrorIs(t, p.EndOwn(ctx, session.EndOwnInput{Session: idOf(other), IdempotencyKey: "short"}), idempotency.ErrKey)

		all := session.EndAllInput{ExceptCurrent: true, IdempotencyKey: "end-all-others"}
		n, err := p.EndAll(ctx, all)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		later := p.signIn(t)
		n, err = p.EndAll(ctx, all)
		require.NoError(t, err)
		require.Equal(t, 1, n, "as before")
		p.open(t, later, true)
		all.ExceptCurrent = false
		_, err = p.EndAll(ctx, all)
		require.ErrorIs(t, err, idempotency.ErrReused)
		p.open(t, later, true)
		_, err = p.EndAll(ctx, session.EndAllInput{})
		require.ErrorIs(t, err, idempotency.ErrKey)
		require.Len(t, p.reasons(t), 2)
	})
}

// TestAnEndThatFailsIsNotRemembered: the key and the end are one transaction.
func TestAnEndThatFailsIsNotRemembered(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		open := p.open(t, token, true)
		ctx := viewer.NewContext(t.Context(), open.Viewer)
		gone, leave := context.WithCancel(ctx)
		leave()
		own := session.EndOwnInput{Session: idOf(open), IdempotencyKey: "end-the-only-one"}
		all := session.EndAllInput{IdempotencyKey: "end-all-of-them"}
		require.ErrorIs(t, p.EndOwn(gone, own), context.Canceled)
		_, err := p.EndAll(gone, all)
		require.ErrorIs(t, err, context.Canceled)
		n, err := p.store.IdempotencyRecord.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
		p.open(t, token, true)
		require.NoError(t, p.EndOwn(ctx, own))
		p.dead(t, p.Service, token)
		p.signIn(t)
		n, err = p.EndAll(ctx, all)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestAPersonEndsAllTheirSessions(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		stranger := persontest.New(t, p.store)
		theirs := p.open(t, p.signInAs(t, stranger, "esia", ""), true)
		elsewhere := p.instance(t, p.redis)
		p.signIn(t) // and is left alone
		p.pass(t, idle+time.Minute)
		require.NoError(t, p.End(t.Context(), p.open(t, p.signIn(t), true), session.ReasonLogout))
		kept, other, pair := p.signIn(t), p.signIn(t), p.signInMobile(t)
		current, mobile := p.open(t, kept, true), p.open(t, pair.Access, true)
		here, there := p.Ended(t.Context(), mobile), elsewhere.Ended(t.Context(), mobile)
		mine := p.Ended(t.Context(), current)
		ctx := viewer.NewContext(t.Context(), current.Viewer)

		n, err := p.endAll(ctx, true)
		require.NoError(t, err)
		require.Equal(t, 2, n, "those that were open")
		p.dead(t, p.Service, other)
		p.dead(t, elsewhere, pair.Access)
		_, err = p.Refresh(t.Context(), pair.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		await(t, here)
		if !p.alone {
			await(t, there)
		}
		p.open(t, kept, true)
		goesOn(t, mine)
		list, err := p.List(ctx)
		require.NoError(t, err)
		require.Len(t, list, 1)

		n, err = p.endAll(ctx, true)
		require.NoError(t, err)
		require.Zero(t, n)
		n, err = p.endAll(ctx, false)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		p.dead(t, p.Service, kept)
		await(t, mine)

		require.Equal(t, []string{session.ReasonLogout, session.ReasonRevoked, session.ReasonRevoked, session.ReasonRevoked}, p.reasons(t))
		_, err = p.endAll(t.Context(), false)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "nobody is asking")
		list, err = p.List(viewer.NewContext(t.Context(), theirs.Viewer))
		require.NoError(t, err)
		require.Empty(t, list, "the stranger's was left alone; it was idle")
		theirs2, err := p.store.Session.Get(persontest.System(t), theirs.Viewer.SessionID)
		require.NoError(t, err)
		require.Nil(t, theirs2.EndedAt)
	})
}

// TestASessionThatTheRowHoldsToBeIdleIsEnded: what was done in it last is known to Redis alone.
func TestASessionThatTheRowHoldsToBeIdleIsEnded(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		one, other := p.signIn(t), p.signIn(t)
		p.pass(t, 30*time.Second)
		open := p.open(t, one, true)
		p.open(t, other, true)
		p.pass(t, idle-10*time.Second)
		p.open(t, one, false)
		require.NoError(t, p.endOwn(persontest.As(t, p.person), idOf(open)))
		p.dead(t, p.Service, one)
		n, err := p.endAll(persontest.As(t, p.person), false)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		p.dead(t, p.Service, other)
	})
}

// TestMoreSessionsThanATransactionEnds end all the same.
func TestMoreSessionsThanATransactionEnds(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		const many = 205
		var last string
		for range many {
			last = p.signIn(t)
		}
		all := session.EndAllInput{IdempotencyKey: "end-very-many"}
		for range 2 {
			n, err := p.EndAll(persontest.As(t, p.person), all)
			require.NoError(t, err)
			require.Equal(t, many, n)
		}
		p.dead(t, p.Service, last)
		require.Len(t, p.reasons(t), many)
	}, sqliteMini)
}

func TestTheProviderEndsSessions(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		stranger := persontest.New(t, p.store)
		elsewhere := p.instance(t, p.redis)
		tokens := map[string]string{
			"one":       p.signInAs(t, p.person, "esia", "sid-1"),
			"same":      p.signInAs(t, p.person, "esia", "sid-1"),
			"other":     p.signInAs(t, p.person, "esia", "sid-2"),
			"elsewhere": p.signInAs(t, p.person, "oidc", "sid-1"),
			"nameless":  p.signInAs(t, p.person, "esia", ""),
			"strangers": p.signInAs(t, stranger, "esia", "sid-3"),
			"shared":    p.signInAs(t, stranger, "esia", "sid-1"), // a browser that two people use
		}
		watched := elsewhere.Ended(t.Context(), p.open(t, tokens["one"], true))
		ends := func(want int, gone []string, person uuid.UUID, provider, providerSession string) {
			t.Helper()
			n, err := p.EndByProvider(t.Context(), person, provider, providerSession, "provider-logout")
			require.NoError(t, err)
			require.Equal(t, want, n)
			for _, name := range gone {
				p.dead(t, p.Service, tokens[name])
				p.dead(t, elsewhere, tokens[name])
				delete(tokens, name)
			}
			for _, token := range tokens {
				p.open(t, token, true)
			}
		}
		ends(0, nil, uuid.Nil, "esia", "")
		ends(0, nil, uuid.Nil, "esia", "sid-4")
		ends(0, nil, uuid.Nil, "other", "sid-2")
		ends(0, nil, p.person, "esia", "sid-3")
		ends(2, []string{"one", "same"}, p.person, "esia", "sid-1")
		if !p.alone {
			await(t, watched)
		}
		ends(1, []string{"shared"}, uuid.Nil, "esia", "sid-1")
		ends(0, nil, uuid.Nil, "esia", "sid-1")
		ends(3, []string{"other", "elsewhere", "nameless"}, p.person, "esia", "")
		require.Equal(t, []string{"strangers"}, keysOf(tokens))

		entries := p.journal(t)
		last := entries[len(entries)-1]
		require.Equal(t, "provider-logout", last.Reason)
		require.Equal(t, "system:session end: provider-logout", last.Actor)
	})
}

func keysOf(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// TestEndsAtOnceAgree: whoever ends what while it is refreshed, nothing of it is left and nobody waits for ever.
func TestEndsAtOnceAgree(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		for range 5 {
			pair := p.signInMobile(t)
			open := p.open(t, pair.Access, true)
			ctx := viewer.NewContext(t.Context(), open.Viewer)
			done := make(chan error, 3)
			var last session.Pair
			go func() { done <- p.End(t.Context(), open, session.ReasonLogout) }()
			go func() { _, err := elsewhere.EndAll(ctx, session.EndAllInput{IdempotencyKey: rand.Text()}); done <- err }()
			go func() { _, err := p.EndByProvider(t.Context(), p.person, "esia", "", "provider-logout"); done <- err }()
			refreshed := make(chan struct{})
			go func() { last, _ = elsewhere.Refresh(t.Context(), pair.Refresh); close(refreshed) }()
			for range 3 {
				require.NoError(t, <-done)
			}
			await(t, refreshed)
			p.dead(t, p.Service, pair.Access)
			if last.Access != "" {
				p.dead(t, elsewhere, last.Access)
				p.dead(t, p.Service, last.Access)
			}
		}
		require.Len(t, p.reasons(t), 5, "each ended once")
	})
}
