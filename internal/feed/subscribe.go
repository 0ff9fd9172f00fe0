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

// Subscribe gives the viewer's events in order, each once, from behind the position after, or from now. With kinds,
// only events whose subject is of one of them. The channel is closed when the context ends; whoever reads it too
// slowly holds up only itself.
func (h *Hub) Subscribe(ctx context.Context, after *page.Cursor, kinds []ref.Kind) (<-chan *Event, error) {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() {
		return nil, fault.ErrUnauthenticated
	}
	s := &stream{hub: h, owner: v.PersonID, kinds: kinds, out: make(chan *Event)}
	// The bell is hung before the position is read: what is committed in between rings it.
	bell, stop := h.bells.Hang(s.owner)
	if err := s.begin(ctx, after); err != nil {
		stop()
		return nil, err
	}
	go func() {
		defer close(s.out)
		defer stop()
		s.run(ctx, bell)
	}()
	return s.out, nil
}

type stream struct {
	hub      *Hub
	owner    uuid.UUID
	kinds    []ref.Kind
	position int64 // number of the last event that was sent or passed over
	newest   int64 // number of the newest event when the stream began; what is not there up to it is kept no more
	out      chan *Event
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

func (s *stream) run(ctx context.Context, bell <-chan struct{}) {
	failing := false
	for {
		more, err := s.forward(ctx)
		if ctx.Err() != nil {
			return
		}
		if more {
			continue
		}
		var again <-chan time.Time
		if err != nil {
			if !failing { // once for an outage, not once a second
				s.hub.log.LogAttrs(ctx, slog.LevelWarn, "feed: read failed; it will be tried again", slog.Any("error", err))
			}
			again = time.After(retryRead)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-again:
		}
	}
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
		if !s.pass(ctx, row.Sequence-1) {
			return false, nil
		}
		e := eventOf(row)
		if (len(s.kinds) == 0 || slices.Contains(s.kinds, e.Subject.Kind)) && !s.send(ctx, e) {
			return false, nil
		}
		s.position = row.Sequence
	}
	if len(rows) == readAtOnce {
		return true, nil
	}
	s.pass(ctx, s.newest)
	return false, nil
}

// pass goes on to an event, telling of the gap if there is one.
func (s *stream) pass(ctx context.Context, to int64) bool {
	if to <= s.position {
		return true
	}
	gap := &Event{Sequence: to, OccurredAt: s.hub.clock.Now(), Gap: &Gap{Missed: int(to - s.position)}}
	if !s.send(ctx, gap) {
		return false
	}
	s.position = to
	return true
}

func (s *stream) send(ctx context.Context, e *Event) bool {
	select {
	case <-ctx.Done():
		return false
	case s.out <- e:
		return true
	}
}
