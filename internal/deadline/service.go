package deadline

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/deadline"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/storage"
)

// Service reads deadlines and applies what the fund reports of them.
type Service struct {
	store *storage.Store
	feed  *feed.Recorder
	clock clock.Clock
}

// New makes the service.
func New(s *storage.Store, f *feed.Recorder, c clock.Clock) *Service {
	return &Service{store: s, feed: f, clock: c}
}

// Get gives one deadline, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Deadline, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the deadlines that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Deadline, error) {
	rows, err := s.store.Deadline.Query().Where(deadline.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get deadlines: %w", err)
	}
	return batch.Index(fromRows(rows), func(d *Deadline) uuid.UUID { return d.ID.ID }), nil
}
