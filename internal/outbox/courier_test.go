package outbox_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"kabinet/internal/outbox"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
)

func TestADeliveryIsSeenByItsPerson(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		subject := newAppeal()
		o.add(t, subject, "text")
		o.clock.Advance(time.Minute)
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		m := o.fund.received()[0]
		d := o.latest(t, subject)
		require.Equal(t, d.ID.String(), m.ID)
		require.Equal(t, kind, m.Type)
		require.Equal(t, subject.String(), m.Subject)
		require.Equal(t, "1", m.Sequence)
		require.Equal(t, d.CreatedAt, m.Time, "when it was done, not when it was sent")
		require.JSONEq(t, `{"text":"text"}`, string(m.Data))

		require.Equal(t, outbox.Delivered, d.State)
		require.Equal(t, 1, d.Attempts)
		require.Equal(t, o.clock.Now(), *d.DeliveredAt)
		require.Nil(t, d.NextAttemptAt)
		require.EqualValues(t, 1, o.sequence(t))
		event, err := o.store.FeedEvent.Query().Only(persontest.As(t, o.ann))
		require.NoError(t, err)
		require.Equal(t, subject, ref.Of(ref.Kind(event.SubjectKind), event.SubjectID))
		require.Nil(t, event.From)
		require.Nil(t, event.To)
		require.Zero(t, o.deliver(t, o.courier(t)), "once is enough")
	})
}

// TestWhateverHappensTheEffectIsOne: the fund takes a command in the first exchange, but the courier does not learn of
// it, in each of the ways in which that can be.
func TestWhateverHappensTheEffectIsOne(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		want := map[string]int{}
		for name, how := range map[string]conduct{
			"time-out": takesSlow, "reset": takesCut, "failure": takesFail,
			"time-out before": hangs, "reset before": cuts, "failure before": fails, "busy": isBusy,
		} {
			o.fund.behaves(func(_ message, attempt int) conduct {
				if attempt <= 2 {
					return how
				}
				return takes
			})
			asked, sequence, subject, c := o.fund.asked(), o.sequence(t), newAppeal(), o.courier(t)
			o.add(t, subject, "text")
			for attempt := range int64(2) {
				require.Equal(t, 1, o.deliver(t, c), name)
				d := o.latest(t, subject)
				require.Equal(t, outbox.Pending, d.State, name)
				require.NotNil(t, d.LastError, name)
				require.True(t, d.NextAttemptAt.After(o.clock.Now()), name)
				require.Equal(t, sequence+attempt+1, o.sequence(t), "%s: people see each attempt", name)
				require.Zero(t, o.deliver(t, c), "%s: not before its time", name)
				o.clock.Advance(outbox.Longest)
			}
			require.Equal(t, 1, o.deliver(t, c), name)
			require.Equal(t, outbox.Delivered, o.latest(t, subject).State, name)
			require.Equal(t, 3, o.latest(t, subject).Attempts, name)
			require.Nil(t, o.latest(t, subject).LastError, name)
			require.Equal(t, asked+3, o.fund.asked(), name)
			require.Equal(t, sequence+3, o.sequence(t), name)
			want[subject.String()] = 1
		}
		requireInOrder(t, o.fund.received(), want)
	})
}

func TestAFundThatCannotBeReachedIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		subject := newAppeal()
		o.add(t, subject, "text")
		address := o.fund.server.URL
		gone := o.courier(t, func(op *outbox.Options) { op.URL = "http://127.0.0.1:1/fund?key=geheim" })
		require.Equal(t, 1, o.deliver(t, gone))
		require.Equal(t, outbox.Unavailable, *o.latest(t, subject).LastError)
		require.NotContains(t, o.log.String(), "geheim", "an address may hold a secret")
		o.clock.Advance(outbox.Longest)
		require.Equal(t, 1, o.deliver(t, o.courier(t, func(op *outbox.Options) { op.URL = address })))
		require.Equal(t, outbox.Delivered, o.latest(t, subject).State)
	})
}

// TestACourierThatIsKilledLosesNothing: it has sent, and dies before it can write that down.
func TestACourierThatIsKilledLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		subject := newAppeal()
		o.add(t, subject, "first")
		o.add(t, subject, "second")
		n, err := o.courier(t).Die(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Len(t, o.fund.received(), 1)

		heir := o.courier(t)
		o.clock.Advance(outbox.Lease - time.Microsecond)
		require.Zero(t, o.deliver(t, heir), "somebody may still be at it")
		require.Equal(t, []outbox.State{outbox.Pending, outbox.Pending}, o.states(t))
		o.clock.Advance(time.Microsecond)
		require.Equal(t, 2, o.deliver(t, heir))
		require.Equal(t, []outbox.State{outbox.Delivered, outbox.Delivered}, o.states(t))
		require.Equal(t, 3, o.fund.asked(), "the first one twice, under one id")
		requireInOrder(t, o.fund.received(), map[string]int{subject.String(): 2})
		require.EqualValues(t, 2, o.sequence(t))
	})
}

