package clarification_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/docs/commands/commandstest"
	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/transition"
)

const question = "Why is the diagnosis J06.9?"

// desk is the service with a person who has a sick leave.
type desk struct {
	*clarification.Service

	store  *storage.Store
	seen   *storagetest.Statements
	sealer *seal.Sealer
	clock  *clock.Fixed
	ann    uuid.UUID
	leave  ref.Ref
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		d := &desk{
			store: s, seen: seen, sealer: persontest.Sealer(t), ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		recorder := feed.NewRecorder(d.clock, nobodyToTell{})
		d.Service = clarification.New(s, d.sealer, outbox.New(s, d.sealer, recorder, d.clock), recorder, audit.NewJournal(d.clock), d.clock)
		d.leave = d.addLeave(t, d.ann, "910000000001")
		test(t, d)
	})
}

func (d *desk) addLeave(t *testing.T, whose uuid.UUID, number string) ref.Ref {
	t.Helper()
	day := calendar.NewDate(2026, time.March, 1)
	row, err := d.store.SickLeave.Create().SetOwnerID(whose).SetNumber(number).SetState("OPENED").SetReason("ILLNESS").
		SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(d.clock.Now()).SetUpdatedAt(d.clock.Now()).Save(persontest.System(t))
	require.NoError(t, err)
	return ref.Of(ref.SickLeave, row.ID)
}

// about is a new question.
func about(leave ref.Ref) clarification.AskInput {
	return clarification.AskInput{
		SickLeave: leave, Addressee: clarification.Doctor, Question: question, IdempotencyKey: uuid.NewString(),
	}
}

func (d *desk) apply(t *testing.T, r clarification.Report) error {
	t.Helper()
	return d.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error { return d.Apply(ctx, tx, r) })
}

// traces is what a question leaves beside itself.
type traces struct {
	sequence                              int64
	entries, questions, commands, records int
}

func (d *desk) traces(t *testing.T) traces {
	t.Helper()
	system := persontest.System(t)
	count := func(n int, err error) int {
		require.NoError(t, err)
		return n
	}
	sequence, err := owner.Sequence(system, d.store, d.ann)
	require.NoError(t, err)
	return traces{
		sequence, count(d.store.AuditEntry.Query().Count(system)), count(d.store.Clarification.Query().Count(system)),
		count(d.store.Command.Query().Count(system)), count(d.store.IdempotencyRecord.Query().Count(system)),
	}
}

func requireFaults(t *testing.T, err error, want map[string]fault.InputCode) {
	t.Helper()
	var invalid fault.Invalid
	require.ErrorAs(t, err, &invalid)
	got := map[string]fault.InputCode{}
	for _, f := range invalid {
		require.NotEmpty(t, f.Message.Ru)
		require.NotEmpty(t, f.Message.En)
		got[strings.Join(f.Path, ".")] = f.Code
	}
	require.Equal(t, want, got)
}

func TestAQuestionIsAskedAndAnswered(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ann := persontest.As(t, d.ann)
		c, err := d.Ask(ann, about(d.leave))
		require.NoError(t, err)
		require.Equal(t, clarification.Asked, c.State)
		require.Equal(t, clarification.Doctor, c.Addressee)
		require.Equal(t, d.leave, c.SickLeave)
		require.Equal(t, d.clock.Now(), c.AskedAt)
		require.Nil(t, c.AnsweredAt)
		text, err := d.Question(c)
		require.NoError(t, err)
		require.Equal(t, question, *text)
		text, err = d.Answer(c)
		require.NoError(t, err)
		require.Nil(t, text)
		require.Equal(t, traces{1, 1, 1, 1, 1}, d.traces(t))
		delivery, err := d.Delivery(ann, c)
		require.NoError(t, err)
		require.Equal(t, outbox.Pending, delivery.State)

		row, err := d.store.Command.Query().Only(ann)
		require.NoError(t, err)
		require.Equal(t, clarification.TypeAsked, row.Type)
		require.Equal(t, c.ID.String(), row.Subject)
		plain, err := d.sealer.Open("commands.payload", row.ID, row.Payload)
		require.NoError(t, err)
		commandstest.RequireFits(t, clarification.TypeAsked, plain)
		var sent map[string]any
		require.NoError(t, json.Unmarshal(plain, &sent))
		require.Equal(t, map[string]any{
			"clarification": c.ID.String(), "sickLeave": "910000000001", "addressee": "DOCTOR", "question": question,
			"askedAt": "2026-03-02T09:00:00Z",
		}, sent)

		d.clock.Advance(time.Hour)
		require.NoError(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 1, Answer: "Because of the cough"}))
		c, err = d.Get(ann, c.ID.ID)
		require.NoError(t, err)
		require.Equal(t, clarification.Answered, c.State)
		require.Equal(t, d.clock.Now(), *c.AnsweredAt)
		text, err = d.Answer(c)
		require.NoError(t, err)
		require.Equal(t, "Because of the cough", *text)
		require.Equal(t, traces{2, 1, 1, 1, 1}, d.traces(t))
		events, err := d.store.FeedEvent.Query().All(ann)
		require.NoError(t, err)
		require.Equal(t, "ASKED", *events[1].From)
		require.Equal(t, "ANSWERED", *events[1].To)
		require.Nil(t, events[1].Comment)
	})
}

