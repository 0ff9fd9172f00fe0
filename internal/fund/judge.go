package fund

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/ent/predicate"
	"kabinet/internal/fault"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// errSeen is given when an event that was taken for a new one is kept already.
var errSeen = errors.New("fund: the event is kept already")

// eventName is what names an event.
type eventName struct{ source, id string }

func (e *Event) name() eventName { return eventName{e.Source, e.ID} }

// receive takes in one event. One that was parked is judged once more: what it waits for may have come meanwhile, and
// have found nothing parked yet.
func (s *Service) receive(ctx context.Context, e *Event) (Result, error) {
	for {
		before := e.parked
		result, err := s.settle(ctx, e)
		if err != nil || result.Outcome != Parked || e.parked == before {
			return result, err
		}
		e.kept = true
	}
}

func (s *Service) settle(ctx context.Context, e *Event) (Result, error) {
	result, err := s.judgeOne(ctx, e)
	if ent.IsConstraintError(err) || ent.IsValidationError(err) {
		// What was reported contradicts something else, such as a number that is taken, or does not fit where it belongs.
		// What was done of it is undone, so the event is kept in a transaction of its own.
		e.refusal = ReasonContents
		result, err = s.judgeOne(ctx, e)
	}
	if err == nil && result.Outcome == Parked {
		e.parked = s.waitReason(e.waits)
	}
	return result, err
}

// judgeOne judges an event in a transaction. Most have never come before, and it is not asked whether this one has: that
// is found out when it is to be kept, and then everything that was done of it is undone. It may also have come since it
// was asked.
func (s *Service) judgeOne(ctx context.Context, e *Event) (Result, error) {
	result, err := s.judgeOnce(ctx, e)
	if errors.Is(err, errSeen) {
		e.ask = true
		return s.judgeOnce(ctx, e)
	}
	return result, err
}

func (s *Service) judgeOnce(ctx context.Context, e *Event) (Result, error) {
	var result Result
	err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		known, err := lookUp(ctx, tx, e)
		if err != nil {
			return err
		}
		var fresh *ent.FundEventCreate
		if result, fresh, err = s.judge(ctx, tx, e, known[e.name()]); err != nil {
			return err
		}
		return keep(ctx, tx, fresh)
	})
	return result, err
}

// lookUp finds what is kept of those events of which it is to be asked, and locks it: who judges one of them at the same
// time does so after this transaction, and sees what became of it.
func lookUp(ctx context.Context, tx *storage.Tx, events ...*Event) (map[eventName]*ent.FundEvent, error) {
	var sources []string
	ids := make(map[string][]string)
	for _, e := range events {
		if !e.kept && !e.ask {
			continue
		}
		if ids[e.Source] == nil {
			sources = append(sources, e.Source)
		}
		ids[e.Source] = append(ids[e.Source], e.ID)
	}
	if len(ids) == 0 {
		return nil, nil //nolint:nilnil // nothing is known of any
	}
	named := make([]predicate.FundEvent, len(sources))
	for i, source := range sources {
		named[i] = fundevent.And(fundevent.Source(source), fundevent.EventIDIn(ids[source]...))
	}
	query := tx.FundEvent.Query().Where(fundevent.Or(named...))
	if tx.Dialect() == dialect.Postgres { // a transaction of SQLite holds the only write lock there is
		query.ForUpdate()
	}
	rows, err := query.
		Select(fundevent.FieldID, fundevent.FieldSource, fundevent.FieldEventID, fundevent.FieldOutcome, fundevent.FieldReason).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	known := make(map[eventName]*ent.FundEvent, len(rows))
	for _, row := range rows {
		known[eventName{row.Source, row.EventID}] = row
	}
	return known, nil
}

