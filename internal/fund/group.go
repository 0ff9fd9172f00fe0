package fund

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"kabinet/ent"
	"kabinet/internal/storage"
)

// Bounds of a transaction for several events.
const (
	// groupSize is how many events share a transaction: it is over in a few hundredths of a second, and so are the locks on
	// those whom its events are about.
	groupSize = 32
	// groupPatience is how long it waits for a lock in PostgreSQL. It takes the locks of several owners as its events come,
	// not in the order that keeps transactions from waiting for each other for ever; so it gives up, long before
	// PostgreSQL looks for such a deadlock, and takes its events one by one.
	groupPatience = 50 * time.Millisecond
)

// receiveAll takes in events, in this order, and gives what became of each. They share transactions where they can: what
// that saves is most of the time that a lone event takes. Where they cannot, they are taken in one by one, so that the
// fault of one is no other's.
func (s *Service) receiveAll(ctx context.Context, events []*Event) ([]Result, error) {
	results := make([]Result, 0, len(events))
	for len(events) > 0 {
		group := events[:groupOf(events)]
		taken, err := s.judgeGroup(ctx, group)
		switch {
		case errors.Is(err, errSeen) && !group[0].ask:
			// One has come before, and so, probably, has the whole request: from here on it is asked first.
			for _, e := range events {
				e.ask = true
			}
			continue
		case err != nil && ctx.Err() != nil:
			return nil, err
		case err != nil:
			taken = make([]Result, len(group)) // nothing was done of any
		}
		if err := s.finishGroup(ctx, group, taken); err != nil {
			return nil, err
		}
		results, events = append(results, taken...), events[len(group):]
	}
	return results, nil
}

// groupOf is how many of the first events may share a transaction: as many as have names of their own.
func groupOf(events []*Event) int {
	names := make(map[eventName]bool, groupSize)
	for i, e := range events {
		if i == groupSize || names[e.name()] {
			return i
		}
		names[e.name()] = true
	}
	return len(events)
}

// judgeGroup judges events of different names in one transaction, if there are several. One behind another of its subject
// that is parked gets no result: it must not be applied before the other is judged once more.
func (s *Service) judgeGroup(ctx context.Context, events []*Event) ([]Result, error) {
	results := make([]Result, len(events))
	if len(events) < 2 {
		return results, nil
	}
	err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if tx.Dialect() == dialect.Postgres {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", groupPatience.Milliseconds())); err != nil {
				return fmt.Errorf("limit the wait for locks: %w", err)
			}
		}
		known, err := lookUp(ctx, tx, events...)
		if err != nil {
			return err
		}
		fresh := make([]*ent.FundEventCreate, len(events))
		waiting := make(map[key]bool)
		for i, e := range events {
			if waiting[subjectKey(*e)] {
				continue
			}
			if results[i], fresh[i], err = s.judge(ctx, tx, e, known[e.name()]); err != nil {
				return err
			}
			waiting[subjectKey(*e)] = results[i].Outcome == Parked
		}
		return keep(ctx, tx, fresh...)
	})
	return results, err
}

// finishGroup takes in by itself each event that has no result yet, and once more, as receive does, each that is parked.
func (s *Service) finishGroup(ctx context.Context, events []*Event, results []Result) (err error) {
	for i, e := range events {
		switch outcome := results[i].Outcome; {
		case outcome == Parked:
			e.kept, e.parked = true, s.waitReason(e.waits)
		case outcome != "":
			continue
		}
		if results[i], err = s.receive(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
