package sickleave

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/sickleave"
	"kabinet/ent/treatmentperiod"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Service reads certificates and applies what the fund reports of them.
type Service struct {
	store  *storage.Store
	sealer *seal.Sealer
	feed   *feed.Recorder
	clock  clock.Clock
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, f *feed.Recorder, c clock.Clock) *Service {
	return &Service{store: s, sealer: sealer, feed: f, clock: c}
}

// Get gives one certificate, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*SickLeave, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the certificates that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*SickLeave, error) {
	rows, err := s.store.SickLeave.Query().Where(sickleave.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get sick leaves: %w", err)
	}
	return batch.Index(fromRows(rows), func(l *SickLeave) uuid.UUID { return l.ID.ID }), nil
}

// Periods gives the periods of treatment of a certificate, oldest first.
func (s *Service) Periods(ctx context.Context, l *SickLeave) ([]*Period, error) {
	return l.siblings.periods.Get(ctx, l.ID.ID, l.siblings.ids, s.periodsByIDs)
}

func (s *Service) periodsByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Period, error) {
	rows, err := s.store.TreatmentPeriod.Query().Where(treatmentperiod.SickLeaveIDIn(ids...)).
		Order(treatmentperiod.BySickLeaveID(), treatmentperiod.ByOrdinal()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get treatment periods: %w", err)
	}
	return batch.Group(ids, rows, func(r *ent.TreatmentPeriod) uuid.UUID { return r.SickLeaveID }, fromPeriodRow), nil
}

// Diagnosis opens the sealed diagnosis, a code of ICD-10; nil when there is none.
func (s *Service) Diagnosis(l *SickLeave) (*string, error) {
	if len(l.diagnosis) == 0 {
		return nil, nil //nolint:nilnil // a certificate may have none
	}
	plain, err := s.sealer.Open(diagnosisPlace, l.ID.ID, l.diagnosis)
	if err != nil {
		return nil, fmt.Errorf("open diagnosis: %w", err)
	}
	code := string(plain)
	return &code, nil
}

// SealDiagnosis seals a diagnosis for the certificate with this id.
func SealDiagnosis(sealer *seal.Sealer, id uuid.UUID, code string) ([]byte, error) {
	return sealer.Seal(diagnosisPlace, id, []byte(code))
}
