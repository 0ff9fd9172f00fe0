package session_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

const redirectURI = "ru.example.kabinet:/callback"

var address = netip.MustParseAddr("203.0.113.77")

// beginMobile begins a login of the app; it gives the code and what the app keeps to exchange it.
func (p *place) beginMobile(t *testing.T, start session.Start) (code, verifier string) {
	t.Helper()
	verifier = base64.RawURLEncoding.EncodeToString([]byte(rand.Text() + rand.Text()))
	start.Address = address
	code, err := p.BeginMobile(t.Context(), start, session.Grant{Challenge: challengeOf(verifier), RedirectURI: redirectURI})
	require.NoError(t, err)
	return code, verifier
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signInMobile logs the app in.
func (p *place) signInMobile(t *testing.T) session.Pair {
	t.Helper()
	code, verifier := p.beginMobile(t, p.start())
	pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
	require.NoError(t, err)
	return pair
}

// refresh gives the pair for a refresh token that must be good.
func (p *place) refresh(t *testing.T, s *session.Service, token string) session.Pair {
	t.Helper()
	pair, err := s.Refresh(t.Context(), token)
	require.NoError(t, err)
	return pair
}

// dead asserts that a token opens nothing.
func (p *place) dead(t *testing.T, s *session.Service, token string) {
	t.Helper()
	for _, act := range []bool{false, true} {
		_, err := s.Check(t.Context(), token, act)
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
	}
}

func TestTheAppSignsInAndStaysIn(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Entry = viewer.Incomplete
		code, verifier := p.beginMobile(t, start)
		list, err := p.List(persontest.As(t, p.person))
		require.NoError(t, err)
		require.Empty(t, list, "a login that nobody has exchanged is no session yet")
		began := p.clock.Now()

		p.pass(t, time.Minute-time.Microsecond)
		pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		require.Equal(t, p.clock.Now().Add(idle), pair.AccessEndsAt)
		require.Equal(t, began.Add(absolute), pair.RefreshEndsAt)
		open := p.open(t, pair.Access, true)
		require.Equal(t, viewer.Viewer{
			PersonID: p.person, SessionID: open.Viewer.SessionID, Level: viewer.Extended, Entry: viewer.Incomplete,
		}, open.Viewer)
		require.Equal(t, pair.RefreshEndsAt, open.AbsoluteEndsAt)
		require.Equal(t, tokens().ID, open.IDToken())

		// The access token ends as a browser's session does; the refresh token goes on.
		p.pass(t, idle)
		p.dead(t, p.Service, pair.Access)
		list, err = p.List(viewer.NewContext(t.Context(), open.Viewer))
		require.NoError(t, err)
		require.Len(t, list, 1, "it can be revived")
		require.Equal(t, session.Mobile, list[0].Kind)
		require.Equal(t, identity.Signature, list[0].Method)
		require.Equal(t, "203.0.113.77", *list[0].Address)
		require.True(t, list[0].Current)
		for p.clock.Now().Add(2 * time.Hour).Before(pair.RefreshEndsAt) {
			p.pass(t, 2*time.Hour)
			next := p.refresh(t, p.Service, pair.Refresh)
			require.NotEqual(t, pair.Access, next.Access)
			require.NotEqual(t, pair.Refresh, next.Refresh)
			require.Equal(t, pair.RefreshEndsAt, next.RefreshEndsAt)
			require.Equal(t, open.Viewer, p.open(t, next.Access, true).Viewer, "it is the same session")
			pair = next
		}
		p.pass(t, pair.RefreshEndsAt.Sub(p.clock.Now())-time.Minute)
		pair = p.refresh(t, p.Service, pair.Refresh)
		require.Equal(t, pair.RefreshEndsAt, pair.AccessEndsAt, "nothing outlives the session")
		p.open(t, pair.Access, true)
		p.pass(t, time.Minute)
		p.dead(t, p.Service, pair.Access)
		_, err = p.Refresh(t.Context(), pair.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain, "the absolute end")
		list, err = p.List(viewer.NewContext(t.Context(), open.Viewer))
		require.NoError(t, err)
		require.Empty(t, list)
		require.Empty(t, p.reasons(t))
	})
}