func TestQuestionAndAnswerAreSealed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c, err := d.Ask(persontest.As(t, d.ann), about(d.leave))
		require.NoError(t, err)
		require.NoError(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 1, Answer: question}))
		for _, table := range []string{"clarifications", "commands", "feed_events", "audit_entries", "idempotency_records"} {
			rows, err := d.store.DB().QueryContext(t.Context(), "SELECT * FROM "+table)
			require.NoError(t, err)
			columns, err := rows.Columns()
			require.NoError(t, err)
			some := false
			for rows.Next() {
				some = true
				values, targets := make([]any, len(columns)), make([]any, len(columns))
				for i := range values {
					targets[i] = &values[i]
				}
				require.NoError(t, rows.Scan(targets...))
				require.NotContains(t, fmt.Sprintf("%s %v", values, values), "J06.9", table)
			}
			require.NoError(t, rows.Err())
			require.NoError(t, rows.Close())
			require.True(t, some, table)
		}
	})
}

func TestAllFaultsOfAQuestionAreNamedTogether(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		before := d.traces(t)
		_, err := d.Ask(persontest.As(t, d.ann), clarification.AskInput{
			SickLeave: ref.Of(ref.Appeal, d.leave.ID), Addressee: "MINISTER", Question: " ", IdempotencyKey: uuid.NewString(),
		})
		requireFaults(t, err, map[string]fault.InputCode{
			"sickLeave": fault.Unknown, "addressee": fault.Malformed, "question": fault.Required,
		})
		in := about(d.leave)
		in.Question = strings.Repeat("я", 2001)
		_, err = d.Ask(persontest.As(t, d.ann), in)
		requireFaults(t, err, map[string]fault.InputCode{"question": fault.TooLong})
		in.Question = strings.Repeat("я", 2000)
		require.Equal(t, before, d.traces(t))
		_, err = d.Ask(persontest.As(t, d.ann), in)
		require.NoError(t, err)
	})
}

func TestNobodyAsksAboutAnothersLeave(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		asked, err := d.Ask(persontest.As(t, d.ann), about(d.leave))
		require.NoError(t, err)
		before, bob := d.traces(t), persontest.As(t, persontest.New(t, d.store))
		_, err = d.Ask(bob, about(d.leave))
		requireFaults(t, err, map[string]fault.InputCode{"sickLeave": fault.Unknown})
		_, none := d.Ask(bob, about(ref.Of(ref.SickLeave, uuid.New())))
		require.Equal(t, none, err, "exactly as one that does not exist")
		_, err = d.Ask(persontest.As(t, uuid.New()), about(d.leave))
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, err = d.Ask(t.Context(), about(d.leave))
		require.Error(t, err)
		require.Equal(t, before, d.traces(t))

		_, err = d.Get(bob, asked.ID.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
		found, err := d.ByLeaves(bob, []uuid.UUID{d.leave.ID})
		require.NoError(t, err)
		require.Empty(t, found[d.leave.ID])
	})
}

func TestThreeQuestionsCanBeOpen(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const devices = 8
		ann := persontest.As(t, d.ann)
		failures := make([]error, devices)
		var wg sync.WaitGroup
		for i := range devices {
			wg.Go(func() { _, failures[i] = d.Ask(ann, about(d.leave)) })
		}
		wg.Wait()
		failures = slices.DeleteFunc(failures, func(err error) bool { return err == nil })
		require.Len(t, failures, devices-3)
		for _, err := range failures {
			requireFaults(t, err, map[string]fault.InputCode{"sickLeave": fault.NotAllowed})
		}
		require.Equal(t, traces{3, 3, 3, 3, 3}, d.traces(t))
		_, err := d.Ask(ann, about(d.addLeave(t, d.ann, "910000000002")))
		require.NoError(t, err, "another leave is another matter")

		found, err := d.ByLeaves(ann, []uuid.UUID{d.leave.ID})
		require.NoError(t, err)
		require.NoError(t, d.apply(t, clarification.Report{Clarification: found[d.leave.ID][0].ID, Sequence: 1, Answer: "a"}))
		_, err = d.Ask(ann, about(d.leave))
		require.NoError(t, err, "one was answered")
		_, err = d.Ask(ann, about(d.leave))
		requireFaults(t, err, map[string]fault.InputCode{"sickLeave": fault.NotAllowed})
	})
}