func TestSeveralCouriersShareTheWork(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		want := map[string]int{}
		for range 15 {
			subject := newAppeal()
			for range 3 {
				o.add(t, subject, "text")
			}
			want[subject.String()] = 3
		}
		attempts := make([]int, 3)
		var wg sync.WaitGroup
		for i := range attempts {
			c := o.courier(t)
			wg.Go(func() {
				n, err := c.Deliver(t.Context())
				if err != nil {
					t.Error(err)
				}
				attempts[i] = n
			})
		}
		wg.Wait()
		o.deliver(t, o.courier(t)) // what became due when all had looked for the last time
		requireInOrder(t, o.fund.received(), want)
		require.Equal(t, 45, o.fund.asked(), "none was sent twice")
		require.EqualValues(t, 45, o.sequence(t))
	})
}

func TestALaterCommandWaitsForTheEarlier(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		stuck, free := newAppeal(), newAppeal()
		o.fund.behaves(func(m message, _ int) conduct {
			if m.Subject == stuck.String() {
				return fails
			}
			return takes
		})
		o.add(t, stuck, "first")
		o.add(t, stuck, "second")
		o.add(t, free, "another subject waits for nobody")
		c := o.courier(t)
		require.Equal(t, 2, o.deliver(t, c))
		require.Equal(t, []outbox.State{outbox.Pending, outbox.Pending, outbox.Delivered}, o.states(t))
		o.clock.Advance(outbox.Longest)
		require.Equal(t, 1, o.deliver(t, c))
		o.fund.behaves(always(takes))
		o.clock.Advance(outbox.Longest)
		require.Equal(t, 2, o.deliver(t, c))
		requireInOrder(t, o.fund.received(), map[string]int{stuck.String(): 2, free.String(): 1})
	})
}

func TestARefusedCommandHasFailedAndHoldsNothingUp(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		subject := newAppeal()
		o.add(t, subject, "refused")
		o.add(t, subject, "taken")
		o.fund.behaves(func(m message, _ int) conduct {
			if m.Sequence == "1" {
				return refuses
			}
			return takes
		})
		require.Equal(t, 2, o.deliver(t, o.courier(t)))
		require.Equal(t, []outbox.State{outbox.Failed, outbox.Delivered}, o.states(t))
		require.EqualValues(t, 2, o.sequence(t))
		failed, err := o.List(t.Context(), outbox.Failed, 10)
		require.NoError(t, err)
		require.Equal(t, outbox.Refused, *failed[0].LastError)
		require.Nil(t, failed[0].NextAttemptAt)
		require.Contains(t, o.log.String(), `"level":"ERROR"`)
		require.Contains(t, o.log.String(), failed[0].ID.String())

		require.Equal(t, outbox.Failed, o.latest(t, subject).State, "what comes later does not hide it")

		o.fund.behaves(always(takes))
		require.ErrorIs(t, o.Retry(t.Context(), failed[0].ID), outbox.ErrOvertaken, "it would come after the later one")
		require.EqualValues(t, 2, o.sequence(t))
	})
}

// An operator has a refused command tried again, when the fund has mended what was wrong.
func TestARefusedCommandIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		subject := newAppeal()
		o.add(t, subject, "refused")
		o.fund.behaves(always(refuses))
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.Equal(t, outbox.Failed, o.latest(t, subject).State)
		o.fund.behaves(always(takes))
		require.NoError(t, o.Retry(t.Context(), o.latest(t, subject).ID))
		require.EqualValues(t, 2, o.sequence(t))
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.Equal(t, []outbox.State{outbox.Delivered}, o.states(t))
	})
}

// A command that we cannot make, because its key is gone say, takes no probe from the others while the fund is away.
func TestACommandThatCannotBeMadeHoldsNothingUp(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(fails))
		broken := newAppeal()
		o.add(t, broken, "unreadable")
		_, err := o.store.DB().ExecContext(t.Context(), "UPDATE commands SET payload = 'not sealed'")
		require.NoError(t, err)
		o.clock.Advance(time.Second)
		for range 6 {
			o.add(t, newAppeal(), "text")
		}
		c := o.courier(t)
		o.deliver(t, c)
		o.fund.behaves(always(takes))
		o.walk(t, c, 3*time.Hour)
		require.Equal(t, outbox.Pending, o.latest(t, broken).State)
		require.NotZero(t, o.latest(t, broken).Attempts, "and it is seen")
		delivered := 0
		for _, state := range o.states(t) {
			if state == outbox.Delivered {
				delivered++
			}
		}
		require.Equal(t, 6, delivered)
	})
}

