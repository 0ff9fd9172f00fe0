package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

// renewable is a browser's session whose tokens the provider renews.
func (p *place) renewable(t *testing.T, subject string) (token string) {
	t.Helper()
	start := p.start()
	start.Subject, start.Tokens = subject, p.provider.login(subject)
	token, err := p.Begin(t.Context(), start)
	require.NoError(t, err)
	return token
}

// renew does what a request does.
func renew(ctx context.Context, s *session.Service, token string) (session.Open, error) {
	open, err := s.Check(ctx, token, true)
	if err != nil {
		return open, err
	}
	if err := s.Renew(ctx, token, open); err != nil {
		return open, err
	}
	return s.Check(ctx, token, true)
}

// renewed is a request that must find the tokens of the n-th renewal.
func (p *place) renewed(t *testing.T, s *session.Service, token, subject string, n int) session.Open {
	t.Helper()
	open, err := renew(t.Context(), s, token)
	require.NoError(t, err)
	require.Equal(t, idTokenOf(subject, n), open.IDToken())
	return open
}

const (
	// renewalRounds are those of the quickest setting; the others have fewer, and so have all under the race detector,
	// which runs with -short: it looks for another kind of fault, ten times as slowly.
	renewalRounds, someRounds = 1000, 25
	// requestsAtOnce come together in each round.
	requestsAtOnce = 50
)

// TestRequestsAtOnceRenewOnce: fifty requests on two instances when the tokens are about to expire, or have.
func TestRequestsAtOnceRenewOnce(t *testing.T) {
	for _, c := range []struct {
		setting
		rounds int
	}{{sqliteMini, renewalRounds}, {rowsAlone, someRounds}, {postgresMini, someRounds}, {postgresReal, someRounds}} {
		t.Run(c.database+" "+c.cache, func(t *testing.T) {
			p := c.place(t)
			p.provider.life = time.Minute // so that they are due halfway
			instances := []*session.Service{p.Service, p.instance(t, p.redis)}
			for _, s := range instances {
				s.Wait(soon, soon, time.Millisecond) // a machine that is slow proves nothing
			}
			token, began := p.renewable(t, "0"), 0
			if testing.Short() {
				c.rounds = someRounds
			}
			for round := range c.rounds {
				if (round-began+2)*int(p.provider.life) > int(absolute) {
					token, began = p.renewable(t, fmt.Sprint(round)), round
				}
				after := p.provider.life // they have expired
				if round%2 == 0 {
					after /= 2 // they are due
				}
				p.pass(t, after)
				found := make([]string, requestsAtOnce)
				var wg sync.WaitGroup
				for i := range found {
					wg.Go(func() {
						open, err := renew(t.Context(), instances[i%2], token)
						if err == nil {
							found[i] = open.IDToken()
						} else {
							found[i] = err.Error()
						}
					})
				}
				wg.Wait()
				calls, refused := p.provider.counted()
				require.Equal(t, round+1, calls, "one exchange a round")
				require.Zero(t, refused)
				if round%2 == 0 {
					continue // who came late goes on with the old ones
				}
				for _, id := range found {
					require.Equal(t, idTokenOf(subjectOf(began), round-began+1), id)
				}
			}
			require.Empty(t, p.reasons(t))
		})
	}
}

func subjectOf(round int) string { return fmt.Sprint(round) }

func TestARenewalCostsNothingUntilItIsDue(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token := p.renewable(t, "1")
		p.pass(t, 9*time.Minute-time.Second)
		open := p.open(t, token, true)
		counted := &trips{}
		p.redis.AddHook(counted)
		p.seen.Take()
		require.NoError(t, p.Renew(t.Context(), token, open))
		require.Zero(t, counted.n.Load())
		require.Empty(t, p.seen.Take())
		calls, _ := p.provider.counted()
		require.Zero(t, calls)

		p.pass(t, time.Second)
		p.renewed(t, p.Service, token, "1", 1)
		calls, _ = p.provider.counted()
		require.Equal(t, 1, calls)
		p.flush(t)
		p.renewed(t, p.Service, token, "1", 1)
		calls, _ = p.provider.counted()
		require.Equal(t, 1, calls, "the row has the new ones")
	})
}

func TestWhatCannotBeRenewedIsNeverDue(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		for name, tokens := range map[string]identity.Tokens{
			"no refresh token": {Access: "a", ExpiresAt: p.clock.Now().Add(time.Minute)},
			"no end":           {Access: "a", Refresh: "r"},
			"nothing":          {},
		} {
			start := p.start()
			start.Tokens = tokens
			token, err := p.Begin(t.Context(), start)
			require.NoError(t, err)
			for range 6 {
				p.pass(t, 10*time.Minute)
				_, err = renew(t.Context(), p.Service, token)
				require.NoError(t, err, name)
			}
		}
		calls, _ := p.provider.counted()
		require.Zero(t, calls)
	})
}