func TestThirtyQuestionsAreEnough(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for range 30 {
			require.NoError(t, d.store.Clarification.Create().SetOwnerID(d.ann).SetSickLeaveID(d.leave.ID).SetAddressee("DOCTOR").
				SetState("ANSWERED").SetCreatedAt(d.clock.Now()).SetUpdatedAt(d.clock.Now()).Exec(persontest.System(t)))
		}
		_, err := d.Ask(persontest.As(t, d.ann), about(d.leave))
		requireFaults(t, err, map[string]fault.InputCode{"sickLeave": fault.NotAllowed})
	})
}

func TestARepeatedQuestionIsOne(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ann, in, another := persontest.As(t, d.ann), about(d.leave), d.addLeave(t, d.ann, "910000000002")
		first, err := d.Ask(ann, in)
		require.NoError(t, err)
		after := d.traces(t)
		again, err := d.Ask(ann, in)
		require.NoError(t, err)
		require.Equal(t, first.ID, again.ID)
		for name, change := range map[string]func(*clarification.AskInput){
			"another question":  func(in *clarification.AskInput) { in.Question = "Another?" },
			"another addressee": func(in *clarification.AskInput) { in.Addressee = clarification.Employer },
			"another leave":     func(in *clarification.AskInput) { in.SickLeave = another },
		} {
			other := in
			change(&other)
			_, err = d.Ask(ann, other)
			require.ErrorIs(t, err, idempotency.ErrReused, name)
		}
		require.Equal(t, after, d.traces(t))
	})
}

func TestAnAnswerThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c, err := d.Ask(persontest.As(t, d.ann), about(d.leave))
		require.NoError(t, err)
		require.ErrorIs(t, d.apply(t, clarification.Report{Clarification: ref.Of(ref.Clarification, uuid.New()), Sequence: 1}), fault.ErrNotFound)
		require.NoError(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 2, Answer: "a"}))
		after := d.traces(t)
		require.ErrorIs(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 1, Answer: "b"}), transition.ErrStale)
		require.ErrorIs(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 2, Answer: "b"}), transition.ErrStale)
		require.ErrorIs(t, d.apply(t, clarification.Report{Clarification: c.ID, Sequence: 3, Answer: "b"}), transition.ErrImpossible)
		require.Equal(t, after, d.traces(t))
	})
}

func TestClarificationsOfManyLeavesTakeOneStatement(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ann := persontest.As(t, d.ann)
		leaves := []uuid.UUID{d.leave.ID, d.addLeave(t, d.ann, "910000000002").ID, d.addLeave(t, d.ann, "910000000003").ID}
		for n, leave := range leaves[:2] {
			for range n + 1 {
				d.clock.Advance(time.Second)
				_, err := d.Ask(ann, about(ref.Of(ref.SickLeave, leave)))
				require.NoError(t, err)
			}
		}
		d.seen.Take()
		found, err := d.ByLeaves(ann, leaves)
		require.NoError(t, err)
		require.Len(t, d.seen.Take(), 1)
		require.Len(t, found[leaves[0]], 1)
		require.Len(t, found[leaves[1]], 2)
		require.True(t, found[leaves[1]][0].AskedAt.Before(found[leaves[1]][1].AskedAt))
		require.Equal(t, []*clarification.Clarification{}, found[leaves[2]], "a list without items, not none")
		for _, list := range found {
			for _, c := range list {
				_, err := d.Delivery(ann, c)
				require.NoError(t, err)
			}
		}
		require.Len(t, d.seen.Take(), 1, "deliveries")
	})
}

func TestEveryPairOfStates(t *testing.T) {
	all := append(clarification.States(), "", "SOMETHING")
	for _, from := range all {
		for _, to := range all {
			require.Equal(t, from == clarification.Asked && to == clarification.Answered, from.CanBecome(to), "%s → %s", from, to)
		}
	}
	seen := map[string]bool{}
	for _, state := range clarification.States() {
		require.True(t, state.Known())
		c := &clarification.Clarification{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := c.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text)
			require.False(t, seen[text])
			seen[text] = true
		}
	}
	require.False(t, clarification.State("SOMETHING").Known())
}
