package fund

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/internal/identifier"
	"kabinet/internal/seal"
	"kabinet/internal/viewer"
)

// Times and bounds of what is parked.
const (
	// sweepEvery is how often parked events are tried again unasked, for a crash may have swallowed that what they wait
	// for has come; sweepLimit is how many at a time, so that any number of them costs little.
	sweepEvery = 10 * time.Second
	sweepLimit = 100
	// releaseLimit is how many are read at a time when what they wait for has come; maxRounds bounds how often that
	// makes something known for which others wait.
	releaseLimit = 500
	maxRounds    = 8
	// appearedQueue is how many people may wait for the release of their events; more are left to the sweep.
	appearedQueue = 1024
)

// waitPlace is the column in which stands what a parked event waits for.
const waitPlace seal.Place = "fund_events.reason"

// key names what an event waits for, or makes known.
type key string

func personKey(n identifier.Snils) key { return key("PERSON:" + string(n)) }

// subjectKey is that of the subject of an event. Numbers of different kinds of subjects may be the same.
func subjectKey(e Event) key { return key("SUBJECT:" + family(e.Type) + " " + e.Subject) }

func leaveKey(number string) key { return key("SUBJECT:" + family(TypeSickLeaveIssued) + " " + number) }

// family is what the types of events about one kind of subject have in common: all but the last part of the name.
func family(kind string) string {
	at := strings.LastIndexByte(kind, '.')
	return kind[:max(at, 0)]
}

// reason is what is kept of a key: its kind, and a keyed hash, for a key may hold a personal number.
func (k key) reason(hash []byte) string {
	kind, _, _ := strings.Cut(string(k), ":")
	return kind + ":" + base64.RawURLEncoding.EncodeToString(hash[:min(len(hash), 16)])
}

// waitReason is what is kept with an event that waits for k.
func (s *Service) waitReason(k key) string { return k.reason(s.sealer.Lookup(waitPlace, string(k))) }

// waitReasons are all under which an event that waits for one of the keys may have been kept.
func (s *Service) waitReasons(keys []key) []string {
	var reasons []string
	for _, k := range keys {
		for _, hash := range s.sealer.Lookups(waitPlace, string(k)) {
			reasons = append(reasons, k.reason(hash))
		}
	}
	return reasons
}

// Appeared says that a person with this SNILS is known from now on, so that what was reported of them before is
// applied, soon and elsewhere. It never waits. It is for logins, after person.Service.Admit has admitted a confirmed account.
func (s *Service) Appeared(n identifier.Snils) {
	select {
	case s.appeared <- n:
	default: // the sweep will find them
	}
}

// Release applies what was reported of people before they were known, in the order of its sequence, and what waited for
// that in turn. It gives how many events were applied.
func (s *Service) Release(ctx context.Context, people ...identifier.Snils) (int, error) {
	keys := make([]key, len(people))
	for i, n := range people {
		keys[i] = personKey(n)
	}
	results, err := s.release(viewer.NewSystemContext(ctx, "event release"), keys)
	applied := 0
	for _, r := range results {
		if r.Outcome == Applied {
			applied++
		}
	}
	return applied, err
}

// isParked is fundevent.Outcome(string(Parked)) in words that the databases can compare with those of a partial index:
// a parameter may be anything.
func isParked(q *sql.Selector) {
	q.Where(sql.ExprP(fmt.Sprintf("%s = '%s'", q.C(fundevent.FieldOutcome), Parked)))
}

// release judges anew what waits for the keys, and gives what became of it.
func (s *Service) release(ctx context.Context, keys []key) (map[eventName]Result, error) {
	results := make(map[eventName]Result)
	for round := 0; len(keys) > 0 && round < maxRounds; round++ {
		rows, err := s.store.FundEvent.Query().
			Where(isParked, fundevent.ReasonIn(s.waitReasons(keys)...)).
			Order(fundevent.BySequence(), fundevent.ByReceivedAt(), fundevent.ByID()).Limit(releaseLimit).All(ctx)
		if err != nil {
			return results, fmt.Errorf("find parked events: %w", err)
		}
		var made []key
		settled := false
		for _, row := range rows {
			result, e, err := s.again(ctx, row)
			if err != nil {
				return results, err
			}
			results[eventName{row.Source, row.EventID}] = result
			settled = settled || result.Outcome != Parked
			if result.Outcome == Applied && e.made != "" {
				made = append(made, e.made)
			}
		}
		if len(rows) == releaseLimit && settled { // there may be more
			made = append(made, keys...)
		}
		keys = made
	}
	return results, nil
}

// again judges an event that was kept.
func (s *Service) again(ctx context.Context, row *ent.FundEvent) (Result, *Event, error) {
	data, err := s.sealer.Open(payloadPlace, row.ID, row.Payload)
	if err != nil {
		return Result{}, nil, fmt.Errorf("open event: %w", err)
	}
	e := &Event{
		ID: row.EventID, Source: row.Source, Type: row.Type, Subject: row.Subject, Sequence: row.Sequence, Data: data,
		kept: true, parked: row.Reason,
	}
	e.refusal = s.misfit(*e)
	result, err := s.receive(ctx, e)
	return result, e, err
}

// Run releases what waited for people who have appeared, and sweeps, until the context ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case n := <-s.appeared:
			_, err = s.Release(ctx, n)
		case <-ticker.C:
			_, err = s.Sweep(ctx)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			s.log.WarnContext(ctx, "fund: parked events not released; they will be tried again", "error", err)
		}
	}
}

// place is how far the sweep has come.
type place struct {
	at time.Time
	id uuid.UUID
}

// Sweep judges the next of the parked events anew, the oldest first and from the oldest again after the newest, and
// gives how many are parked no more.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = viewer.NewSystemContext(ctx, "event sweep")
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	rows, err := s.store.FundEvent.Query().Where(fundevent.Outcome(string(Parked)), func(q *sql.Selector) {
		if !s.swept.at.IsZero() {
			q.Where(sql.CompositeGT([]string{q.C(fundevent.FieldReceivedAt), q.C(fundevent.FieldID)}, s.swept.at, s.swept.id))
		}
	}).Order(fundevent.ByReceivedAt(), fundevent.ByID()).Limit(sweepLimit).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("find parked events: %w", err)
	}
	settled := 0
	for _, row := range rows {
		s.swept = place{row.ReceivedAt, row.ID}
		result, e, err := s.again(ctx, row)
		if err != nil {
			return settled, err
		}
		if result.Outcome != Parked {
			settled++
		}
		if result.Outcome == Applied && e.made != "" {
			if _, err := s.release(ctx, []key{e.made}); err != nil {
				return settled, err
			}
		}
	}
	if len(rows) < sweepLimit {
		s.swept = place{}
	}
	return settled, nil
}
