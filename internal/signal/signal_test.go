package signal_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is far more than anything here takes.
const soon = 15 * time.Second

// ear hears one topic of one bus.
type ear struct {
	heard     chan string
	connected chan struct{}
}

// listen starts a bus that hears the topics.
func listen(t *testing.T, r redis.UniversalClient, topics ...signal.Topic) (*signal.Bus, []*ear) {
	t.Helper()
	bus := signal.NewBus(r, slog.New(slog.DiscardHandler))
	ears := make([]*ear, len(topics))
	for i, topic := range topics {
		e := &ear{heard: make(chan string, 100), connected: make(chan struct{}, 100)}
		ears[i] = e
		bus.Listen(signal.Listener{
			Topic: topic, Heard: func(payload string) { e.heard <- payload }, Connected: func() { e.connected <- struct{}{} },
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { bus.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	for _, e := range ears {
		next(t, e.connected)
	}
	return bus, ears
}

func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(soon):
		require.FailNow(t, "nothing came")
	}
	panic("not reached")
}

func topic() signal.Topic { return signal.Topic("test-" + uuid.NewString()) }

func TestASignalIsHeardEverywhere(t *testing.T) {
	signaltest.EachRedis(t, func(t *testing.T, r redis.UniversalClient) {
		one, other := topic(), topic()
		here, ears := listen(t, r, one, other, one)
		there, earsThere := listen(t, r, one)
		require.NoError(t, here.Publish(t.Context(), one, "a", "b"))
		require.NoError(t, there.Publish(t.Context(), other, "c"))
		for _, e := range []*ear{ears[0], ears[2], earsThere[0]} {
			require.Equal(t, []string{"a", "b"}, []string{next(t, e.heard), next(t, e.heard)})
		}
		require.Equal(t, "c", next(t, ears[1].heard))
		require.Empty(t, ears[0].heard, "a topic hears its own only")
		require.NoError(t, here.Publish(t.Context(), one), "nothing to say is no fault")
	})
}

func TestAListenerIsToldOfEveryNewConnection(t *testing.T) {
	server, client := signaltest.Miniredis(t)
	name := topic()
	bus, ears := listen(t, client, name)
	for range 3 {
		server.Close()
		require.Error(t, bus.Publish(t.Context(), name, "lost"))
		require.NoError(t, server.Restart())
		next(t, ears[0].connected)
		require.NoError(t, bus.Publish(t.Context(), name, "heard"))
		require.Equal(t, "heard", next(t, ears[0].heard))
	}
}

func TestPublishingHasAnEnd(t *testing.T) {
	_, client := signaltest.Miniredis(t)
	bus, _ := listen(t, client, topic())
	ctx, leave := context.WithCancel(t.Context())
	leave()
	require.ErrorIs(t, bus.Publish(ctx, topic(), "a"), context.Canceled)
}
