package confirm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/confirmation"
	"kabinet/internal/confirm"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/notify"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

func TestAnActionIsConfirmedByTheCodeThatWasSent(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		c := challenged(t, p, ctx, request())
		require.NoError(t, uuid.Validate(c.ID))
		require.Equal(t, confirm.Challenge{
			ID: c.ID, Channel: notify.SMS, SentTo: "+7 *** ***-45-67", AttemptsLeft: 3,
			ExpiresAt: p.now.Now().Add(5 * time.Minute), ResendAfter: p.now.Now().Add(time.Minute),
		}, c)
		messages := p.inbox.Messages()
		require.Len(t, messages, 1)
		code := p.lastCode(t)
		require.Equal(t, notify.Message{
			Channel: notify.SMS, Address: phone,
			Text: code + " is the code to confirm: sign-in from a new network. Do not tell anyone the code.",
		}, messages[0])

		require.NoError(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: code}))
		require.Equal(t, []string{"confirmation.send approveNetwork", "confirmation.accept approveNetwork"}, p.lines(t))

		again := challenged(t, p, ctx, request())
		require.NotEqual(t, c.ID, again.ID, "the next action needs a challenge of its own")
		require.Len(t, p.inbox.Messages(), 2)
	})
}

func TestAMessageSpeaksThePersonsLanguage(t *testing.T) {
	storage := storagetest.OpenSQLite(t)
	p := newPlace(t, storage)
	ctx := locale.NewContext(as(t, p.ann, uuid.New()), locale.Russian)
	r := request()
	r.To = confirm.Destination{Channel: notify.Email, Address: "Ivanova@EXAMPLE.ru"}
	r.Input = "currentConfirmation"
	c := challenged(t, p, ctx, r)
	require.Equal(t, "I***@example.ru", c.SentTo)
	require.Equal(t, "currentConfirmation", c.Input, "which field takes the answer")
	m := p.inbox.Messages()[0]
	require.Equal(t, "Ivanova@example.ru", m.Address)
	require.Equal(t, "Код подтверждения", m.Subject)
	require.Equal(t, p.lastCode(t)+" — код для подтверждения: вход из новой сети. Никому не сообщайте код.", m.Text)
}

// Each thing that a challenge is bound to, exchanged: the code is right, and still confirms nothing.
func TestACodeConfirmsOnlyWhatItWasSentFor(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		session, bob := uuid.New(), persontest.New(t, p.store)
		ctx := as(t, p.ann, session)
		c := challenged(t, p, ctx, request())
		right := confirm.Answer{ID: c.ID, Code: p.lastCode(t)}
		foreign := challenged(t, p, as(t, bob, session), request())
		foreignCode := p.lastCode(t)

		for name, try := range map[string]struct {
			as     *viewer.Viewer
			change func(*confirm.Request)
			answer confirm.Answer
		}{
			"another person":           {as: &viewer.Viewer{PersonID: bob, SessionID: session}},
			"another session":          {as: &viewer.Viewer{PersonID: p.ann, SessionID: uuid.New()}},
			"another operation":        {change: func(r *confirm.Request) { r.Operation = "removeNetwork" }},
			"another input":            {change: func(r *confirm.Request) { r.Payload = []byte(`{"network":"192.0.2.0/23"}`) }},
			"no input":                 {change: func(r *confirm.Request) { r.Payload = nil }},
			"another number":           {change: func(r *confirm.Request) { r.To.Address = "+79001234568" }},
			"another channel":          {change: func(r *confirm.Request) { r.To = confirm.Destination{Channel: notify.Email, Address: email} }},
			"no id":                    {answer: confirm.Answer{Code: right.Code}},
			"no such id":               {answer: confirm.Answer{ID: uuid.NewString(), Code: right.Code}},
			"an id of another form":    {answer: confirm.Answer{ID: strings.ToUpper(right.ID), Code: right.Code}},
			"another id of that form":  {answer: confirm.Answer{ID: "{" + right.ID + "}", Code: right.Code}},
			"another one's challenge":  {answer: confirm.Answer{ID: foreign.ID, Code: foreignCode}},
			"an id that is no id":      {answer: confirm.Answer{ID: "' OR 1=1 --", Code: right.Code}},
			"an id with a nul in it":   {answer: confirm.Answer{ID: right.ID[:35] + "\x00", Code: right.Code}},
			"a wrong code of no id":    {answer: confirm.Answer{ID: uuid.NewString(), Code: other(right.Code)}},
			"a wrong code of its code": {answer: confirm.Answer{ID: foreign.ID, Code: right.Code}},
		} {
			t.Run(name, func(t *testing.T) {
				r := request()
				if try.change != nil {
					try.change(&r)
				}
				if try.answer == (confirm.Answer{}) {
					try.answer = right
				}
				ctx := ctx
				if try.as != nil {
					ctx = viewer.NewContext(ctx, *try.as)
				}
				err := p.Require(ctx, r, &try.answer)
				require.ErrorIs(t, err, confirm.ErrNoChallenge)
				require.Equal(t, confirm.ErrNoChallenge, err, "which it was is not told")
				_, carries := errors.AsType[*confirm.Required](err)
				require.False(t, carries)
			})
		}
		require.NoError(t, p.Require(ctx, request(), &right), "none of this was a failure")
		require.NoError(t, p.Require(as(t, bob, session), request(), &confirm.Answer{ID: foreign.ID, Code: foreignCode}))
	})
}

