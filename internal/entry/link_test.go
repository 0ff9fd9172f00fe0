package entry_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/confirm"
	"kabinet/internal/entry"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/identifier"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
)

func TestALinkIsMadeOnce(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		p.report(t, 1, code)
		before := p.version(t, id)
		in := entry.LinkInput{Snils: snils, AccessCode: "7k3m 9q2t", IdempotencyKey: p.key()}
		const requests = 5
		failures := make([]error, requests)
		var wg sync.WaitGroup
		for i := range requests {
			wg.Go(func() { failures[i] = p.Link(ann, in) })
		}
		wg.Wait()
		for _, err := range failures {
			require.NoError(t, err)
		}
		require.Equal(t, before+1, p.version(t, id))
		allowed, denied := p.done(t, id, "record.link")
		require.Equal(t, []int{1, 0}, []int{allowed, denied})

		in.AccessCode = "OTHER123"
		require.ErrorIs(t, p.Link(ann, in), idempotency.ErrReused)
		in.IdempotencyKey = p.key()
		require.Equal(t, map[string]fault.InputCode{"": fault.OutOfSequence}, codes(t, p.Link(ann, in)))
		_, denied = p.done(t, id, "record.link")
		require.Zero(t, denied, "to try again is no wrong guess")
	})
}

// An old success under its key is no guess: it must not give back the guesses that were lost since.
func TestTheRetryOfALinkEndsNoFailures(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		p.report(t, 1, code)
		linked := entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()}
		require.NoError(t, p.Link(ann, linked))
		require.NoError(t, p.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			return p.people.ApplyInsured(ctx, tx, person.Report{UID: "UID-0000000001", Sequence: 2, Snils: snils, AccessCode: "NEWCODE1", Unlinked: true})
		}))
		for i := range confirm.Attempts {
			require.NoError(t, p.Link(ann, linked), "answered the same")
			err := p.Link(ann, entry.LinkInput{Snils: snils, AccessCode: "WRONG123", IdempotencyKey: p.key()})
			if i < confirm.Attempts-1 {
				require.Equal(t, map[string]fault.InputCode{"accessCode": fault.NotAllowed}, codes(t, err))
			} else {
				require.Equal(t, fault.RateLimited, fault.CodeOf(err), "the third in a row")
			}
		}
	})
}

// Whether the number, the code or the record is what is not right is not told.
func TestEveryWrongAttemptIsAnsweredAlike(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		attempt := func(n identifier.Snils, accessCode string) error {
			t.Helper()
			p.clock.Advance(time.Hour) // whatever was locked is open again
			err := p.Link(ann, entry.LinkInput{Snils: n, AccessCode: accessCode, IdempotencyKey: p.key()})
			require.Equal(t, map[string]fault.InputCode{"accessCode": fault.NotAllowed}, codes(t, err))
			return err
		}
		unknown := attempt(snils, code)
		p.report(t, 1, code)
		require.Equal(t, unknown, attempt(snils, "WRONG123"))
		other := login("1001")
		other.Profile.Snils = otherSnils
		stranger := as(t, p.admit(t, other))
		err := p.Link(stranger, entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()})
		require.Equal(t, unknown, err, "somebody else's SNILS with the right code")
		require.NoError(t, p.Link(ann, entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()}))
		allowed, denied := p.done(t, id, "record.link")
		require.Equal(t, []int{1, 2}, []int{allowed, denied})
		require.NotContains(t, fmt.Sprint(unknown), code)
	})
}

func TestFailuresStandAndLock(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		p.report(t, 1, code)
		wrong := entry.LinkInput{Snils: snils, AccessCode: "WRONG123", IdempotencyKey: p.key()}
		for i := range confirm.Attempts {
			err := p.Link(ann, wrong)
			if i < confirm.Attempts-1 {
				require.Equal(t, map[string]fault.InputCode{"accessCode": fault.NotAllowed}, codes(t, err))
			} else {
				require.Equal(t, fault.RateLimited, fault.CodeOf(err), "one too many")
			}
		}
		right := entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: p.key()}
		err := p.Link(ann, right)
		require.Equal(t, fault.RateLimited, fault.CodeOf(err), "the right one does not help now")
		require.Positive(t, fault.Shown(err).RetryAfter)
		_, denied := p.done(t, id, "record.link")
		require.Equal(t, confirm.Attempts, denied, "each attempt that was made")
		p.clock.Advance(30 * time.Minute)
		require.NoError(t, p.Link(ann, right), "the lock lifts by itself")
	})
}

func TestGuessesAtOnceAreCountedOneByOne(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		ann := as(t, id)
		p.report(t, 1, code)
		const guesses = 8
		inputs, answers := make([]entry.LinkInput, guesses), make([]fault.Code, guesses)
		for i := range guesses {
			inputs[i] = entry.LinkInput{Snils: snils, AccessCode: fmt.Sprintf("WRONG%03d", i), IdempotencyKey: p.key()}
		}
		var wg sync.WaitGroup
		for i := range guesses {
			wg.Go(func() { answers[i] = fault.CodeOf(p.Link(ann, inputs[i])) })
		}
		wg.Wait()
		refused := 0
		for _, c := range answers {
			if c == fault.RateLimited {
				refused++
			}
		}
		require.Equal(t, guesses-confirm.Attempts+1, refused)
		_, denied := p.done(t, id, "record.link")
		require.Equal(t, confirm.Attempts, denied)
	})
}

func TestAFaultyInputIsNoGuess(t *testing.T) {
	for _, in := range []struct {
		entry.LinkInput

		want map[string]fault.InputCode
	}{
		{entry.LinkInput{}, map[string]fault.InputCode{"snils": fault.Malformed, "accessCode": fault.Required}},
		{entry.LinkInput{Snils: "11223344596", AccessCode: code}, map[string]fault.InputCode{"snils": fault.Malformed}},
		{entry.LinkInput{Snils: snils, AccessCode: " - "}, map[string]fault.InputCode{"accessCode": fault.Required}},
		{entry.LinkInput{Snils: snils, AccessCode: strings.Repeat("A", 65)}, map[string]fault.InputCode{"accessCode": fault.TooLong}},
	} {
		require.Equal(t, in.want, codes(t, in.Validate()))
	}
	each(t, func(t *testing.T, p *place) {
		id := p.admit(t, login("1000"))
		require.Error(t, p.Link(as(t, id), entry.LinkInput{Snils: snils, IdempotencyKey: p.key()}))
		require.ErrorIs(t, p.Link(as(t, id), entry.LinkInput{Snils: snils, AccessCode: code, IdempotencyKey: "short"}), idempotency.ErrKey)
		n, err := p.store.SecretLock.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Zero(t, n)
	})
}
