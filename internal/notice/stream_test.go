package notice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/fault"
	"kabinet/internal/notice"
	"kabinet/internal/person/persontest"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// tell publishes an announcement, or changes it for the sequence-th time; change may alter it before.
func (p *place) tell(t testing.TB, number string, sequence int64, change func(*notice.Publication)) {
	t.Helper()
	told := notice.Publication{Number: number, Sequence: sequence, Importance: notice.Important, Title: text("Название"), Text: text("Текст")}
	if change != nil {
		change(&told)
	}
	require.NoError(t, p.publish(t, told))
}

// expect awaits these announcements, in this order.
func expect(t testing.TB, s *stream[*notice.Announcement], numbers ...string) {
	t.Helper()
	for _, want := range numbers {
		require.Equal(t, want, s.next(t).Number)
	}
}

// states are what is told of all systems, as far as they do not work.
func states(all []*notice.Status) map[notice.System]notice.State {
	ill := map[notice.System]notice.State{}
	for _, s := range all {
		if s.State != notice.Operational {
			ill[s.System] = s.State
		}
	}
	return ill
}

func TestASubscriberIsToldOfWhatIsPublishedFromNowOn(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		first := subscribe(t, p.Published)
		p.tell(t, "one", 1, nil)
		expect(t, first, "one")
		second := subscribe(t, p.Published)
		p.tell(t, "two", 1, nil)
		expect(t, first, "two")
		expect(t, second, "two")
		p.tell(t, "one", 2, func(n *notice.Publication) { n.Title = text("Другое") })
		for _, s := range []*stream[*notice.Announcement]{first, second} {
			changed := s.next(t)
			require.Equal(t, "one", changed.Number)
			require.Equal(t, text("Другое"), changed.Title)
			listed, err := p.Get(someone(t), changed.ID.ID)
			require.NoError(t, err)
			require.Equal(t, listed, changed, "as it is in the list")
		}
	})
}

func TestAMultitudeIsReadInPortions(t *testing.T) {
	_, client := signaltest.Miniredis(t)
	p := open(storagetest.OpenSQLite(t), client, notice.LookEvery(time.Hour))
	s := subscribe(t, p.Published)
	const many = 450 // more than two looks would find by a portion each: one when it begins, one when it is connected
	rows := make([]*ent.Announcement, many)
	for n := range many {
		rows[n] = p.add(persontest.System(t), t, nil)
	}
	p.run(t)
	for _, row := range rows {
		expect(t, s, row.Number)
	}
}

// TestOnlyWhatIsToBeShownIsTold: nothing that has expired, what is to come when its time has come, unless it is taken
// back before.
func TestOnlyWhatIsToBeShownIsTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		often := notice.LookEvery(10 * time.Millisecond)
		here := start(t, s, client, often)
		near := subscribe(t, here.Published)
		begun := here.clock.Now()
		here.tell(t, "expired", 1, func(n *notice.Publication) { n.ExpiresAt = &begun })
		for _, number := range []string{"to come", "put forward", "taken back"} {
			here.tell(t, number, 1, func(n *notice.Publication) { n.PublishedAt = begun.Add(time.Hour) })
		}
		here.tell(t, "now", 1, nil)
		expect(t, near, "now")

		// An instance that begins now knows what is to come, too.
		there := start(t, s, client, often)
		far := subscribe(t, there.Published)
		here.tell(t, "put forward", 2, func(n *notice.Publication) { n.PublishedAt = begun })
		expect(t, near, "put forward")
		expect(t, far, "put forward")
		here.tell(t, "taken back", 2, func(n *notice.Publication) { n.PublishedAt, n.ExpiresAt = begun.Add(time.Hour), &begun })
		here.tell(t, "and now", 1, nil)
		expect(t, near, "and now")
		expect(t, far, "and now")

		here.clock.Advance(time.Hour)
		there.clock.Advance(time.Hour)
		expect(t, near, "to come")
		expect(t, far, "to come")
		here.tell(t, "last", 1, nil)
		expect(t, near, "last")
		expect(t, far, "last")
	})
}

