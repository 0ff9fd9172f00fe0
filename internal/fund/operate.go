package fund

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/internal/fault"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// List gives the newest events with an outcome, or all, for operators. With a parked one the reason is what it waits for,
// PERSON or SUBJECT. Requests that were no events have the type "request".
func List(ctx context.Context, s *storage.Store, outcome Outcome, limit int) ([]*ent.FundEvent, error) {
	query := s.FundEvent.Query().Order(fundevent.ByReceivedAt(sql.OrderDesc()), fundevent.ByID(sql.OrderDesc())).Limit(limit)
	if outcome != "" {
		query.Where(fundevent.Outcome(string(outcome)))
	}
	rows, err := query.All(viewer.NewSystemContext(ctx, "event list"))
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	for _, row := range rows {
		row.Reason, _, _ = strings.Cut(row.Reason, ":")
	}
	return rows, nil
}

// Replay judges again, oldest first, what was parked, and what was refused though it came whole: the subject may be there
// by now, and this program may know more than the one that refused.
func (s *Service) Replay(ctx context.Context, limit int) ([]Result, error) {
	ctx = viewer.NewSystemContext(ctx, "event replay")
	rows, err := s.store.FundEvent.Query().
		Where(fundevent.OutcomeIn(string(Parked), string(Refused)),
			fundevent.ReasonNotIn(string(ReasonSignature), string(ReasonEnvelope), string(ReasonChecksum))).
		Order(fundevent.ByReceivedAt(), fundevent.ByID()).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("replay events: %w", err)
	}
	results := make([]Result, len(rows))
	for i, row := range rows {
		var e *Event
		if results[i], e, err = s.again(ctx, row); err != nil {
			return nil, fmt.Errorf("replay events: %w", err)
		}
		if results[i].Outcome == Applied && e.made != "" {
			if _, err := s.release(ctx, []key{e.made}); err != nil {
				return nil, fmt.Errorf("replay events: %w", err)
			}
		}
	}
	return results, nil
}

// Inspect opens what is kept of an event, or of a request that was none, by the id that List shows; fault.ErrNotFound if
// there is no such event. It is for operators: the data may be anybody's.
func (s *Service) Inspect(ctx context.Context, eventID string) ([]byte, error) {
	row, err := s.store.FundEvent.Query().Where(fundevent.EventID(eventID)).
		Order(fundevent.ByReceivedAt(sql.OrderDesc())).First(viewer.NewSystemContext(ctx, "event inspect"))
	switch {
	case ent.IsNotFound(err):
		return nil, fault.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("inspect event: %w", err)
	}
	data, err := s.sealer.Open(payloadPlace, row.ID, row.Payload)
	if err != nil {
		return nil, fmt.Errorf("inspect event: %w", err)
	}
	return data, nil
}
