package fund_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent/feedevent"
	"kabinet/ent/fundevent"
	"kabinet/ent/sickleave"
	"kabinet/internal/fund"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// batch sends events in one request and gives what became of each.
func (b *boundary) batch(t *testing.T, events ...map[string]any) []fund.Result {
	t.Helper()
	body, err := json.Marshal(events)
	require.NoError(t, err)
	results, err := b.send(t, fund.MediaTypeBatch, body)
	require.NoError(t, err)
	require.Len(t, results, len(events))
	return results
}

func outcomes(results []fund.Result) map[fund.Outcome]int {
	counts := make(map[fund.Outcome]int)
	for _, r := range results {
		counts[r.Outcome]++
	}
	return counts
}

// requireGapFree fails unless the numbers of an owner's feed are 1 to n, which is the owner's number, and gives n.
func (b *boundary) requireGapFree(t *testing.T, whose uuid.UUID) int {
	t.Helper()
	system := persontest.System(t)
	rows, err := b.store.FeedEvent.Query().Where(feedevent.OwnerID(whose)).Order(feedevent.BySequence()).All(system)
	require.NoError(t, err)
	for i, row := range rows {
		require.EqualValues(t, i+1, row.Sequence)
	}
	newest, err := owner.Sequence(system, b.store, whose)
	require.NoError(t, err)
	require.EqualValues(t, len(rows), newest)
	return len(rows)
}

func TestTheFaultOfOneEventIsNoOthers(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number)
		first, second := b.addAppeal(t).String(), b.addAppeal(t).String()
		register := func(id, subject string) map[string]any {
			return event(fund.TypeAppealRegistered, id, subject, "1", `{"appeal":"`+subject+`","number":"О-1","dueOn":"2026-12-01"}`)
		}
		results := b.batch(t, leaf("a", number, "1", "020"), register("b", first), register("c", second), leaf("d", number, "2", "030"))
		require.Equal(t, []fund.Result{
			{ID: "a", Outcome: fund.Applied},
			{ID: "b", Outcome: fund.Applied},
			{ID: "c", Outcome: fund.Refused, Reason: fund.ReasonContents}, // the number is taken
			{ID: "d", Outcome: fund.Applied},
		}, results)
		require.Equal(t, "CLOSED", b.state(t, number))
		require.Equal(t, 3, b.requireGapFree(t, b.ann))
		kept, err := b.store.FundEvent.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, 4, kept)
	})
}

// Events that came before are nothing new in a batch either, wherever they stand in it, and all others are applied.
func TestABatchWithEventsThatCameBefore(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const leaves = 70 // more than share two transactions
		subjects := make([]string, leaves)
		events := make([]map[string]any, leaves)
		for i := range leaves {
			subjects[i] = fmt.Sprintf("%012d", i+1)
			b.addLeave(t, subjects[i])
			events[i] = leaf(fmt.Sprint("e", i), subjects[i], "1", "020")
		}
		parked := leaf("parked", "910000000099", "1", "020")
		require.Equal(t, fund.Parked, b.one(t, parked).Outcome)
		b.addLeave(t, "910000000099")
		for _, i := range []int{0, 40, 69} {
			require.Equal(t, fund.Applied, b.one(t, events[i]).Outcome)
		}
		require.Equal(t, fund.Refused, b.one(t, leaf("e7", subjects[7], "1", "080")).Outcome, "mended when it comes again")

		results := b.batch(t, slices.Concat(events, []map[string]any{parked})...)
		require.Equal(t, map[fund.Outcome]int{fund.Applied: leaves - 3 + 1, fund.Duplicate: 3}, outcomes(results))
		require.Equal(t, leaves+1, b.requireGapFree(t, b.ann))
		again := b.batch(t, slices.Concat(events, []map[string]any{parked})...)
		require.Equal(t, map[fund.Outcome]int{fund.Duplicate: leaves + 1}, outcomes(again))
		require.Equal(t, leaves+1, b.requireGapFree(t, b.ann))
		n, err := b.store.FundEvent.Query().Where(fundevent.Outcome(string(fund.Applied))).Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, leaves+1, n)
	})
}

