// Package signal carries wake-ups between instances over Redis.
//
// A signal says "look again" and nothing more: what is true stands in the database. Signals may be lost, when Redis is
// away or an instance is cut off; whoever listens is told of every new connection, so that it can look at everything.
// There is one reader per process, whatever the number of topics and listeners.
package signal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Topic is what a signal is about.
type Topic string

const (
	channelPrefix  = "kabinet:"
	publishTimeout = time.Second
	healthInterval = time.Second
)

// Listener is told of signals; its functions must not block.
type Listener struct {
	Topic Topic
	// Heard gets the payload of each signal.
	Heard func(payload string)
	// Connected is called after each (re)connection: signals may have been missed before it.
	Connected func()
}

// Bus publishes and reads signals.
type Bus struct {
	redis redis.UniversalClient
	log   *slog.Logger

	mu        sync.RWMutex
	listeners map[string][]Listener
}

// NewBus makes a Bus. Listeners are added before Run.
func NewBus(r redis.UniversalClient, log *slog.Logger) *Bus {
	return &Bus{redis: r, log: log, listeners: make(map[string][]Listener)}
}

// Listen adds a listener.
func (b *Bus) Listen(l Listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := channelPrefix + string(l.Topic)
	b.listeners[name] = append(b.listeners[name], l)
}

// Publish sends signals to all instances, this one included, in one round trip.
func (b *Bus) Publish(ctx context.Context, t Topic, payloads ...string) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	pipe := b.redis.Pipeline()
	for _, p := range payloads {
		pipe.Publish(ctx, channelPrefix+string(t), p)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("publish signal: %w", err)
	}
	return nil
}

// Run reads signals until the context ends. The client reconnects by itself.
func (b *Bus) Run(ctx context.Context) {
	b.mu.RLock()
	channels := make([]string, 0, len(b.listeners))
	for name := range b.listeners {
		channels = append(channels, name)
	}
	b.mu.RUnlock()
	subscription := b.redis.Subscribe(ctx, channels...)
	defer func() { _ = subscription.Close() }()
	messages := subscription.ChannelWithSubscriptions(redis.WithChannelHealthCheckInterval(healthInterval))
	for {
		select {
		case <-ctx.Done():
			return
		case message, ok := <-messages:
			if !ok {
				return
			}
			switch m := message.(type) {
			case *redis.Subscription:
				b.each(m.Channel, func(l Listener) { l.Connected() })
			case *redis.Message:
				b.each(m.Channel, func(l Listener) { l.Heard(m.Payload) })
			}
		}
	}
}

func (b *Bus) each(name string, tell func(Listener)) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, l := range b.listeners[name] {
		tell(l)
	}
}