// A hash that is moved to another challenge opens nothing there: the code is hashed with the challenge's id.
func TestACodeBelongsToItsChallenge(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		first := challenged(t, p, ctx, request())
		code := p.lastCode(t)
		r := request()
		r.Operation = "removeNetwork"
		second := challenged(t, p, ctx, r)
		row, err := p.store.Confirmation.Get(persontest.System(t), uuid.MustParse(first.ID))
		require.NoError(t, err)
		require.NoError(t, p.store.Confirmation.UpdateOneID(uuid.MustParse(second.ID)).SetCodeHash(row.CodeHash).Exec(persontest.System(t)))
		requireWrong(t, p.Require(ctx, r, &confirm.Answer{ID: second.ID, Code: code}), 2)
		require.NoError(t, p.Require(ctx, request(), &confirm.Answer{ID: first.ID, Code: code}))
	})
}

func TestACodeHoldsForFiveMinutes(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		for _, late := range []time.Duration{5*time.Minute - time.Microsecond, 5 * time.Minute, time.Hour} {
			c := challenged(t, p, ctx, request())
			code := p.lastCode(t)
			p.now.Advance(late)
			err := p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: code})
			if late < 5*time.Minute {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, confirm.ErrNoChallenge, late)
			}
		}
	})
}

func TestAskingAgainSendsAgainAfterAMinute(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		first := challenged(t, p, ctx, request())
		firstCode := p.lastCode(t)
		p.now.Advance(time.Minute - time.Microsecond)
		require.Equal(t, first, challenged(t, p, ctx, request()))
		require.Len(t, p.inbox.Messages(), 1)

		elsewhere := request()
		elsewhere.To.Address = "+79001234568"
		require.NotEqual(t, first.ID, challenged(t, p, ctx, elsewhere).ID, "what was sent elsewhere is another challenge")
		require.Len(t, p.inbox.Messages(), 2)

		p.now.Advance(time.Microsecond)
		second := challenged(t, p, ctx, request())
		require.Equal(t, first.ID, second.ID)
		require.Equal(t, p.now.Now().Add(5*time.Minute), second.ExpiresAt)
		require.Equal(t, p.now.Now().Add(time.Minute), second.ResendAfter)
		require.Len(t, p.inbox.Messages(), 3)
		secondCode := p.lastCode(t)
		if firstCode != secondCode {
			require.ErrorIs(t, p.Require(ctx, request(), &confirm.Answer{ID: first.ID, Code: firstCode}), confirm.ErrWrongCode, "a new code replaces the old")
		}
		p.now.Advance(5*time.Minute - time.Microsecond)
		require.NoError(t, p.Require(ctx, request(), &confirm.Answer{ID: first.ID, Code: secondCode}))
	})
}

func TestWhatASendLimitRefusesIsNotSent(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		tooMany := fault.New(fault.RateLimited, locale.Text{En: "Too many."}, locale.Text{})
		var asked []string
		var attempts []uuid.UUID
		var refusal, attemptRefusal error
		p := newPlace(t, s, func(o *confirm.Options) {
			o.Limits.Send = func(_ context.Context, person uuid.UUID, to confirm.Destination) error {
				asked = append(asked, fmt.Sprintf("%s %s %s %t", person, to.Channel, to.Address, to.Own))
				return refusal
			}
			o.Limits.Attempt = func(_ context.Context, person uuid.UUID) error {
				attempts = append(attempts, person)
				return attemptRefusal
			}
		})
		ctx := as(t, p.ann, uuid.New())
		refusal = tooMany
		require.ErrorIs(t, p.Require(ctx, request(), nil), tooMany)
		require.Empty(t, p.inbox.Messages())
		refusal = nil
		c := challenged(t, p, ctx, request())
		first := p.lastCode(t)
		challenged(t, p, ctx, request()) // sends nothing, and so costs nothing
		own := request()
		own.Operation, own.To.Own = "removeNetwork", true
		challenged(t, p, ctx, own)
		sms := p.ann.String() + " SMS " + phone
		require.Equal(t, []string{sms + " false", sms + " false", sms + " true"}, asked)

		asked, attempts, attemptRefusal = nil, nil, tooMany
		require.ErrorIs(t, p.Require(ctx, request(), nil), tooMany, "who only asks takes locks, too")
		answer := confirm.Answer{ID: c.ID, Code: other(first)}
		require.ErrorIs(t, p.Require(ctx, request(), &answer), tooMany)
		require.ErrorIs(t, p.Guess(ctx, p.ann, confirm.AccessCode, nil), tooMany)
		attemptRefusal = nil
		answer.Code = first
		require.NoError(t, p.Require(ctx, request(), &answer))
		require.Equal(t, []uuid.UUID{p.ann, p.ann, p.ann, p.ann}, attempts)
		require.Empty(t, asked)
	})
}