func TestALoginCodeServesOnceAndForItsAppOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		code, verifier := p.beginMobile(t, p.start())
		for name, c := range map[string]struct {
			verifier, redirectURI string
			after                 time.Duration
			reason                string
		}{
			"wrong verifier":           {strings.Repeat("v", 43), redirectURI, 0, session.ReasonMismatch},
			"no verifier":              {"", redirectURI, 0, session.ReasonMismatch},
			"challenge as verifier":    {challengeOf(verifier), redirectURI, 0, session.ReasonMismatch},
			"wrong redirect":           {verifier, redirectURI + "/", 0, session.ReasonMismatch},
			"no redirect":              {verifier, "", 0, session.ReasonMismatch},
			"too late":                 {verifier, redirectURI, time.Minute, ""},
			"too late and wrong, too":  {"", redirectURI, time.Hour, ""},
			"after the session's end":  {verifier, redirectURI, absolute, ""},
			"huge verifier of the app": {strings.Repeat("v", 1<<20), redirectURI, 0, session.ReasonMismatch},
		} {
			t.Run(name, func(t *testing.T) {
				code, _ := p.beginMobileWith(t, verifier)
				p.pass(t, c.after)
				before := len(p.reasons(t))
				_, err := p.Exchange(t.Context(), code, c.verifier, c.redirectURI)
				require.ErrorIs(t, err, session.ErrSignInAgain)
				_, err = p.Exchange(t.Context(), code, verifier, redirectURI)
				require.ErrorIs(t, err, session.ErrSignInAgain, "it is used up, or was too late")
				if c.reason == "" {
					require.Len(t, p.reasons(t), before)
				} else {
					require.Equal(t, c.reason, p.reasons(t)[before], "somebody else has it")
				}
			})
		}
		_, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.ErrorIs(t, err, session.ErrSignInAgain, "the time has passed for this one too")

		// Sent again it ends the session that began with it.
		code, verifier = p.beginMobile(t, p.start())
		pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		p.open(t, pair.Access, true)
		p.pass(t, 10*time.Minute)
		_, err = p.Exchange(t.Context(), code, verifier, redirectURI)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		p.dead(t, p.Service, pair.Access)
		_, err = p.Refresh(t.Context(), pair.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		reasons := p.reasons(t)
		require.Equal(t, session.ReasonReused, reasons[len(reasons)-1])
	})
}

func (p *place) beginMobileWith(t *testing.T, verifier string) (code, same string) {
	t.Helper()
	code, err := p.BeginMobile(t.Context(), p.start(), session.Grant{Challenge: challengeOf(verifier), RedirectURI: redirectURI})
	require.NoError(t, err)
	return code, verifier
}

func TestAVerifierHasBounds(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		for length, good := range map[int]bool{42: false, 43: true, 128: true, 129: false} {
			code, verifier := p.beginMobileWith(t, strings.Repeat("v", length))
			_, err := p.Exchange(t.Context(), code, verifier, redirectURI)
			require.Equal(t, good, err == nil, length)
		}
	}, rowsAlone)
}

func TestAGrantThatNoAppCouldUseIsRefused(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		good := challengeOf("verifier")
		for name, grant := range map[string]session.Grant{
			"none": {}, "no redirect": {Challenge: good}, "no challenge": {RedirectURI: redirectURI},
			"padded": {Challenge: good + "=", RedirectURI: redirectURI}, "short": {Challenge: good[:42], RedirectURI: redirectURI},
			"plain": {Challenge: strings.Repeat("!", 43), RedirectURI: redirectURI},
		} {
			_, err := p.BeginMobile(t.Context(), p.start(), grant)
			require.ErrorIs(t, err, session.ErrGrant, name)
		}
		n, err := p.store.Session.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
	}, rowsAlone)
}

func TestARefusalOfTheAppSaysWhatToDo(t *testing.T) {
	require.Equal(t, fault.Unauthenticated, session.ErrSignInAgain.Code)
	require.Contains(t, session.ErrSignInAgain.Message(locale.Russian), "Войдите снова.")
	require.Contains(t, session.ErrSignInAgain.Message(locale.English), "Sign in again.")
}