// walk has a courier deliver for so long, a step of the clock at a time.
func (o *office) walk(t *testing.T, c *outbox.Courier, time time.Duration) {
	t.Helper()
	for end := o.clock.Now().Add(time); o.clock.Now().Before(end); {
		o.clock.Advance(outbox.Longest)
		o.deliver(t, c)
	}
}

func TestAfterThreeDaysACommandHasFailedWithAllThatFollow(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(fails))
		subject := newAppeal()
		o.add(t, subject, "first")
		o.add(t, subject, "second")
		registry := prometheus.NewRegistry()
		c := o.courier(t, func(op *outbox.Options) { op.Metrics = registry })
		require.Equal(t, 1, o.deliver(t, c))
		o.walk(t, c, outbox.Window-time.Hour)
		require.Equal(t, []outbox.State{outbox.Pending, outbox.Pending}, o.states(t))
		require.EqualValues(t, o.fund.asked(), o.sequence(t), "each attempt is seen")
		require.NotContains(t, o.log.String(), "not tried any more")
		o.walk(t, c, 2*time.Hour)
		require.Equal(t, []outbox.State{outbox.Failed, outbox.Failed}, o.states(t))
		dead := o.sequence(t)
		require.EqualValues(t, o.fund.asked(), dead, "the last attempt and what it led to are one change")
		require.Equal(t, 1, strings.Count(o.log.String(), "not tried any more"))
		require.Equal(t, outbox.Unavailable, *o.latest(t, subject).LastError, "the first to have failed is the one to be told of")
		measured := measured(t, registry)
		require.InDelta(t, 1, measured["kabinet_commands_failed_total UNAVAILABLE"], 0)
		require.InDelta(t, 1, measured["kabinet_commands_failed_total EARLIER"], 0)
		require.Contains(t, measured, "kabinet_commands_failed_total REFUSED", "so that the first can be alerted on")

		o.add(t, subject, "third")
		require.Equal(t, []outbox.State{outbox.Failed, outbox.Failed, outbox.Failed}, o.states(t), "it cannot go without the earlier ones")
		o.fund.behaves(always(takes))
		o.walk(t, c, 2*time.Hour)
		require.Empty(t, o.fund.received(), "what is dead stays dead")

		require.NoError(t, o.Retry(t.Context(), o.latest(t, subject).ID))
		require.Equal(t, outbox.Pending, o.latest(t, subject).State)
		require.Zero(t, o.latest(t, subject).Attempts)
		require.Equal(t, dead+1, o.sequence(t))
		require.Equal(t, 3, o.deliver(t, c))
		requireInOrder(t, o.fund.received(), map[string]int{subject.String(): 3})
	})
}

func TestARetriedCommandHasThreeDaysAgain(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(fails))
		subject := newAppeal()
		o.add(t, subject, "text")
		c := o.courier(t)
		o.walk(t, c, outbox.Window+2*time.Hour)
		require.Equal(t, outbox.Failed, o.latest(t, subject).State)
		require.NoError(t, o.Retry(t.Context(), o.latest(t, subject).ID))
		o.walk(t, c, outbox.Window-2*time.Hour)
		require.Equal(t, outbox.Pending, o.latest(t, subject).State)
		o.walk(t, c, 4*time.Hour)
		require.Equal(t, outbox.Failed, o.latest(t, subject).State)
	})
}

func TestAFundThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		const many = 30
		for range many {
			o.add(t, newAppeal(), "text")
		}
		o.fund.behaves(always(fails))
		c := o.courier(t)
		first := o.deliver(t, c)
		require.GreaterOrEqual(t, first, outbox.BreakerLimit)
		require.Less(t, first, many, "the rest is not even tried")
		for range 3 {
			require.Zero(t, o.deliver(t, c))
			o.clock.Advance(outbox.BreakerPause)
			require.Equal(t, 1, o.deliver(t, c), "one asks whether it is back")
		}
		require.Equal(t, first+3, o.fund.asked())
		require.Contains(t, o.log.String(), "asked less often")

		o.fund.behaves(always(takes))
		o.clock.Advance(outbox.BreakerPause)
		require.Greater(t, o.deliver(t, c), many-first-4, "when it is, all that is due goes")
		o.clock.Advance(outbox.Longest)
		o.deliver(t, c)
		require.Len(t, o.fund.received(), many)
		require.Contains(t, o.log.String(), "answers again")
	})
}

