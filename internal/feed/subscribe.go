package feed

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/feedevent"
	"kabinet/internal/fault"
	"kabinet/internal/owner"
	"kabinet/internal/page"
	"kabinet/internal/ref"
	"kabinet/internal/signal"
	"kabinet/internal/viewer"
)

const (
	// readAtOnce is how many rows a subscriber reads at a time, and so what one may hold in memory.
	readAtOnce = 200
	// retryRead is the pause after a failed read; the stream waits for the database rather than lose its place.
	retryRead = time.Second
)

// Position is the present end of the viewer's feed.
func (h *Hub) Position(ctx context.Context) (page.Cursor, error) {
	sequence, err := owner.Sequence(ctx, h.store, viewer.FromContext(ctx).PersonID)
	if err != nil {
		return "", err
	}
	return CursorAt(sequence), nil
}

// Subscribe hands the viewer's events to take, in order, each once, from behind the position after, or from now, until the
// context ends. With kinds, only events whose subject is of one of them. Take holds up the next event until it returns,
// and whoever takes too slowly holds up only itself; an event to which it says no does not count as taken. No goroutine
// waits with a subscriber: one is there only while there is something to read.
func (h *Hub) Subscribe(ctx context.Context, after *page.Cursor, kinds []ref.Kind, take func(*Event) bool) error {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() {
		return fault.ErrUnauthenticated
	}
	s := &stream{hub: h, ctx: ctx, owner: v.PersonID, kinds: kinds, take: take}
	if err := s.begin(ctx, after); err != nil {
		return err
	}
	s.bell = signal.NewBell(s.hear)
	h.bells.Hang(s.owner, s.bell)
	context.AfterFunc(ctx, s.bell.Ring)
	s.bell.Ring() // what was there before, and what came before the bell hung
	return nil
}

// stream is one subscriber's. Its bell rings when there may be something to read, and when its context ends; what answers
// it runs once at a time, and nothing else uses the stream.
type stream struct {
	hub      *Hub
	ctx      context.Context //nolint:containedctx // that of the subscription
	owner    uuid.UUID
	kinds    []ref.Kind
	bell     *signal.Bell
	take     func(*Event) bool
	position int64 // number of the last event that was sent or passed over
	newest   int64 // number of the newest event when the stream began; what is not there up to it is kept no more
	failing  bool
	retry    *time.Timer // rings when a read that has failed is tried again; nil before the first
	over     bool
}

// begin finds the position.
func (s *stream) begin(ctx context.Context, after *page.Cursor) (err error) {
	if s.newest, err = owner.Sequence(ctx, s.hub.store, s.owner); err != nil {
		return err
	}
	s.position = s.newest
	if after == nil {
		return nil
	}
	asked, ok := sequenceOf(*after)
	if !ok || asked > s.newest {
		return page.ErrCursor
	}
	s.position = asked
	return nil
}

// hear answers the bell.
func (s *stream) hear() {
	if s.over {
		return
	}
	for s.ctx.Err() == nil {
		more, err := s.forward(s.ctx)
		if more {
			continue
		}
		if err != nil && s.ctx.Err() == nil {
			if !s.failing { // once for an outage, not once a second
				s.hub.log.LogAttrs(s.ctx, slog.LevelWarn, "feed: read failed; it will be tried again", slog.Any("error", err))
			}
			s.tryAgain()
		}
		s.failing = err != nil
		break
	}
	if s.ctx.Err() != nil {
		s.over = true
		if s.retry != nil {
			s.retry.Stop()
		}
		s.hub.bells.TakeDown(s.owner, s.bell)
	}
}

// tryAgain has the bell ring in a while, once, however many failed reads there are until then: whoever rings besides must
// not make a database that is in trouble busier.
func (s *stream) tryAgain() {
	if s.retry == nil {
		s.retry = time.AfterFunc(retryRead, s.bell.Ring)
		return
	}
	s.retry.Reset(retryRead)
}

// forward sends what is behind the position and tells whether there may be more. Numbers have no gaps, so that one
// which is missing tells of events that are kept no more.
func (s *stream) forward(ctx context.Context) (more bool, err error) {
	rows, err := s.hub.store.FeedEvent.Query().
		Where(feedevent.OwnerID(s.owner), feedevent.SequenceGT(s.position)).
		Order(feedevent.BySequence()).Limit(readAtOnce).All(ctx)
	if err != nil {
		return false, fmt.Errorf("read feed: %w", err)
	}
	for _, row := range rows {
		if !s.pass(row.Sequence - 1) {
			return false, nil
		}
		e := eventOf(row)
		if (len(s.kinds) == 0 || slices.Contains(s.kinds, e.Subject.Kind)) && !s.take(e) {
			return false, nil
		}
		s.position = row.Sequence
	}
	if len(rows) == readAtOnce {
		return true, nil
	}
	s.pass(s.newest)
	return false, nil
}

// pass goes on to an event, telling of the gap if there is one.
func (s *stream) pass(to int64) bool {
	if to <= s.position {
		return true
	}
	if !s.take(&Event{Sequence: to, OccurredAt: s.hub.clock.Now(), Gap: &Gap{Missed: int(to - s.position)}}) {
		return false
	}
	s.position = to
	return true
}
