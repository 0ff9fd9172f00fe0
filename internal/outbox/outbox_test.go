package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/command"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

func TestACommandIsNumberedWithinItsSubject(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		one, other := newAppeal(), newAppeal()
		o.add(t, one, "first")
		o.add(t, other, "first")
		o.clock.Advance(time.Minute)
		o.add(t, one, "second")
		require.Zero(t, o.sequence(t), "the act that a command tells raises the sequence")

		d := o.latest(t, one)
		require.EqualValues(t, 2, d.Sequence)
		require.Equal(t, outbox.Pending, d.State)
		require.Equal(t, kind, d.Type)
		require.Equal(t, one, d.Subject)
		require.Equal(t, o.clock.Now(), d.CreatedAt)
		require.Equal(t, o.clock.Now(), *d.NextAttemptAt)
		require.Nil(t, d.DeliveredAt)
		require.Nil(t, d.LastError)
		require.EqualValues(t, 1, o.latest(t, other).Sequence)
	})
}

func TestACommandGoesWithItsTransaction(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		err := o.store.InTx(persontest.As(t, o.ann), func(ctx context.Context, tx *storage.Tx) error {
			if err := o.Add(ctx, tx, outbox.Command{Owner: o.ann, Type: kind, Subject: newAppeal(), Data: 1}); err != nil {
				return err
			}
			return context.Canceled
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, o.states(t))
		require.Zero(t, o.deliver(t, o.courier(t)))
	})
}

func TestManyActsAtOnceAreNumberedWithoutGaps(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const writers = 12
		subject, ctx := newAppeal(), persontest.As(t, o.ann)
		failures := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() { failures[i] = o.addAs(ctx, o.ann, subject, fmt.Sprint(i)) })
		}
		wg.Wait()
		for _, err := range failures {
			require.NoError(t, err)
		}
		require.Equal(t, writers, o.deliver(t, o.courier(t)))
		requireInOrder(t, o.fund.received(), map[string]int{subject.String(): writers})
	})
}

func TestNobodyActsForAnother(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		bob, subject := persontest.New(t, o.store), newAppeal()
		require.Error(t, o.addAs(persontest.As(t, bob), o.ann, subject, "not hers"))
		require.Error(t, o.addAs(t.Context(), o.ann, subject, "nobody's"))
		require.Empty(t, o.states(t))

		o.add(t, subject, "hers")
		found, err := o.Latest(persontest.As(t, bob), ref.Appeal, []uuid.UUID{subject.ID})
		require.NoError(t, err)
		require.Empty(t, found, "Bob sees nothing of it")
		n, err := o.store.Command.Update().Where(command.OwnerID(o.ann)).SetState("DELIVERED").Save(persontest.As(t, o.ann))
		require.Error(t, err, "what is sent is not the person's to change")
		require.Zero(t, n)
	})
}

func TestTheNewestOfEachSubjectTakesOneStatement(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		var ids []uuid.UUID
		for n := range 5 {
			subject := newAppeal()
			for range n {
				o.add(t, subject, "text")
			}
			ids = append(ids, subject.ID)
		}
		o.add(t, ref.Of(ref.Clarification, ids[0]), "of another kind")
		o.seen.Take()
		found, err := o.Latest(persontest.As(t, o.ann), ref.Appeal, ids)
		require.NoError(t, err)
		require.Len(t, o.seen.Take(), 1)
		require.Len(t, found, 4)
		require.NotContains(t, found, ids[0])
		for n, id := range ids[1:] {
			require.EqualValues(t, n+1, found[id].Sequence)
		}
	})
}

func TestWhatIsSentIsSealed(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const text = "the diagnosis is J06.9 <&> \u2028 я"
		o.add(t, newAppeal(), text)
		row, err := o.store.Command.Query().Only(persontest.System(t))
		require.NoError(t, err)
		dump := fmt.Sprintf("%v %s %+v", row, row.Payload, *row)
		require.NotContains(t, dump, "J06.9")
		require.NotContains(t, strings.ToLower(dump), "diagnosis")

		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.JSONEq(t, `{"text":"the diagnosis is J06.9 <&> \u2028 я"}`, string(o.fund.received()[0].Data))
		require.NotContains(t, o.log.String(), "J06.9")

		// Moved to another row it opens for nobody, and is not sent.
		o.add(t, newAppeal(), "another")
		other, err := o.store.Command.Query().Where(command.State("PENDING")).Only(persontest.System(t))
		require.NoError(t, err)
		_, err = o.store.DB().ExecContext(t.Context(), "UPDATE commands SET payload = (SELECT payload FROM commands WHERE state = 'DELIVERED')")
		require.NoError(t, err)
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.Len(t, o.fund.received(), 1)
		require.Contains(t, o.log.String(), other.ID.String())
	})
}

func TestEveryStateIsExplainedInBothLanguages(t *testing.T) {
	refused, late := outbox.Refused, outbox.Unavailable
	seen := map[string]bool{}
	for _, d := range []outbox.Delivery{
		{State: outbox.Pending}, {State: outbox.Delivered}, {State: outbox.Failed, LastError: &refused}, {State: outbox.Failed, LastError: &late},
	} {
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := d.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text)
			require.False(t, seen[text])
			seen[text] = true
		}
	}
	trouble := outbox.Delivery{State: outbox.Pending, LastError: &late, Attempts: 3}
	require.True(t, seen[trouble.StateText(t.Context())], "an attempt changes nothing of what is to be done")
	require.Len(t, outbox.States(), 3)
}

func TestAnOperatorRetriesOnlyWhatHasFailed(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		require.ErrorIs(t, o.Retry(t.Context(), uuid.New()), fault.ErrNotFound)
		o.add(t, newAppeal(), "text")
		all, err := o.List(t.Context(), outbox.Pending, 10)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.ErrorIs(t, o.Retry(t.Context(), all[0].ID), outbox.ErrNotFailed)
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.ErrorIs(t, o.Retry(t.Context(), all[0].ID), outbox.ErrNotFailed)
		all, err = o.List(t.Context(), outbox.Failed, 10)
		require.NoError(t, err)
		require.Empty(t, all)
	})
}
