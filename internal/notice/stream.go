package notice

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kabinet/ent/announcement"
	"kabinet/internal/fault"
	"kabinet/internal/signal"
	"kabinet/internal/viewer"
)

// topic is that of wake-ups; a payload says nothing.
const topic signal.Topic = "notice"

// Times of the streams.
const (
	// lookEvery is how often a process looks unasked unless told otherwise: for what a lost wake-up has not told, and for
	// what is to be published by now.
	lookEvery = 5 * time.Second
	// readTimeout bounds one look, publishTimeout the waking of other instances.
	readTimeout    = 3 * time.Second
	publishTimeout = time.Second
)

// LookEvery sets how often a process looks unasked for what is new.
func LookEvery(d time.Duration) Option { return func(s *Service) { s.every = d } }

// tail is the end of a stream that many read: a list to which items are added and which the garbage collector shortens.
// A reader holds its own place, so that a slow one delays nobody and misses nothing.
type tail[T any] struct{ last *item[T] }

type item[T any] struct {
	value T
	next  *item[T]      // set before ready is closed
	ready chan struct{} // closed when next is there
}

func newTail[T any]() *tail[T] { return &tail[T]{last: &item[T]{ready: make(chan struct{})}} }

// add adds an item; the caller has the lock that guards the tail.
func (t *tail[T]) add(value T) {
	before := t.last
	t.last = &item[T]{value: value, ready: make(chan struct{})}
	before.next = t.last
	close(before.ready)
}

// follow passes what comes behind an item until the context ends, then closes out.
func follow[T any](ctx context.Context, from *item[T], out chan<- T) {
	defer close(out)
	for {
		select {
		case <-ctx.Done():
			return
		case <-from.ready:
		}
		from = from.next
		select {
		case <-ctx.Done():
			return
		case out <- from.value:
		}
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // somebody has nudged already
	}
}

// announce wakes this process and has the others woken. It never waits.
func (s *Service) announce(context.Context) {
	nudge(s.woken)
	nudge(s.owed)
}

// Published gives the announcements that are published or changed from now on, each at least once and as it is when it is
// read; the channel is closed when the context ends. It is fault.ErrUnauthenticated for anybody but a person.
func (s *Service) Published(ctx context.Context) (<-chan *Announcement, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(chan *Announcement)
	go follow(ctx, s.announcements.last, out)
	return out, nil
}

// StatusChanged gives how all systems do: at once as they do now, then after each change; the channel is closed when the
// context ends. It is fault.ErrUnauthenticated for anybody but a person.
func (s *Service) StatusChanged(ctx context.Context) (<-chan []*Status, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(chan []*Status)
	go followFrom(ctx, s.told, s.statuses.last, out)
	return out, nil
}

// ready lets only people in, and sets the place from which this process reads, if nobody has.
func (s *Service) ready(ctx context.Context) error {
	if !viewer.FromContext(ctx).IsPerson() {
		return fault.ErrUnauthenticated
	}
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if begun {
		return nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.begin(ctx)
}

// followFrom passes a first value and then follows.
func followFrom[T any](ctx context.Context, first T, from *item[T], out chan<- T) {
	select {
	case <-ctx.Done():
		close(out)
	case out <- first:
		follow(ctx, from, out)
	}
}

// begin sets the place from which this process reads, once. The caller is the one who reads.
func (s *Service) begin(ctx context.Context) error {
	s.mu.Lock()
	begun := s.begun
	s.mu.Unlock()
	if begun {
		return nil
	}
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "notices"), readTimeout)
	defer cancel()
	read, err := newest(ctx, s.store.Announcement.Query())
	if err != nil {
		return fmt.Errorf("begin stream of announcements: %w", err)
	}
	rows, err := s.store.Announcement.Query().Where(announcement.PublishedAtGT(s.clock.Now()), announcement.SequenceLTE(read)).
		Order(announcement.ByPublishedAt(), announcement.BySequence()).Limit(maxUpcoming).All(ctx)
	if err != nil {
		return fmt.Errorf("begin stream of announcements: %w", err)
	}
	told, err := s.Systems(ctx)
	if err != nil {
		return err
	}
	s.read, s.upcoming = read, fromRows(rows)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told, s.begun = told, true
	return nil
}

// Bounds of what is held and read at once, in announcements.
const (
	maxUpcoming = 1000
	maxRead     = 200
)

// Run reads what is new for all who listen, and wakes other instances, until the context ends.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.wakeOthers(ctx) })
	defer wg.Wait()
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	failing := false
	for {
		err := s.look(ctx)
		if err != nil && ctx.Err() == nil && !failing { // once for an outage, not once a look
			s.log.WarnContext(ctx, "notices not read; they will be", "error", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-s.woken:
		case <-ticker.C:
		}
	}
}

func (s *Service) wakeOthers(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.owed:
		}
		publish, cancel := context.WithTimeout(ctx, publishTimeout)
		// What is lost here the others find when they look unasked.
		if err := s.bus.Publish(publish, topic, ""); err != nil && ctx.Err() == nil {
			s.log.DebugContext(ctx, "notices: other instances not woken; they look by themselves", "error", err)
		}
		cancel()
	}
}

// look reads what is new and passes it on.
func (s *Service) look(ctx context.Context) error {
	s.reading.Lock()
	defer s.reading.Unlock()
	if err := s.begin(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "notices"), readTimeout)
	defer cancel()
	return errors.Join(s.lookForAnnouncements(ctx), s.lookForStatuses(ctx))
}

func (s *Service) lookForAnnouncements(ctx context.Context) error {
	for {
		rows, err := s.store.Announcement.Query().Where(announcement.SequenceGT(s.read)).
			Order(announcement.BySequence()).Limit(maxRead).All(ctx)
		if err != nil {
			return fmt.Errorf("read announcements: %w", err)
		}
		s.pass(fromRows(rows))
		if len(rows) < maxRead {
			return nil
		}
	}
}

// pass adds what is to be shown by now to the stream, what was to come first, and keeps what is to be shown later.
func (s *Service) pass(read []*Announcement) {
	for _, a := range read { // what was read before is out of date
		s.upcoming = slices.DeleteFunc(s.upcoming, func(u *Announcement) bool { return u.ID == a.ID })
	}
	now := s.clock.Now()
	var later []*Announcement
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range append(s.upcoming, read...) {
		switch {
		case a.visible(now):
			s.announcements.add(a)
		case a.PublishedAt.After(now) && len(later) < maxUpcoming:
			later = append(later, a)
		}
		s.read = max(s.read, a.Sequence)
	}
	s.upcoming = later
}

func (s *Service) lookForStatuses(ctx context.Context) error {
	statuses, err := s.Systems(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.EqualFunc(statuses, s.told, (*Status).equal) {
		s.statuses.add(statuses)
	}
	s.told = statuses // also if only their times are others: who subscribes is told them as they are
	return nil
}

// equal compares what people see.
func (s *Status) equal(other *Status) bool {
	return s.System == other.System && s.State == other.State && s.Note == other.Note && sameTime(s.Since, other.Since)
}

func sameTime(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}
