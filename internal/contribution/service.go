package contribution

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/contribution"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/storage"
)

// Service reads contributions and applies what the fund reports of them.
type Service struct {
	store *storage.Store
	feed  *feed.Recorder
	clock clock.Clock
}

// New makes the service.
func New(s *storage.Store, f *feed.Recorder, c clock.Clock) *Service {
	return &Service{store: s, feed: f, clock: c}
}

// Get gives one contribution, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Contribution, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the contributions that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Contribution, error) {
	rows, err := s.store.Contribution.Query().Where(contribution.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get contributions: %w", err)
	}
	return batch.Index(fromRows(rows), func(d *Contribution) uuid.UUID { return d.ID.ID }), nil
}
