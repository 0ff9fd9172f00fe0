package benefit

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/accrual"
	"kabinet/ent/benefit"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
)

// SickLeave is the certificate for which a benefit is paid.
type SickLeave = sickleave.SickLeave

// SickLeaves gives the certificates with these ids that the viewer may see.
type SickLeaves interface {
	ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*SickLeave, error)
}

// Service reads benefits and applies what the fund reports of them.
type Service struct {
	store      *storage.Store
	sickLeaves SickLeaves
	feed       *feed.Recorder
	clock      clock.Clock
}

// New makes the service.
func New(s *storage.Store, l SickLeaves, f *feed.Recorder, c clock.Clock) *Service {
	return &Service{store: s, sickLeaves: l, feed: f, clock: c}
}

// Get gives one benefit, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Benefit, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the benefits that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Benefit, error) {
	rows, err := s.store.Benefit.Query().Where(benefit.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get benefits: %w", err)
	}
	return batch.Index(fromRows(rows), func(b *Benefit) uuid.UUID { return b.ID.ID }), nil
}

// SickLeave gives the certificate for which a benefit is paid; nil if it is not for one.
func (s *Service) SickLeave(ctx context.Context, b *Benefit) (*SickLeave, error) {
	if b.SickLeaveID == nil {
		return nil, nil //nolint:nilnil // a benefit may be for none
	}
	return b.siblings.leaves.Get(ctx, *b.SickLeaveID, b.siblings.sickLeaves, s.sickLeaves.ByIDs)
}

// Accruals gives the accruals of a benefit, oldest first.
func (s *Service) Accruals(ctx context.Context, b *Benefit) ([]*Accrual, error) {
	return b.siblings.accruals.Get(ctx, b.ID.ID, b.siblings.ids, s.accrualsByIDs)
}

func (s *Service) accrualsByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Accrual, error) {
	rows, err := s.store.Accrual.Query().Where(accrual.BenefitIDIn(ids...)).
		Order(accrual.ByBenefitID(), accrual.ByAccruedOn(), accrual.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get accruals: %w", err)
	}
	return batch.Group(ids, rows, func(r *ent.Accrual) uuid.UUID { return r.BenefitID }, fromAccrualRow), nil
}