func TestInstancesWakeEachOther(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		storagetest.Each(t, func(t *testing.T, s *storage.Store) {
			here, there := start(t, s, r), start(t, s, r)
			near, far := subscribe(t, here.Published), subscribe(t, there.Published)
			nearStates, farStates := subscribe(t, here.StatusChanged), subscribe(t, there.StatusChanged)
			nearStates.next(t)
			farStates.next(t)
			for n := range 5 {
				one, other := fmt.Sprint("here ", n), fmt.Sprint("there ", n)
				here.tell(t, one, 1, nil)
				expect(t, near, one)
				expect(t, far, one)
				there.tell(t, other, 1, nil)
				expect(t, near, other)
				expect(t, far, other)

				state := notice.States()[1+n%2]
				require.NoError(t, here.report(t, notice.Health{System: notice.Email, Sequence: int64(n + 1), State: state}))
				for _, subscriber := range []*stream[[]*notice.Status]{nearStates, farStates} {
					require.Equal(t, map[notice.System]notice.State{notice.Email: state}, states(subscriber.next(t)))
				}
			}
		})
	})
}

func TestNothingIsLostWhileRedisIsDown(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		mini, client := signaltest.Miniredis(t)
		here, there := start(t, s, client), start(t, s, client)
		near, far := subscribe(t, here.Published), subscribe(t, there.Published)
		here.tell(t, "before", 1, nil)
		expect(t, near, "before")
		expect(t, far, "before")

		mini.Close()
		here.tell(t, "one", 1, nil)
		here.tell(t, "two", 1, nil)
		expect(t, near, "one", "two") // the same instance needs no Redis

		require.NoError(t, mini.Restart())
		expect(t, far, "one", "two") // the other looks as soon as it is connected again
	})
}

// TestAnInstanceLooksUnasked: a wake-up that nobody sent is not missed for long.
func TestAnInstanceLooksUnasked(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		_, client := signaltest.Miniredis(t)
		p := start(t, s, client, notice.LookEvery(10*time.Millisecond))
		announcements, changes := subscribe(t, p.Published), subscribe(t, p.StatusChanged)
		changes.next(t)
		crashed := open(s, client) // which dies before it wakes anybody
		for n := range 3 {
			number := fmt.Sprint(n)
			crashed.tell(t, number, 1, nil)
			expect(t, announcements, number)
			state := notice.States()[1+n%2]
			require.NoError(t, crashed.report(t, notice.Health{System: notice.ESIA, Sequence: int64(n + 1), State: state}))
			require.Equal(t, map[notice.System]notice.State{notice.ESIA: state}, states(changes.next(t)))
		}
	})
}

func TestASlowReaderHoldsUpOnlyItself(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		slow, quick := subscribe(t, p.Published), subscribe(t, p.Published)
		slowStates, quickStates := subscribe(t, p.StatusChanged), subscribe(t, p.StatusChanged)
		quickStates.next(t)
		const many = 20
		for n := range many {
			p.tell(t, fmt.Sprint(n), 1, nil)
			expect(t, quick, fmt.Sprint(n))
			require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: int64(n + 1), State: notice.States()[1+n%2]}))
			require.Equal(t, notice.States()[1+n%2], states(quickStates.next(t))[notice.SMS])
		}
		require.Empty(t, states(slowStates.next(t)), "as it was when it subscribed")
		for n := range many {
			expect(t, slow, fmt.Sprint(n))
			require.Equal(t, notice.States()[1+n%2], states(slowStates.next(t))[notice.SMS])
		}
	})
}

