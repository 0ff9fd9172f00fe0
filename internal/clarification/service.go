package clarification

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/clarification"
	"kabinet/internal/audit"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Service keeps clarifications.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	outbox  *outbox.Outbox
	feed    *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, o *outbox.Outbox, f *feed.Recorder, j *audit.Journal, c clock.Clock) *Service {
	return &Service{store: s, sealer: sealer, outbox: o, feed: f, journal: j, clock: c}
}

// Get gives one clarification, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Clarification, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the clarifications that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Clarification, error) {
	rows, err := s.store.Clarification.Query().Where(clarification.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get clarifications: %w", err)
	}
	return batch.Index(fromRows(rows), func(c *Clarification) uuid.UUID { return c.ID.ID }), nil
}

// ByLeaves gives the clarifications about sick leaves, oldest first, by the id of the leave.
func (s *Service) ByLeaves(ctx context.Context, leaves []uuid.UUID) (map[uuid.UUID][]*Clarification, error) {
	rows, err := s.store.Clarification.Query().Where(clarification.SickLeaveIDIn(leaves...)).
		Order(clarification.BySickLeaveID(), clarification.ByCreatedAt(), clarification.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get clarifications: %w", err)
	}
	return batch.Group(leaves, fromRows(rows), func(c *Clarification) uuid.UUID { return c.SickLeave.ID },
		func(c *Clarification) *Clarification { return c }), nil
}

// Question opens what was asked.
func (s *Service) Question(c *Clarification) (*string, error) {
	return s.open(questionPlace, c.ID.ID, c.question)
}

// Answer opens the answer; nil until there is one.
func (s *Service) Answer(c *Clarification) (*string, error) {
	if len(c.answer) == 0 {
		return nil, nil //nolint:nilnil // there is none yet
	}
	return s.open(answerPlace, c.ID.ID, c.answer)
}

func (s *Service) open(place seal.Place, id uuid.UUID, sealed []byte) (*string, error) {
	plain, err := s.sealer.Open(place, id, sealed)
	if err != nil {
		return nil, fmt.Errorf("open clarification: %w", err)
	}
	text := string(plain)
	return &text, nil
}

// Delivery tells how far the question is on its way to the fund.
func (s *Service) Delivery(ctx context.Context, c *Clarification) (*outbox.Delivery, error) {
	return c.siblings.deliveries.Get(ctx, c.ID.ID, c.siblings.ids,
		func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*outbox.Delivery, error) {
			return s.outbox.Latest(ctx, ref.Clarification, ids)
		})
}

// SealQuestion seals the question of the clarification with this id.
func SealQuestion(sealer *seal.Sealer, id uuid.UUID, question string) ([]byte, error) {
	return sealText(sealer, questionPlace, id, question)
}

// SealAnswer seals the answer of the clarification with this id.
func SealAnswer(sealer *seal.Sealer, id uuid.UUID, answer string) ([]byte, error) {
	return sealText(sealer, answerPlace, id, answer)
}

// seal makes the row's sealed text.
func (s *Service) seal(place seal.Place, id uuid.UUID, text string) ([]byte, error) {
	return sealText(s.sealer, place, id, text)
}

func sealText(sealer *seal.Sealer, place seal.Place, id uuid.UUID, text string) ([]byte, error) {
	sealed, err := sealer.Seal(place, id, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("seal clarification: %w", err)
	}
	return sealed, nil
}