func TestWhatCouldNotBeTriedInTimeHasFailed(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(fails))
		for range 20 {
			o.add(t, newAppeal(), "text")
		}
		c := o.courier(t)
		o.deliver(t, c)
		o.clock.Advance(outbox.Overdue + time.Second)
		o.deliver(t, c)
		for _, state := range o.states(t) {
			require.Equal(t, outbox.Failed, state)
		}
		require.EqualValues(t, 20+o.fund.asked(), o.sequence(t), "each attempt, and each end")
	})
}

func TestABusyFundSaysWhenToCome(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(isBusy))
		subject := newAppeal()
		o.add(t, subject, "text")
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.Equal(t, outbox.Busy, *o.latest(t, subject).LastError)
		require.Equal(t, o.clock.Now().Add(30*time.Minute), *o.latest(t, subject).NextAttemptAt)
	})
}

// measured are the values of all metrics, with the values of their labels.
func measured(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetValue()
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values
}

func TestWhatIsWaitingIsMeasured(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(hangs))
		registry := prometheus.NewRegistry()
		c := o.courier(t, func(op *outbox.Options) { op.Metrics = registry })
		o.add(t, newAppeal(), "text")
		o.clock.Advance(30 * time.Second)
		o.add(t, newAppeal(), "text")
		o.deliver(t, c)
		require.InDelta(t, 2, measured(t, registry)["kabinet_commands_pending"], 0)
		require.InDelta(t, 30, measured(t, registry)["kabinet_commands_oldest_pending_seconds"], 0)
		require.InDelta(t, 2, measured(t, registry)["kabinet_command_attempts_failed_total TIMEOUT"], 0)
		o.fund.behaves(always(takes))
		o.clock.Advance(time.Hour)
		o.deliver(t, c)
		o.deliver(t, c)
		require.Zero(t, measured(t, registry)["kabinet_commands_pending"])
		require.Zero(t, measured(t, registry)["kabinet_commands_oldest_pending_seconds"])
		require.InDelta(t, 2, measured(t, registry)["kabinet_commands_delivered_total"], 0)
	})
}

// run runs a courier until the returned function is called, which waits for its end.
func run(t *testing.T, c *outbox.Courier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func TestRunDeliversInOrderWhateverComes(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		stops := []func(){run(t, o.courier(t)), run(t, o.courier(t))}
		want := map[string]int{}
		for range 8 {
			subject := newAppeal()
			for range 4 {
				o.add(t, subject, "text")
			}
			want[subject.String()] = 4
		}
		for range 32 {
			<-o.fund.came
		}
		for _, stop := range stops {
			stop()
		}
		o.deliver(t, o.courier(t)) // what was under way when they stopped
		requireInOrder(t, o.fund.received(), want)
	})
}

func TestACourierThatStopsGivesBackWhatItHas(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.fund.behaves(always(hangs))
		subject := newAppeal()
		o.add(t, subject, "text")
		stop := run(t, o.courier(t, func(op *outbox.Options) { op.Timeout = 10 * time.Second }))
		<-o.fund.came
		stop()
		require.Zero(t, o.latest(t, subject).Attempts, "it was no attempt")
		o.fund.behaves(always(takes))
		require.Equal(t, 1, o.deliver(t, o.courier(t)), "the next one need not wait for the lease")
		require.Equal(t, outbox.Delivered, o.latest(t, subject).State)
	})
}

func TestAnotherAddressGetsNothing(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		reached := false
		other := newFakeFund(t)
		other.behaves(func(message, int) conduct { reached = true; return takes })
		o.fund.server.Config.Handler = http.RedirectHandler(other.server.URL, http.StatusTemporaryRedirect)
		subject := newAppeal()
		o.add(t, subject, "text")
		require.Equal(t, 1, o.deliver(t, o.courier(t)))
		require.False(t, reached)
		require.Equal(t, outbox.Unavailable, *o.latest(t, subject).LastError)
	})
}

func TestACourierNeedsAnAddressAndASource(t *testing.T) {
	for name, options := range map[string]outbox.Options{
		"no address":       {Source: "urn:x"},
		"another scheme":   {Source: "urn:x", URL: "ftp://fund"},
		"no host":          {Source: "urn:x", URL: "https:///events"},
		"not an address":   {Source: "urn:x", URL: "https://fund\x7f"},
		"no source":        {URL: "https://fund"},
		"longer than safe": {Source: "urn:x", URL: "https://fund", Timeout: time.Minute},
	} {
		_, err := outbox.NewCourier(options)
		require.Error(t, err, name)
	}
}