// TestARefreshReplacesTheAccessTokenEverywhere, at once, and no late copy brings it back.
func TestARefreshReplacesTheAccessTokenEverywhere(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		first := p.signInMobile(t)
		p.open(t, first.Access, true)
		_, err := elsewhere.Check(t.Context(), first.Access, true)
		require.NoError(t, err)
		second := p.refresh(t, p.Service, first.Refresh)
		p.seen.Take()
		p.dead(t, elsewhere, first.Access)
		p.dead(t, p.Service, first.Access)
		if !p.alone {
			require.Empty(t, p.seen.Take(), "the copy says so")
		}
		p.flush(t)
		p.dead(t, p.Service, first.Access)
		open, err := elsewhere.Check(t.Context(), second.Access, true)
		require.NoError(t, err)
		require.Equal(t, p.person, open.Viewer.PersonID)
	})
}

func TestAUsedRefreshTokenEndsTheSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		first := p.signInMobile(t)
		second := p.refresh(t, p.Service, first.Refresh)
		third := p.refresh(t, p.Service, second.Refresh)
		other := p.open(t, p.signIn(t), true)
		p.open(t, third.Access, true)

		// Within the grace, for the successor has been used.
		_, err := elsewhere.Refresh(t.Context(), first.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		for _, access := range []string{first.Access, second.Access, third.Access} {
			p.dead(t, p.Service, access)
			p.dead(t, elsewhere, access)
		}
		for _, refresh := range []string{first.Refresh, second.Refresh, third.Refresh} {
			_, err := p.Refresh(t.Context(), refresh)
			require.ErrorIs(t, err, session.ErrSignInAgain)
		}
		require.Equal(t, []string{session.ReasonReused}, p.reasons(t))
		list, err := p.List(viewer.NewContext(t.Context(), other.Viewer))
		require.NoError(t, err)
		require.Len(t, list, 1, "another session goes on")
	})
}

func TestTheGraceOfALostAnswer(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		// The answer was lost: the same token serves again, as often as need be, and what was lost is dead.
		first := p.signInMobile(t)
		lost := p.refresh(t, p.Service, first.Refresh)
		p.pass(t, 15*time.Second)
		alsoLost := p.refresh(t, p.Service, first.Refresh)
		p.pass(t, 15*time.Second-time.Microsecond)
		kept := p.refresh(t, p.Service, first.Refresh)
		p.dead(t, p.Service, lost.Access)
		p.dead(t, p.Service, alsoLost.Access)
		p.open(t, kept.Access, true)
		next := p.refresh(t, p.Service, kept.Refresh)
		p.open(t, next.Access, true)
		require.Empty(t, p.reasons(t))

		// Whoever has what was lost is found out, within the grace as after it.
		_, err := p.Refresh(t.Context(), alsoLost.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		p.dead(t, p.Service, next.Access)
		require.Equal(t, []string{session.ReasonReused}, p.reasons(t))

		// The grace is counted from the first use.
		first = p.signInMobile(t)
		lost = p.refresh(t, p.Service, first.Refresh)
		p.pass(t, 29*time.Second)
		kept = p.refresh(t, p.Service, first.Refresh)
		p.pass(t, time.Second)
		_, err = p.Refresh(t.Context(), first.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)
		p.dead(t, p.Service, kept.Access)
		p.dead(t, p.Service, lost.Access)
		require.Equal(t, []string{session.ReasonReused, session.ReasonReused}, p.reasons(t))
	})
}

func TestAnEndedSessionsRefreshTokenIsDead(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		pair := p.signInMobile(t)
		require.NoError(t, p.End(t.Context(), p.open(t, pair.Access, true), session.ReasonLogout))
		_, err := p.Refresh(t.Context(), pair.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)

		// An end by somebody who knows an older token ends what the session has become since.
		pair = p.signInMobile(t)
		old := p.open(t, pair.Access, true)
		next := p.refresh(t, p.Service, pair.Refresh)
		p.open(t, next.Access, true)
		require.NoError(t, p.End(t.Context(), old, session.ReasonLogout))
		p.dead(t, p.Service, next.Access)
		_, err = p.Refresh(t.Context(), next.Refresh)
		require.ErrorIs(t, err, session.ErrSignInAgain)

		code, verifier := p.beginMobile(t, p.start())
		n, err := p.endAll(persontest.As(t, p.person), false)
		require.NoError(t, err)
		require.Zero(t, n, "a login under way is no session yet")
		_, err = p.Exchange(t.Context(), code, verifier, redirectURI)
		require.ErrorIs(t, err, session.ErrSignInAgain, "but ends with the others")
	})
}

