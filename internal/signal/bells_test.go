package signal_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/signal"
)

func TestABellIsAnsweredOnceMoreHoweverOftenItRingsMeanwhile(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	var at atomic.Int32
	bell := signal.NewBell(func() {
		here := at.Add(1)
		begun <- struct{}{}
		<-end
		if here != 1 {
			t.Error("two answer at once")
		}
		at.Add(-1)
	})
	bell.Ring()
	<-begun
	for range 10 {
		bell.Ring()
	}
	end <- struct{}{}
	<-begun
	end <- struct{}{}
	bell.Ring() // and it is heard again when all is quiet, or nearly
	<-begun
	end <- struct{}{}
	select {
	case <-begun:
		require.Fail(t, "nobody rang")
	default:
	}
}

// TestNoRingIsLost: of many who do something and ring, each is seen by an answer that began afterwards.
func TestNoRingIsLost(t *testing.T) {
	const hands, times = 8, 2000
	var done, seen atomic.Int64
	all := make(chan struct{})
	bell := signal.NewBell(func() {
		if now := done.Load(); seen.Swap(now) < now && now == hands*times {
			close(all)
		}
	})
	for range hands {
		go func() {
			for range times {
				done.Add(1)
				bell.Ring()
			}
		}()
	}
	<-all
}

func TestBells(t *testing.T) {
	bells := signal.NewBells()
	ann, bob := uuid.New(), uuid.New()
	rung := make(chan string, 10)
	hang := func(id uuid.UUID, name string) *signal.Bell {
		bell := signal.NewBell(func() { rung <- name })
		bells.Hang(id, bell)
		return bell
	}
	first, second := hang(ann, "first"), hang(ann, "second")
	other := hang(bob, "other")
	require.Equal(t, 3, bells.Count())
	require.ElementsMatch(t, []uuid.UUID{ann, bob}, bells.IDs())

	bells.Ring(ann)
	require.ElementsMatch(t, []string{"first", "second"}, []string{<-rung, <-rung})
	bells.RingAll()
	require.ElementsMatch(t, []string{"first", "second", "other"}, []string{<-rung, <-rung, <-rung})

	bells.TakeDown(ann, first)
	bells.TakeDown(ann, first) // twice is no harm
	bells.TakeDown(bob, other)
	require.Equal(t, []uuid.UUID{ann}, bells.IDs())
	bells.RingAll()
	require.Equal(t, "second", <-rung)
	bells.TakeDown(ann, second)
	require.Zero(t, bells.Count())
	bells.RingAll()
	bells.Ring(uuid.New())
	require.Empty(t, rung)
}