// The same may come at the same time, singly and in batches: it is done once.
func TestTheSameEventsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const leaves, senders = 40, 6
		events := make([]map[string]any, leaves)
		for i := range leaves {
			subject := fmt.Sprintf("%012d", i+1)
			b.addLeave(t, subject)
			events[i] = leaf(fmt.Sprint("e", i), subject, "1", "020")
		}
		var mu sync.Mutex
		counts := make(map[fund.Outcome]int)
		note := func(results []fund.Result) {
			mu.Lock()
			defer mu.Unlock()
			for outcome, n := range outcomes(results) {
				counts[outcome] += n
			}
		}
		var wg sync.WaitGroup
		for sender := range senders {
			wg.Go(func() {
				if sender%3 == 0 {
					for _, e := range events {
						note([]fund.Result{b.one(t, e)})
					}
					return
				}
				own := slices.Clone(events)
				if sender%3 == 1 {
					slices.Reverse(own)
				}
				note(b.batch(t, own...))
			})
		}
		wg.Wait()
		require.Equal(t, map[fund.Outcome]int{fund.Applied: leaves, fund.Duplicate: leaves * (senders - 1)}, counts)
		require.Equal(t, leaves, b.requireGapFree(t, b.ann))
	})
}

// Batches about the same people, told in different orders, wait for each other for ever if they may.
func TestBatchesAboutTheSamePeopleAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const people = 24
		strides := []int{1, 5, 7, 11} // of the senders: each comes by everybody, in an order of its own
		senders := len(strides)
		owners := make([]uuid.UUID, people)
		for p := range people {
			b.ann = persontest.New(t, b.store)
			owners[p] = b.ann
			for s := range strides {
				b.addLeave(t, fmt.Sprintf("%06d%06d", p, s))
			}
		}
		var wg sync.WaitGroup
		for s, stride := range strides {
			wg.Go(func() {
				var events []map[string]any
				for p := range people {
					subject := fmt.Sprintf("%06d%06d", p*stride%people, s)
					events = append(events, leaf(uuid.NewString(), subject, "1", "020"), leaf(uuid.NewString(), subject, "2", "030"))
				}
				require.Equal(t, map[fund.Outcome]int{fund.Applied: 2 * people}, outcomes(b.batch(t, events...)))
			})
		}
		wg.Wait()
		for _, o := range owners {
			b.ann = o
			require.Equal(t, 2*senders, b.requireGapFree(t, o))
		}
		closed, err := b.store.SickLeave.Query().Where(sickleave.State("CLOSED")).Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, people*senders, closed)
	})
}

// Somebody who is busy with one of the people keeps only what is told of that one waiting, and no lock on the others.
func TestABatchDoesNotWaitAsAWhole(t *testing.T) {
	began := make(chan struct{}, 64)
	store := storagetest.OpenPostgres(t, storage.OnStatement(func(_ context.Context, statement string) {
		if statement == "BEGIN" {
			began <- struct{}{}
		}
	}))
	b := newBoundary(t, store)
	b.addLeave(t, number)
	busy := b.ann
	const another = "910000000002"
	b.ann = persontest.New(t, store)
	b.addLeave(t, another)
	var wg sync.WaitGroup
	var got map[fund.Outcome]int
	require.NoError(t, store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, busy); err != nil {
			return err
		}
		for len(began) > 0 {
			<-began
		}
		wg.Go(func() { got = outcomes(b.batch(t, leaf("b", another, "1", "020"), leaf("a", number, "1", "020"))) })
		for range 3 { // for both, for the one, for the other
			<-began
		}
		require.Equal(t, "EXTENDED", b.state(t, another))
		require.Equal(t, "OPENED", b.state(t, number))
		return nil
	}))
	wg.Wait()
	require.Equal(t, map[fund.Outcome]int{fund.Applied: 2}, got)
	require.Equal(t, "EXTENDED", b.state(t, number))
	require.Equal(t, 1, b.requireGapFree(t, busy))
	require.Equal(t, 1, b.requireGapFree(t, b.ann))
}

