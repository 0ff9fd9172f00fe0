package fund

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// List gives the newest events with an outcome, or all, for operators.
func List(ctx context.Context, s *storage.Store, outcome Outcome, limit int) ([]*ent.FundEvent, error) {
	query := s.FundEvent.Query().Order(fundevent.ByReceivedAt(sql.OrderDesc()), fundevent.ByID(sql.OrderDesc())).Limit(limit)
	if outcome != "" {
		query.Where(fundevent.Outcome(string(outcome)))
	}
	rows, err := query.All(viewer.NewSystemContext(ctx, "event list"))
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return rows, nil
}

// Replay judges again, oldest first, what was parked, and what was refused for another reason than its checksum: the
// subject may be there by now, and this program may know more than the one that refused.
func (s *Service) Replay(ctx context.Context, limit int) ([]Result, error) {
	ctx = viewer.NewSystemContext(ctx, "event replay")
	rows, err := s.store.FundEvent.Query().
		Where(fundevent.OutcomeIn(string(Parked), string(Refused)), fundevent.ReasonNEQ(string(ReasonChecksum))).
		Order(fundevent.ByReceivedAt(), fundevent.ByID()).Limit(limit).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("replay events: %w", err)
	}
	results := make([]Result, len(rows))
	for i, row := range rows {
		data, err := s.sealer.Open(payloadPlace, row.ID, row.Payload)
		if err != nil {
			return nil, fmt.Errorf("replay events: %w", err)
		}
		e := Event{ID: row.EventID, Source: row.Source, Type: row.Type, Subject: row.Subject, Sequence: row.Sequence, Data: data}
		e.refusal = s.misfit(e)
		if results[i], err = s.receive(ctx, e); err != nil {
			return nil, err
		}
	}
	return results, nil
}