// TestRefreshesAtOnceLeaveOnePair: never two that live, whatever is sent how often to which instance.
func TestRefreshesAtOnceLeaveOnePair(t *testing.T) {
	const atOnce, rounds = 8, 10
	each(t, func(t *testing.T, p *place) {
		instances := []*session.Service{p.Service, p.instance(t, p.redis)}
		for range rounds {
			first := p.signInMobile(t)
			pairs := make([]session.Pair, atOnce)
			var wg sync.WaitGroup
			for i := range atOnce {
				wg.Go(func() {
					pair, err := instances[i%2].Refresh(t.Context(), first.Refresh)
					if err == nil {
						pairs[i] = pair
					}
				})
			}
			wg.Wait()
			live := make(map[string]string)
			for i, pair := range slices.Concat(pairs, []session.Pair{first}) {
				if pair.Access == "" {
					continue
				}
				if _, err := instances[i%2].Check(t.Context(), pair.Access, true); err == nil {
					live[pair.Access] = pair.Refresh
				}
			}
			require.Len(t, live, 1)
			for _, refresh := range live { // and it is the one that goes on
				next := p.refresh(t, p.Service, refresh)
				p.open(t, next.Access, true)
			}
		}
		require.Empty(t, p.reasons(t))
	})
}

func TestCodesExchangedAtOnceLeaveNone(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		instances := []*session.Service{p.Service, p.instance(t, p.redis)}
		code, verifier := p.beginMobile(t, p.start())
		pairs := make([]session.Pair, 8)
		var wg sync.WaitGroup
		for i := range pairs {
			wg.Go(func() { pairs[i], _ = instances[i%2].Exchange(t.Context(), code, verifier, redirectURI) })
		}
		wg.Wait()
		given := 0
		for _, pair := range pairs {
			if pair.Access != "" {
				given++
				p.dead(t, p.Service, pair.Access)
			}
		}
		require.Equal(t, 1, given)
		require.Equal(t, []string{session.ReasonReused}, p.reasons(t))
	})
}

// TestStreamsOutliveARefresh, and the session that goes on is extended by what is done on them.
func TestStreamsOutliveARefresh(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		first := p.signInMobile(t)
		open := p.open(t, first.Access, true)
		here, there := p.Ended(t.Context(), open), elsewhere.Ended(t.Context(), open)
		pair := first
		for range 6 {
			p.pass(t, 10*time.Minute)
			pair = p.refresh(t, p.Service, pair.Refresh)
			p.Touch(t.Context(), open)
			goesOn(t, here)
			goesOn(t, there)
			for _, s := range []*session.Service{p.Service, elsewhere} {
				idleEnd, isOpen := s.Look(t.Context(), open)
				require.True(t, isOpen)
				require.WithinDuration(t, p.clock.Now().Add(idle), idleEnd, time.Second)
			}
		}
		// What is done with the new token is known to Redis before it is to the row.
		p.pass(t, 30*time.Second)
		p.open(t, pair.Access, true)
		p.pass(t, idle-10*time.Second)
		for _, s := range []*session.Service{p.Service, elsewhere} {
			idleEnd, isOpen := s.Look(t.Context(), open)
			require.True(t, isOpen)
			require.WithinDuration(t, p.clock.Now().Add(10*time.Second), idleEnd, time.Second)
		}
		p.Touch(t.Context(), open)
		for range 4 { // an hour without any other act
			p.pass(t, 10*time.Minute)
			p.Touch(t.Context(), open)
		}
		p.pass(t, 10*time.Minute)
		later := p.open(t, pair.Access, false)
		require.Equal(t, open.Viewer, later.Viewer)
		goesOn(t, here)

		require.NoError(t, p.End(t.Context(), later, session.ReasonLogout))
		await(t, here)
		if !p.alone {
			await(t, there)
		}
	})
}
