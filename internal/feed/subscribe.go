package feed

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
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
	// readAnyway is how long a subscriber waits for a wake-up before it looks all the same: the bound on a delay
	// when a wake-up was lost between instances.
	readAnyway = 30 * time.Second
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
	gap, err := s.begin(ctx, after)
	if err != nil {
		stop()
		return nil, err
	}
	go func() {
		defer close(s.out)
		defer stop()
		s.run(ctx, bell, gap)
	}()
	return s.out, nil
}

type stream struct {
	hub      *Hub
	owner    uuid.UUID
	kinds    []ref.Kind
	position int64
	out      chan *Event
}

// begin finds the position, and the gap if what follows the position asked for is kept no more.
func (s *stream) begin(ctx context.Context, after *page.Cursor) (*Event, error) {
	newest, err := owner.Sequence(ctx, s.hub.store, s.owner)
	if err != nil {
		return nil, err
	}
	if after == nil {
		s.position = newest
		return nil, nil //nolint:nilnil // no gap is a good answer
	}
	asked, ok := sequenceOf(*after)
	if !ok || asked > newest {
		return nil, page.ErrCursor
	}
	s.position = asked
	if asked == newest {
		return nil, nil //nolint:nilnil // no gap is a good answer
	}
	oldest, err := s.hub.store.FeedEvent.Query().
		Where(feedevent.OwnerID(s.owner), feedevent.SequenceGT(asked)).
		Order(feedevent.BySequence()).First(ctx)
	kept := newest + 1
	switch {
	case err == nil:
		kept = oldest.Sequence
	case !ent.IsNotFound(err):
		return nil, fmt.Errorf("read feed: %w", err)
	}
	if kept == asked+1 {
		return nil, nil //nolint:nilnil // no gap is a good answer
	}
	s.position = kept - 1
	return &Event{Sequence: s.position, OccurredAt: s.hub.clock.Now(), Gap: &Gap{Missed: int(kept - 1 - asked)}}, nil
}

func (s *stream) run(ctx context.Context, bell <-chan struct{}, gap *Event) {
	if gap != nil && !s.send(ctx, gap) {
		return
	}
	timer := time.NewTimer(readAnyway)
	defer timer.Stop()
	failing := false
	for {
		more, err := s.forward(ctx)
		if ctx.Err() != nil {
			return
		}
		if more {
			continue
		}
		pause := readAnyway
		if err != nil {
			if !failing { // once for an outage, not once a second
				s.hub.log.LogAttrs(ctx, slog.LevelWarn, "feed: read failed; it will be tried again", slog.Any("error", err))
			}
			pause = retryRead
		}
		failing = err != nil
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return
		case <-bell:
		case <-timer.C:
		}
	}
}

// forward sends what is behind the position and tells whether there may be more.
func (s *stream) forward(ctx context.Context) (more bool, err error) {
	rows, err := s.hub.store.FeedEvent.Query().
		Where(feedevent.OwnerID(s.owner), feedevent.SequenceGT(s.position)).
		Order(feedevent.BySequence()).Limit(readAtOnce).All(ctx)
	if err != nil {
		return false, fmt.Errorf("read feed: %w", err)
	}
	for _, row := range rows {
		e := eventOf(row)
		if (len(s.kinds) == 0 || slices.Contains(s.kinds, e.Subject.Kind)) && !s.send(ctx, e) {
			return false, nil
		}
		s.position = row.Sequence
	}
	return len(rows) == readAtOnce, nil
}

func (s *stream) send(ctx context.Context, e *Event) bool {
	select {
	case <-ctx.Done():
		return false
	case s.out <- e:
		return true
	}
}