func TestWhatCannotBeSentIsVoid(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		ctx := as(t, p.ann, uuid.New())
		p.inbox.Fail(1)
		err := p.Require(ctx, request(), nil)
		require.ErrorIs(t, err, confirm.ErrNotSent)
		require.ErrorIs(t, err, notify.ErrUnavailable)
		require.Equal(t, fault.UpstreamUnavailable, fault.CodeOf(err))
		require.Contains(t, p.log.String(), "confirmation code not sent")

		// The next call need not wait, and a code that could not be sent again takes the first with it.
		c := challenged(t, p, ctx, request())
		code := p.lastCode(t)
		p.now.Advance(confirm.ResendInterval)
		p.inbox.Fail(1)
		require.ErrorIs(t, p.Require(ctx, request(), nil), confirm.ErrNotSent)
		require.ErrorIs(t, p.Require(ctx, request(), &confirm.Answer{ID: c.ID, Code: code}), confirm.ErrNoChallenge)
		require.NotEqual(t, c.ID, challenged(t, p, ctx, request()).ID)
		require.Equal(t, []string{
			"confirmation.send approveNetwork", "!confirmation.send NOT_SENT approveNetwork",
			"confirmation.send approveNetwork",
			"confirmation.send approveNetwork", "!confirmation.send NOT_SENT approveNetwork",
			"!confirmation.accept NO_CHALLENGE approveNetwork",
			"confirmation.send approveNetwork",
		}, p.lines(t))
	})
}

// senderFunc is a function that sends.
type senderFunc func(ctx context.Context, m notify.Message) error

func (f senderFunc) Send(ctx context.Context, m notify.Message) error { return f(ctx, m) }

func TestACodeLeavesAfterTheCommitEvenForACallerWhoLeft(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		var p *place
		ctx, leave := context.WithCancel(as(t, uuid.Nil, uuid.Nil))
		sent := 0
		p = newPlace(t, s, func(o *confirm.Options) {
			o.Sender = senderFunc(func(ctx context.Context, _ notify.Message) error {
				leave()
				sent++
				_, bounded := ctx.Deadline()
				require.True(t, bounded, "no message is waited for without end")
				// Another connection sees the row: it is committed.
				n, err := s.Confirmation.Query().Where(confirmation.OwnerID(p.ann)).Count(persontest.System(t))
				require.NoError(t, err)
				require.Equal(t, 1, n)
				return ctx.Err()
			})
		})
		ctx = viewer.NewContext(ctx, viewer.Viewer{PersonID: p.ann, SessionID: uuid.New()})
		require.ErrorIs(t, p.Require(ctx, request(), nil), confirm.ErrRequired)
		require.Equal(t, 1, sent)
	})
}

func TestOnlyAPersonInASessionConfirms(t *testing.T) {
	p := newPlace(t, storagetest.OpenSQLite(t))
	for name, v := range map[string]viewer.Viewer{
		"nobody": {}, "no session": {PersonID: p.ann}, "no person": {SessionID: uuid.New()}, "the system": viewer.System("test"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := viewer.NewContext(t.Context(), v)
			require.ErrorIs(t, p.Require(ctx, request(), nil), fault.ErrUnauthenticated)
			require.ErrorIs(t, p.Require(ctx, request(), &confirm.Answer{}), fault.ErrUnauthenticated)
		})
	}
}

func TestARequestNeedsWhatItIsAndWhereItGoes(t *testing.T) {
	p := newPlace(t, storagetest.OpenSQLite(t))
	ctx := as(t, p.ann, uuid.New())
	for name, c := range map[string]struct {
		change func(*confirm.Request)
		code   fault.Code
	}{
		"no operation":      {func(r *confirm.Request) { r.Operation = "" }, fault.Internal},
		"a long operation":  {func(r *confirm.Request) { r.Operation = strings.Repeat("a", 65) }, fault.Internal},
		"no title":          {func(r *confirm.Request) { r.Title = locale.Text{} }, fault.Internal},
		"no address":        {func(r *confirm.Request) { r.To.Address = "" }, fault.BadInput},
		"no channel":        {func(r *confirm.Request) { r.To.Channel = "" }, fault.BadInput},
		"a landline":        {func(r *confirm.Request) { r.To.Address = "+74951234567" }, fault.BadInput},
		"a phone by e-mail": {func(r *confirm.Request) { r.To.Channel = notify.Email }, fault.BadInput},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			c.change(&r)
			for _, answer := range []*confirm.Answer{nil, {}} {
				require.Equal(t, c.code, fault.CodeOf(p.Require(ctx, r, answer)))
			}
		})
	}
	require.Empty(t, p.inbox.Messages())
}

func TestOneAddressHasOneForm(t *testing.T) {
	p := newPlace(t, storagetest.OpenSQLite(t))
	ctx := as(t, p.ann, uuid.New())
	c := challenged(t, p, ctx, request())
	r := request()
	r.To.Address = "+7(900)1234567"
	require.NoError(t, p.Require(ctx, r, &confirm.Answer{ID: c.ID, Code: p.lastCode(t)}))
}
