package confirm_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/confirm"
	"kabinet/internal/notify"
	"kabinet/internal/person/persontest"
	"kabinet/internal/viewer"
)

// A client that lost the answer sends the same again. It confirms nothing else, and is no guess.
func TestAUsedAnswerServesItsRetriesUntilItExpires(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		session := uuid.New()
		ctx := as(t, p.ann, session)
		c := challenged(t, p, ctx, request())
		right := confirm.Answer{ID: c.ID, Code: p.lastCode(t)}
		require.NoError(t, p.Require(ctx, request(), &right))

		// A failure of another action stands, whatever is retried.
		r := request()
		r.Operation = "removeNetwork"
		another := challenged(t, p, ctx, r)
		requireWrong(t, p.Require(ctx, r, &confirm.Answer{ID: another.ID, Code: other(p.lastCode(t))}), 2)
		before := p.lines(t)
		for range 5 {
			require.NoError(t, p.Require(ctx, request(), &right))
		}
		require.Equal(t, before, p.lines(t))
		require.Equal(t, 2, challenged(t, p, ctx, r).AttemptsLeft)

		for name, try := range map[string]struct {
			ctx    context.Context
			change func(*confirm.Request)
			answer confirm.Answer
		}{
			"a wrong code":      {answer: confirm.Answer{ID: right.ID, Code: other(right.Code)}},
			"another session":   {ctx: as(t, p.ann, uuid.New())},
			"another person":    {ctx: as(t, persontest.New(t, p.store), session)},
			"another operation": {change: func(r *confirm.Request) { r.Operation = "removeNetwork" }},
			"another input":     {change: func(r *confirm.Request) { r.Payload = []byte("other") }},
			"another address":   {change: func(r *confirm.Request) { r.To.Address = "+79001234568" }},
			"another channel":   {change: func(r *confirm.Request) { r.To = confirm.Destination{Channel: notify.Email, Address: email} }},
		} {
			t.Run(name, func(t *testing.T) {
				r, answer, asking := request(), right, ctx
				if try.change != nil {
					try.change(&r)
				}
				if try.ctx != nil {
					asking = try.ctx
				}
				if try.answer != (confirm.Answer{}) {
					answer = try.answer
				}
				require.Equal(t, confirm.ErrNoChallenge, p.Require(asking, r, &answer))
			})
		}
		require.Equal(t, 2, challenged(t, p, ctx, r).AttemptsLeft, "none of this was a guess at what waits")

		p.now.Advance(confirm.Lifetime - time.Microsecond)
		require.NoError(t, p.Require(ctx, request(), &right))
		p.now.Advance(time.Microsecond)
		require.Equal(t, confirm.ErrNoChallenge, p.Require(ctx, request(), &right))
	})
}

// blocked is Anna in a session from a network that she has not approved.
func blocked(t *testing.T, p *place) context.Context {
	t.Helper()
	return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: p.ann, SessionID: uuid.New(), Level: viewer.Extended, Entry: viewer.Blocked})
}

// Who holds a password alone cannot take their codes from the person's other sessions, nor the other way round.
func TestWhoIsBlockedLocksOnlyTheirOwnWayIn(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		r := request()
		r.Operation = "approveThisNetwork"
		lockOut := func(ctx context.Context, r confirm.Request) {
			t.Helper()
			c := challenged(t, p, ctx, r)
			wrong := &confirm.Answer{ID: c.ID, Code: other(p.lastCode(t))}
			requireWrong(t, p.Require(ctx, r, wrong), 2)
			requireWrong(t, p.Require(ctx, r, wrong), 1)
			requireLocked(t, p.Require(ctx, r, wrong), 15*time.Minute)
		}
		lockOut(blocked(t, p), r)
		requireLocked(t, p.Require(blocked(t, p), r, nil), 15*time.Minute)

		ann := as(t, p.ann, uuid.New())
		c := challenged(t, p, ann, request())
		require.Equal(t, 3, c.AttemptsLeft)
		require.NoError(t, p.Require(ann, request(), &confirm.Answer{ID: c.ID, Code: p.lastCode(t)}))
		requireLocked(t, p.Require(blocked(t, p), r, nil), 15*time.Minute)

		p.now.Advance(15 * time.Minute)
		lockOut(ann, request())
		require.Equal(t, 3, challenged(t, p, blocked(t, p), r).AttemptsLeft)
	})
}

// However often somebody tries a door that is locked, the journal says so once for each lock and way of trying.
func TestALockDoesNotFloodTheJournal(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		lockOut := func() (answer *confirm.Answer) {
			c := challenged(t, p, ctx, request())
			answer = &confirm.Answer{ID: c.ID, Code: other(p.lastCode(t))}
			for range confirm.Attempts {
				require.Error(t, p.Require(ctx, request(), answer))
			}
			return answer
		}
		wait := []time.Duration{15 * time.Minute, 22 * time.Minute}
		for i := range wait {
			answer := lockOut()
			before := p.lines(t)
			for range 7 {
				p.now.Advance(time.Second)
				require.ErrorIs(t, p.Require(ctx, request(), nil), confirm.ErrLocked)
				require.ErrorIs(t, p.Require(ctx, request(), answer), confirm.ErrLocked)
				require.ErrorIs(t, p.Require(as(t, p.ann, uuid.New()), request(), nil), confirm.ErrLocked)
			}
			require.Equal(t, []string{"!confirmation.send LOCKED CODE", "!confirmation.accept LOCKED CODE"}, p.lines(t)[len(before):])
			p.now.Advance(wait[i])
		}

		// The lock of another secret is another lock.
		lockOut()
		require.ErrorIs(t, p.Require(ctx, request(), nil), confirm.ErrLocked)
		p.now.Advance(time.Second)
		for range confirm.Attempts {
			require.Error(t, enter(t, p, false))
		}
		before := p.lines(t)
		for range 3 {
			require.ErrorIs(t, enter(t, p, true), confirm.ErrLocked)
			require.ErrorIs(t, p.Require(ctx, request(), nil), confirm.ErrLocked)
		}
		require.Equal(t, []string{"!secret.enter LOCKED ACCESS_CODE"}, p.lines(t)[len(before):])
	})
}