// TestTokensThatHardlyLastAreNotRenewedAllTheTime: a provider is left alone between two renewals.
func TestTokensThatHardlyLastAreNotRenewedAllTheTime(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.provider.life = 0
		token := p.renewable(t, "1")
		for round := range 3 {
			for range 5 {
				_, err := renew(t.Context(), p.Service, token)
				require.NoError(t, err)
			}
			calls, _ := p.provider.counted()
			require.Equal(t, round, calls)
			p.pass(t, 5*time.Second)
		}
	})
}

func TestAProviderThatRefusesEndsTheSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token, other := p.renewable(t, "1"), p.renewable(t, "2")
		open := p.open(t, token, true)
		here, there := p.Ended(t.Context(), open), elsewhere.Ended(t.Context(), open)
		p.provider.answer(identity.ErrRefresh)
		p.pass(t, 9*time.Minute)
		require.ErrorIs(t, p.Renew(t.Context(), token, p.open(t, token, true)), fault.ErrUnauthenticated)
		p.dead(t, p.Service, token)
		p.dead(t, elsewhere, token)
		await(t, here)
		if !p.alone {
			await(t, there)
		}
		journal := p.journal(t)
		last := journal[len(journal)-1]
		require.Equal(t, session.ReasonUpstream, last.Reason)
		require.Equal(t, "system:session end: upstream", last.Actor)
		require.Equal(t, []string{session.ReasonUpstream}, p.reasons(t))

		p.provider.answer(nil)
		p.renewed(t, p.Service, other, "2", 1)
	})
}

func TestAProviderThatIsAwayDoesNotEndTheSession(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token := p.renewable(t, "1")
		calls := 0
		for _, failure := range []error{identity.ErrUnavailable, identity.ErrAnswer, context.DeadlineExceeded, errors.New("odd")} {
			p.provider.answer(failure)
			p.pass(t, 10*time.Minute) // they have expired, too
			for range 3 {
				p.renewed(t, p.Service, token, "1", 0)
				p.renewed(t, elsewhere, token, "1", 0)
			}
			calls++
			made, _ := p.provider.counted()
			require.Equal(t, calls, made, "it is left alone for a while, by every instance")
			p.pass(t, 30*time.Second-time.Microsecond)
			p.renewed(t, elsewhere, token, "1", 0)
			p.pass(t, time.Microsecond)
			p.renewed(t, elsewhere, token, "1", 0)
			calls++
			made, _ = p.provider.counted()
			require.Equal(t, calls, made)
		}
		p.provider.answer(nil)
		p.pass(t, 30*time.Second)
		p.renewed(t, p.Service, token, "1", 1)
		require.Empty(t, p.reasons(t))
	})
}

// TestAProviderThatHangsHoldsNobodyUp: while it keeps one exchange open, everybody goes on with the old tokens, whoever
// began it, too; what it answers in the end is taken.
func TestAProviderThatHangsHoldsNobodyUp(t *testing.T) {
	require.LessOrEqual(t, session.RenewWait, time.Second)
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		for _, s := range []*session.Service{p.Service, elsewhere} {
			s.Wait(soon, 10*time.Millisecond, time.Millisecond)
		}
		for name, passes := range map[string]time.Duration{"1": 9 * time.Minute, "2": 10 * time.Minute} { // due, and expired
			token := p.renewable(t, name)
			answer := make(chan struct{})
			p.provider.hook(func(context.Context) { <-answer })
			before, _ := p.provider.counted()
			p.pass(t, passes)
			for range 3 {
				for _, s := range []*session.Service{p.Service, elsewhere} {
					p.renewed(t, s, token, name, 0)
				}
			}
			p.provider.hook(nil)
			close(answer)
			p.Landed()
			elsewhere.Landed()
			p.renewed(t, elsewhere, token, name, 1)
			calls, refused := p.provider.counted()
			require.Equal(t, before+1, calls)
			require.Zero(t, refused)
		}
		require.Empty(t, p.reasons(t))
	})
}

// TestTheEndOfTheProgramWaitsForRenewals: what the provider gives is written down.
func TestTheEndOfTheProgramWaitsForRenewals(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.Wait(soon, time.Millisecond, time.Millisecond)
		token := p.renewable(t, "1")
		answer := make(chan struct{})
		p.provider.hook(func(context.Context) { <-answer })
		p.pass(t, 10*time.Minute)
		p.renewed(t, p.Service, token, "1", 0)
		p.provider.hook(nil)
		ending, stop := context.WithCancel(t.Context())
		stop()
		ended := make(chan struct{})
		go func() { p.Run(ending); close(ended) }()
		goesOn(t, ended)
		close(answer)
		await(t, ended)
		p.renewed(t, p.Service, token, "1", 1)
	})
}