// TestWhoLeavesLeavesNothing: the one goroutine that a subscriber has closes the channel and ends, whatever it is doing.
func TestWhoLeavesLeavesNothing(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		witness := subscribe(t, p.Published)
		for n := range 5 {
			idle, busy := subscribe(t, p.Published), subscribe(t, p.Published)
			unread, waiting := subscribe(t, p.StatusChanged), subscribe(t, p.StatusChanged)
			waiting.next(t)
			ctx, vanish := context.WithCancel(someone(t))
			_, err := p.Published(ctx)
			require.NoError(t, err)
			_, err = p.StatusChanged(ctx)
			require.NoError(t, err)
			idle.leave()
			p.tell(t, fmt.Sprint(n), 1, nil) // which the busy one does not take
			expect(t, witness, fmt.Sprint(n))
			busy.leave()
			unread.leave()
			waiting.leave()
			vanish() // and never reads: a goroutine that minds is found when all tests are over
		}
	})
}

func TestAllSystemsAreToldAtOnceAndWhenOneChanges(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		first := subscribe(t, p.StatusChanged)
		told := first.next(t)
		require.Len(t, told, len(notice.Systems()))
		require.Empty(t, states(told))

		require.NoError(t, p.report(t, notice.Health{System: notice.Payments, Sequence: 1, State: notice.Degraded}))
		told = first.next(t)
		require.Len(t, told, len(notice.Systems()))
		require.Equal(t, map[notice.System]notice.State{notice.Payments: notice.Degraded}, states(told))

		second := subscribe(t, p.StatusChanged)
		require.Equal(t, told, second.next(t), "as they do now")
		require.NoError(t, p.report(t, notice.Health{System: notice.Fund, Sequence: 1, State: notice.Unavailable}))
		for _, s := range []*stream[[]*notice.Status]{first, second} {
			require.Equal(t, map[notice.System]notice.State{
				notice.Payments: notice.Degraded, notice.Fund: notice.Unavailable,
			}, states(s.next(t)))
		}
	})
}

// TestAReportThatChangesNothingIsNotTold: it only shows in the time at which the state was told last.
func TestAReportThatChangesNothingIsNotTold(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		announcements, changes := subscribe(t, p.Published), subscribe(t, p.StatusChanged)
		changes.next(t)
		require.NoError(t, p.report(t, notice.Health{System: notice.Fund, Sequence: 1, State: notice.Degraded}))
		require.Equal(t, notice.Degraded, states(changes.next(t))[notice.Fund])

		p.clock.Advance(time.Hour)
		require.NoError(t, p.report(t, notice.Health{System: notice.Fund, Sequence: 2, State: notice.Degraded}))
		// Whoever looks for states has looked for announcements before: once the second is told, the look that told the
		// first is over.
		for _, number := range []string{"one", "two"} {
			p.tell(t, number, 1, nil)
			expect(t, announcements, number)
		}
		now, err := p.Systems(someone(t))
		require.NoError(t, err)
		require.Equal(t, now, subscribe(t, p.StatusChanged).next(t), "who comes now is told the time, too")

		require.NoError(t, p.report(t, notice.Health{System: notice.Fund, Sequence: 3, State: notice.Operational}))
		require.Empty(t, states(changes.next(t)), "the next that is told")
	})
}

func TestOnlyAPersonSubscribes(t *testing.T) {
	eachInstance(t, func(t *testing.T, p *place) {
		for _, ctx := range []context.Context{t.Context(), persontest.System(t)} {
			_, err := p.Published(ctx)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
			_, err = p.StatusChanged(ctx)
			require.ErrorIs(t, err, fault.ErrUnauthenticated)
		}
	})
}

// TestWhoSubscribesBeforeTheFirstLookMissesNothing: a subscriber may come before the instance has read anything.
func TestWhoSubscribesBeforeTheFirstLookMissesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		p.tell(t, "before", 1, nil)
		require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: 1, State: notice.Degraded}))
		announcements, changes := subscribe(t, p.Published), subscribe(t, p.StatusChanged)
		require.Equal(t, notice.Degraded, states(changes.next(t))[notice.SMS])
		p.tell(t, "behind", 1, nil)
		p.run(t)
		expect(t, announcements, "behind")
	})
}