// Between two events of a batch somebody else may make their subject. The first, which found none, is not overtaken by the
// second, after which it would be too old.
func TestAnEventIsNotOvertakenByTheNextOfItsSubject(t *testing.T) {
	var b *boundary
	asked := 0
	// With SQLite nobody else writes within a transaction.
	store := storagetest.OpenPostgres(t, storage.OnStatement(func(_ context.Context, statement string) {
		if b == nil || !strings.Contains(statement, "sick_leaves") || !strings.HasPrefix(statement, "UPDATE") {
			return
		}
		if asked++; asked == 2 {
			b.addLeave(t, number)
		}
	}))
	b = newBoundary(t, store)
	results := b.batch(t, leaf("a", number, "1", "020"), leaf("b", number, "2", "030"))
	require.Equal(t, []fund.Result{{ID: "a", Outcome: fund.Applied}, {ID: "b", Outcome: fund.Applied}}, results)
	require.Equal(t, 2, b.requireGapFree(t, b.ann))
}

// What became of an event is not overwritten by who judged it at the same time and came too late.
func TestTheOutcomeOfAnEventThatIsJudgedTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		const leaves = 12
		var subjects []string
		for i := range leaves {
			subjects = append(subjects, fmt.Sprintf("%012d", i+1))
			require.Equal(t, fund.Parked, b.one(t, leaf(fmt.Sprint("e", i), subjects[i], "1", "020")).Outcome)
		}
		for _, subject := range subjects {
			b.addLeave(t, subject)
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for i, subject := range subjects {
					b.one(t, leaf(fmt.Sprint("e", i), subject, "1", "020"))
				}
			})
			wg.Go(func() {
				_, err := b.Replay(t.Context(), leaves)
				require.NoError(t, err)
			})
		}
		wg.Wait()
		rows, err := b.store.FundEvent.Query().All(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, rows, leaves)
		for _, row := range rows {
			require.Equal(t, string(fund.Applied), row.Outcome)
		}
		require.Equal(t, leaves, b.requireGapFree(t, b.ann))
	})
}

// Who is told that an event was refused or parked need not look whether anything changed: nothing has.
func TestWhatIsNotAppliedLeavesNoGap(t *testing.T) {
	each(t, func(t *testing.T, b *boundary) {
		b.addLeave(t, number) // somebody else's
		b.meetAnn(t)
		start := func(id, leave string) map[string]any {
			return event(fund.TypeBenefitStarted, id, benefitNumber, "1", `{"number":"`+benefitNumber+`","snils":"`+snils+
				`","type":"TEMPORARY_DISABILITY","sickLeave":"`+leave+`","startsOn":"2026-11-01"}`)
		}
		before := b.requireGapFree(t, b.ann)
		require.Equal(t, fund.Result{ID: "a", Outcome: fund.Refused, Reason: fund.ReasonContents}, b.one(t, start("a", number)))
		require.Equal(t, fund.Parked, b.one(t, start("b", "910000000077")).Outcome)
		require.Equal(t, map[fund.Outcome]int{fund.Refused: 1, fund.Parked: 1, fund.Applied: 1}, outcomes(b.batch(t,
			start("c", number), start("d", "910000000077"),
			event(fund.TypeInsuredChanged, "e", uid, "2", `{"uid":"`+uid+`","snils":"`+snils+`","lastName":"Б","firstName":"Анна","birthDate":"1980-02-29"}`))))
		require.Equal(t, before+1, b.requireGapFree(t, b.ann))
	})
}