// during has something happen while the provider renews the tokens of a token's session, which are due.
func (p *place) during(t *testing.T, token string, happens func()) error {
	t.Helper()
	var began atomic.Bool
	p.provider.hook(func(context.Context) {
		if began.CompareAndSwap(false, true) {
			happens()
		}
	})
	defer p.provider.hook(nil)
	p.pass(t, 9*time.Minute)
	return p.Renew(t.Context(), token, p.open(t, token, true))
}

func TestNothingIsLostToARenewal(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Entry, start.Subject, start.Tokens = viewer.Incomplete, "1", p.provider.login("1")
		token, err := p.Begin(t.Context(), start)
		require.NoError(t, err)
		require.NoError(t, p.during(t, token, func() {
			_, err := p.Promote(t.Context(), token, p.open(t, token, true), viewer.Complete)
			require.NoError(t, err)
		}))
		open := p.renewed(t, p.Service, token, "1", 1)
		require.Equal(t, viewer.Complete, open.Viewer.Entry)
		p.flush(t)
		require.Equal(t, viewer.Complete, p.renewed(t, p.Service, token, "1", 1).Viewer.Entry)
	})
}

// TestARefreshOfTheAppDuringARenewal: the tokens are written under whichever token the session has then.
func TestARefreshOfTheAppDuringARenewal(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Subject, start.Tokens = "1", p.provider.login("1")
		code, verifier := p.beginMobile(t, start)
		pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		old := p.open(t, pair.Access, true)
		var next session.Pair
		require.NoError(t, p.during(t, pair.Access, func() { next = p.refresh(t, p.Service, pair.Refresh) }))
		p.dead(t, p.Service, pair.Access)
		p.renewed(t, p.Service, next.Access, "1", 1)
		p.flush(t)
		p.dead(t, p.Service, pair.Access)
		p.renewed(t, p.Service, next.Access, "1", 1)
		last := p.refresh(t, p.Service, next.Refresh)
		p.renewed(t, p.Service, last.Access, "1", 1)
		calls, _ := p.provider.counted()
		require.Equal(t, 1, calls)

		require.ErrorIs(t, p.Renew(t.Context(), pair.Access, old), fault.ErrUnauthenticated)
		_, err = p.Promote(t.Context(), pair.Access, old, viewer.Complete)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "what another token has replaced changes nothing")
	})
}

func TestAnEndDuringARenewalStands(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.renewable(t, "1")
		err := p.during(t, token, func() {
			require.NoError(t, p.End(t.Context(), p.open(t, token, false), session.ReasonRevoked))
		})
		require.ErrorIs(t, err, fault.ErrUnauthenticated)
		p.dead(t, p.Service, token)
		require.Equal(t, []string{session.ReasonRevoked}, p.reasons(t))
	})
}

// TestWhoeverBeganARenewalGoesOnWithIt although their client has left: the provider's answer comes once.
func TestWhoeverBeganARenewalGoesOnWithIt(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.renewable(t, "1")
		p.pass(t, 10*time.Minute)
		open := p.open(t, token, true)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan struct{})
		var failed error
		var limited bool
		p.provider.hook(func(ctx context.Context) {
			leave()
			<-left
			failed = ctx.Err()
			_, limited = ctx.Deadline()
		})
		require.ErrorIs(t, p.Renew(ctx, token, open), context.Canceled, "who has left hears nothing of it")
		p.provider.hook(nil)
		close(left)
		p.Landed()
		require.NoError(t, failed)
		require.True(t, limited)
		p.renewed(t, p.Service, token, "1", 1)
		calls, _ := p.provider.counted()
		require.Equal(t, 1, calls)
	})
}

