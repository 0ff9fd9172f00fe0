package appeal

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/appeal"
	"kabinet/ent/appealattachment"
	"kabinet/ent/appealmessage"
	"kabinet/ent/appealstep"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Service keeps appeals.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	feed    *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, f *feed.Recorder, j *audit.Journal, c clock.Clock) *Service {
	return &Service{store: s, sealer: sealer, feed: f, journal: j, clock: c}
}

// Get gives one appeal, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Appeal, error) {
	rows, err := s.store.Appeal.Query().Where(appeal.ID(id)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get appeal: %w", err)
	}
	if len(rows) == 0 {
		return nil, fault.ErrNotFound
	}
	return fromRows(rows)[0], nil
}

// Body opens the sealed text of an appeal.
func (s *Service) Body(a *Appeal) (*string, error) {
	plain, err := s.sealer.Open(bodyPlace, a.ID.ID, a.body)
	if err != nil {
		return nil, fmt.Errorf("open body of appeal: %w", err)
	}
	body := string(plain)
	return &body, nil
}

// Timeline gives the changes of state of an appeal, oldest first.
func (s *Service) Timeline(ctx context.Context, a *Appeal) ([]*Step, error) {
	return a.siblings.steps.Get(ctx, a.ID.ID, a.siblings.ids, s.stepsByIDs)
}

func (s *Service) stepsByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Step, error) {
	rows, err := s.store.AppealStep.Query().Where(appealstep.AppealIDIn(ids...)).
		Order(appealstep.ByAppealID(), appealstep.ByOccurredAt(), appealstep.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get timelines: %w", err)
	}
	steps := make(map[uuid.UUID][]*Step, len(ids))
	for _, row := range rows {
		steps[row.AppealID] = append(steps[row.AppealID], fromStepRow(row))
	}
	return steps, nil
}

// Messages gives the messages within an appeal, oldest first.
func (s *Service) Messages(ctx context.Context, a *Appeal) ([]*Message, error) {
	return a.siblings.messages.Get(ctx, a.ID.ID, a.siblings.ids, s.messagesByIDs)
}

func (s *Service) messagesByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Message, error) {
	rows, err := s.store.AppealMessage.Query().Where(appealmessage.AppealIDIn(ids...)).
		Order(appealmessage.ByAppealID(), appealmessage.BySentAt(), appealmessage.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get messages: %w", err)
	}
	messages := make(map[uuid.UUID][]*Message, len(ids))
	for _, row := range rows {
		body, err := s.sealer.Open(messagePlace, row.ID, row.Body)
		if err != nil {
			return nil, fmt.Errorf("open message: %w", err)
		}
		messages[row.AppealID] = append(messages[row.AppealID], &Message{
			Author: Actor(row.Author), AuthorName: row.AuthorName, Body: string(body), SentAt: row.SentAt,
		})
	}
	return messages, nil
}

// Attachments gives what is attached to an appeal, in the order of attaching.
func (s *Service) Attachments(ctx context.Context, a *Appeal) ([]*Attachment, error) {
	return a.siblings.attachments.Get(ctx, a.ID.ID, a.siblings.ids, s.attachmentsByIDs)
}

func (s *Service) attachmentsByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Attachment, error) {
	rows, err := s.store.AppealAttachment.Query().Where(appealattachment.AppealIDIn(ids...)).
		WithVersion(func(q *ent.DocumentVersionQuery) { q.WithDocument() }).
		Order(appealattachment.ByAppealID(), appealattachment.ByAttachedAt(), appealattachment.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get attachments: %w", err)
	}
	attachments := make(map[uuid.UUID][]*Attachment, len(ids))
	for _, row := range rows {
		version := row.Edges.Version
		attachments[row.AppealID] = append(attachments[row.AppealID], &Attachment{
			Version: document.FromVersionRow(version, version.Edges.Document.Title), AttachedAt: row.AttachedAt,
		})
	}
	return attachments, nil
}

// SealBody seals the text of the appeal with this id.
func SealBody(sealer *seal.Sealer, id uuid.UUID, body string) ([]byte, error) {
	sealed, err := sealer.Seal(bodyPlace, id, []byte(body))
	if err != nil {
		return nil, fmt.Errorf("seal body of appeal: %w", err)
	}
	return sealed, nil
}

// SealMessage seals the text of the message with this id.
func SealMessage(sealer *seal.Sealer, id uuid.UUID, body string) ([]byte, error) {
	sealed, err := sealer.Seal(messagePlace, id, []byte(body))
	if err != nil {
		return nil, fmt.Errorf("seal message: %w", err)
	}
	return sealed, nil
}
