package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/feedevent"
	"kabinet/internal/clock"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// topic is that of wake-ups; a payload is the id of an owner.
const topic signal.Topic = "feed"

// Times of the hub.
const (
	// sendTimeout bounds the sending of a batch of wake-ups.
	sendTimeout = 3 * time.Second
	// sweepEvery is how often events are looked for whose announcement a crash or a dead Redis swallowed, and
	// sweepAfter how old an event is before it counts as one of those.
	sweepEvery = 5 * time.Second
	sweepAfter = 3 * time.Second
	// sweepLimit bounds one sweep, in events.
	sweepLimit = 1000
	// noteAtOnce is how many events are noted by one statement.
	noteAtOnce = 500
	// announceQueue is how many owners may wait for their announcement; more are left to the sweep.
	announceQueue = 4096
)

// Hub wakes subscribers: those of this process directly, those of other instances over Redis.
type Hub struct {
	store *storage.Store
	bus   *signal.Bus
	clock clock.Clock
	log   *slog.Logger

	queue chan uuid.UUID
	doubt chan struct{} // holds one value when wake-ups may have been missed
	keep  time.Duration // how long events are kept

	bells *signal.Bells // under the ids of owners
}

// Option changes a Hub.
type Option func(*Hub)

// NewHub makes a Hub that listens on the bus. Run has to be running for other instances to be woken.
func NewHub(s *storage.Store, bus *signal.Bus, c clock.Clock, log *slog.Logger, options ...Option) *Hub {
	h := &Hub{
		store: s, bus: bus, clock: c, log: log, keep: Retention,
		queue: make(chan uuid.UUID, announceQueue), doubt: make(chan struct{}, 1), bells: signal.NewBells(),
	}
	for _, o := range options {
		o(h)
	}
	bus.Listen(signal.Listener{
		Topic: topic,
		Heard: func(payload string) {
			if owner, err := uuid.Parse(payload); err == nil {
				h.bells.Ring(owner)
			}
		},
		Connected: func() {
			select {
			case h.doubt <- struct{}{}:
			default:
			}
		},
	})
	return h
}

// Announce wakes everybody who watches the owner. It never waits.
func (h *Hub) Announce(owner uuid.UUID) {
	h.bells.Ring(owner)
	select {
	case h.queue <- owner:
	default: // the sweep will send it
	}
}

// Run publishes, sweeps and looks until the context ends.
func (h *Hub) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { h.publish(ctx) })
	wg.Go(func() { h.sweep(ctx) })
	wg.Go(func() { h.look(ctx) })
	wg.Wait()
}

// Watching is the number of subscribers on this instance.
func (h *Hub) Watching() int { return h.bells.Count() }

func (h *Hub) publish(ctx context.Context) {
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-h.queue:
			owners := h.drain(first)
			err := h.send(ctx, owners)
			if err != nil && ctx.Err() == nil && !failing { // once for an outage, not once a change
				h.log.WarnContext(ctx, "feed: wake-up not sent; the sweep will send it", "error", err)
			}
			failing = err != nil
		}
	}
}

// drain takes what else is waiting, each owner once.
func (h *Hub) drain(first uuid.UUID) []uuid.UUID {
	owners := []uuid.UUID{first}
	seen := map[uuid.UUID]struct{}{first: {}}
	for {
		select {
		case o := <-h.queue:
			if _, ok := seen[o]; !ok {
				seen[o] = struct{}{}
				owners = append(owners, o)
			}
		default:
			return owners
		}
	}
}

// send publishes wake-ups and then notes in the events that it did: in those that were there before it published, so
// that an event committed meanwhile by an instance that dies is still found by the sweep.
func (h *Hub) send(ctx context.Context, owners []uuid.UUID) error {
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "feed announce"), sendTimeout)
	defer cancel()
	events, err := h.store.FeedEvent.Query().
		Where(feedevent.OwnerIDIn(owners...), feedevent.AnnouncedAtIsNil()).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find unannounced events: %w", err)
	}
	payloads := make([]string, len(owners))
	for i, o := range owners {
		payloads[i] = o.String()
	}
	if err := h.bus.Publish(ctx, topic, payloads...); err != nil {
		return err
	}
	for some := range slices.Chunk(events, noteAtOnce) {
		if err := h.store.FeedEvent.Update().Where(feedevent.IDIn(some...)).SetAnnouncedAt(h.clock.Now()).Exec(ctx); err != nil {
			return fmt.Errorf("note announced events: %w", err)
		}
	}
	return nil
}

// sweep announces what nobody has announced: the instance that committed it was killed, or Redis was away.
func (h *Hub) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := h.Sweep(ctx); err != nil && !errors.Is(err, context.Canceled) {
				h.log.WarnContext(ctx, "feed: sweep failed; it will be tried again", "error", err)
			}
		}
	}
}

// Sweep announces events whose announcement is overdue, the oldest first.
func (h *Hub) Sweep(ctx context.Context) error {
	system := viewer.NewSystemContext(ctx, "feed sweep")
	rows, err := h.store.FeedEvent.Query().
		Where(feedevent.AnnouncedAtIsNil(), feedevent.OccurredAtLT(h.clock.Now().Add(-sweepAfter))).
		Order(feedevent.ByOccurredAt()).Limit(sweepLimit).Select(feedevent.FieldOwnerID).All(system)
	if err != nil {
		return fmt.Errorf("find overdue events: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	owners := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		owners[i] = row.OwnerID
	}
	slices.SortFunc(owners, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	owners = slices.Compact(owners)
	for _, o := range owners {
		h.bells.Ring(o)
	}
	return h.send(ctx, owners)
}