// judge decides about an event, does what follows, and keeps the event with its outcome: what there is to be kept of one
// that is new is given back, for it is kept last. An event that was applied, or is too old to be, is settled: the same
// one again changes nothing. One that was parked or refused is judged anew, for its subject may be there by now and its
// sender may have mended it.
func (s *Service) judge(ctx context.Context, tx *storage.Tx, e *Event, known *ent.FundEvent) (Result, *ent.FundEventCreate, error) {
	result := Result{ID: e.ID}
	if known != nil && (Outcome(known.Outcome) == Applied || Outcome(known.Outcome) == Stale) {
		result.Outcome = Duplicate
		return result, nil, nil
	}
	var err error
	if result.Outcome, result.Reason, err = s.outcome(ctx, tx, e); err != nil {
		return Result{}, nil, err
	}
	switch {
	case known == nil:
		fresh, err := s.fresh(tx, e, result)
		return result, fresh, err
	case e.kept && known.Outcome == string(result.Outcome) && known.Reason == s.keptReason(e, result):
		return result, nil, nil // as it was: not even the time at which it came is another
	}
	return result, nil, s.keepAgain(ctx, tx, known.ID, e, result)
}

// outcome applies the event and tells what became of it; an error means that it must be sent again.
func (s *Service) outcome(ctx context.Context, tx *storage.Tx, e *Event) (Outcome, Reason, error) {
	if e.refusal != "" {
		return Refused, e.refusal, nil
	}
	err := s.apply(ctx, tx, e)
	switch {
	case err == nil:
		return Applied, "", nil
	case errors.Is(err, errContents):
		return Refused, ReasonContents, nil
	case errors.Is(err, fault.ErrNotFound):
		return Parked, "", nil
	case errors.Is(err, transition.ErrStale):
		return Stale, "", nil
	case errors.Is(err, transition.ErrImpossible):
		return Refused, ReasonTransition, nil
	}
	return "", "", err
}

// fresh is what is to be kept of an event that is new.
func (s *Service) fresh(tx *storage.Tx, e *Event, r Result) (*ent.FundEventCreate, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("keep event: %w", err)
	}
	sealed, err := s.sealer.Seal(payloadPlace, id, e.Data)
	if err != nil {
		return nil, fmt.Errorf("keep event: %w", err)
	}
	return tx.FundEvent.Create().SetID(id).SetSource(e.Source).SetEventID(e.ID).SetType(e.Type).SetSubject(e.Subject).
		SetSequence(e.Sequence).SetOutcome(string(r.Outcome)).SetReason(s.keptReason(e, r)).SetPayload(sealed).
		SetReceivedAt(s.clock.Now()).SetNillableAppliedAt(s.appliedAt(r)), nil
}

// keep keeps new events, if there are any: errSeen if one of them is not new, and then nothing of this transaction may stay.
func keep(ctx context.Context, tx *storage.Tx, fresh ...*ent.FundEventCreate) error {
	fresh = slices.DeleteFunc(fresh, func(c *ent.FundEventCreate) bool { return c == nil })
	if len(fresh) == 0 {
		return nil
	}
	err := tx.FundEvent.CreateBulk(fresh...).Exec(ctx)
	if ent.IsConstraintError(err) {
		return errSeen
	}
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	return nil
}

func (s *Service) keepAgain(ctx context.Context, tx *storage.Tx, id uuid.UUID, e *Event, r Result) error {
	sealed, err := s.sealer.Seal(payloadPlace, id, e.Data)
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	if err := tx.FundEvent.UpdateOneID(id).SetType(e.Type).SetSubject(e.Subject).SetSequence(e.Sequence).
		SetOutcome(string(r.Outcome)).SetReason(s.keptReason(e, r)).SetPayload(sealed).
		SetReceivedAt(s.clock.Now()).SetNillableAppliedAt(s.appliedAt(r)).Exec(ctx); err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	return nil
}

// keptReason is what is kept of why an event was not applied.
func (s *Service) keptReason(e *Event, r Result) string {
	if r.Outcome == Parked {
		return s.waitReason(e.waits)
	}
	return string(r.Reason)
}

func (s *Service) appliedAt(r Result) *time.Time {
	if r.Outcome != Applied {
		return nil
	}
	now := s.clock.Now()
	return &now
}