// TestOthersGoOnWhileTheTokensLast, and wait when they do not.
func TestOthersGoOnWhileTheTokensLast(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token := p.renewable(t, "1")
		asked, answer := make(chan struct{}), make(chan struct{})
		p.provider.hook(func(context.Context) { asked <- struct{}{}; <-answer })
		var wg sync.WaitGroup

		p.pass(t, 9*time.Minute)
		open := p.open(t, token, true)
		wg.Go(func() { _ = p.Renew(t.Context(), token, open) })
		await(t, asked)
		gone, leave := context.WithCancel(t.Context())
		leave()
		require.NoError(t, p.Renew(gone, token, open), "does not wait for the provider")
		require.NoError(t, elsewhere.Renew(t.Context(), token, open))
		answer <- struct{}{}
		wg.Wait()

		p.pass(t, 10*time.Minute)
		open = p.open(t, token, true)
		var done atomic.Int64
		wg.Go(func() { _ = p.Renew(t.Context(), token, open) })
		await(t, asked)
		for _, s := range []*session.Service{p.Service, elsewhere, p.Service, elsewhere} {
			wg.Go(func() {
				open, err := renew(t.Context(), s, token)
				if err == nil && open.IDToken() == idTokenOf("1", 2) {
					done.Add(1)
				}
			})
		}
		require.ErrorIs(t, p.Renew(gone, token, open), context.Canceled, "who leaves does not wait")
		answer <- struct{}{}
		wg.Wait()
		require.EqualValues(t, 4, done.Load(), "they went on with the renewed session")
		calls, _ := p.provider.counted()
		require.Equal(t, 2, calls)
	})
}

// TestALeaseThatSomebodyLeftBehindEnds: an instance that dies while it renews is not waited for without an end.
func TestALeaseThatSomebodyLeftBehindEnds(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		token := p.renewable(t, "1")
		open := p.open(t, token, true)
		lease := func(until time.Time) {
			require.NoError(t, p.store.Session.UpdateOneID(open.Viewer.SessionID).SetRenewingUntil(until).Exec(persontest.System(t)))
		}
		p.pass(t, 9*time.Minute)
		lease(p.clock.Now().Add(15 * time.Second))
		p.renewed(t, p.Service, token, "1", 0)
		p.pass(t, 15*time.Second)
		p.renewed(t, p.Service, token, "1", 1)

		// With tokens that have expired a request waits, and sees when the lease is given up.
		p.pass(t, 10*time.Minute)
		lease(p.clock.Now().Add(time.Hour))
		due := p.open(t, token, true)
		p.seen.Take()
		var wg sync.WaitGroup
		var err error
		wg.Go(func() { err = p.Renew(t.Context(), token, due) })
		require.Eventually(t, func() bool {
			looks := 0
			for _, statement := range p.seen.Take() {
				if strings.HasPrefix(statement, "SELECT") {
					looks++
				}
			}
			return looks > 0
		}, soon, time.Millisecond)
		lease(p.clock.Now())
		wg.Wait()
		require.NoError(t, err)
		p.renewed(t, p.Service, token, "1", 2)
	})
}

// TestALateCopyIsFoundOut: one with the tokens of before a renewal costs a look at the row, and no second renewal.
func TestALateCopyIsFoundOut(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		token := p.renewable(t, "1")
		p.pass(t, 9*time.Minute)
		p.open(t, token, true)
		keys := copies(t, p.redis)
		require.Len(t, keys, 1)
		before, err := p.redis.Get(t.Context(), keys[0]).Result()
		require.NoError(t, err)
		p.renewed(t, p.Service, token, "1", 1)
		require.NoError(t, p.redis.Set(t.Context(), keys[0], before, idle).Err())
		require.Equal(t, idTokenOf("1", 0), p.open(t, token, true).IDToken())
		p.renewed(t, p.Service, token, "1", 1)
		calls, _ := p.provider.counted()
		require.Equal(t, 1, calls)
		p.seen.Take()
		p.renewed(t, p.Service, token, "1", 1)
		require.Empty(t, p.seen.Take(), "the copy was mended")
	})
}

// TestALeaseThatWasLostHarmsNobody: two renew at once, because the first took longer than its lease. Its refusal is no
// end when the second has new tokens.
func TestALeaseThatWasLostHarmsNobody(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token := p.renewable(t, "1")
		require.NoError(t, p.during(t, token, func() {
			p.pass(t, 15*time.Second)
			p.renewed(t, elsewhere, token, "1", 1)
		}))
		calls, refused := p.provider.counted()
		require.Equal(t, 2, calls)
		require.Equal(t, 1, refused)
		p.renewed(t, p.Service, token, "1", 1)
		require.Empty(t, p.reasons(t))
	})
}

// TestALateFailureSpoilsNothing: an instance that has lost its lease, and hears nothing from the provider, leaves what
// another one has written meanwhile as it is.
func TestALateFailureSpoilsNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		token := p.renewable(t, "1")
		require.NoError(t, p.during(t, token, func() {
			p.pass(t, 15*time.Second)
			p.renewed(t, elsewhere, token, "1", 1)
			p.provider.answer(identity.ErrUnavailable)
		}))
		p.provider.answer(nil)
		p.pass(t, time.Minute)
		p.renewed(t, p.Service, token, "1", 1)
		calls, _ := p.provider.counted()
		require.Equal(t, 2, calls, "nothing is due before the new tokens are")
	})
}
