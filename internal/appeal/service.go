package appeal

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/appeal"
	"kabinet/ent/appealattachment"
	"kabinet/ent/appealmessage"
	"kabinet/ent/appealstep"
	"kabinet/ent/document"
	"kabinet/ent/documentversion"
	"kabinet/internal/audit"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	documents "kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/ref"
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
	people  *person.Service // who submits
	outbox  *outbox.Outbox
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, f *feed.Recorder, j *audit.Journal, c clock.Clock) *Service {
	return &Service{
		store: s, sealer: sealer, feed: f, journal: j, clock: c,
		people: person.New(s, sealer, f, j, c), outbox: outbox.New(s, sealer, f, c),
	}
}

// Get gives one appeal, fault.ErrNotFound when there is none or it is somebody else's.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Appeal, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// ByIDs gives those of the appeals that the viewer may see.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Appeal, error) {
	rows, err := s.store.Appeal.Query().Where(appeal.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get appeals: %w", err)
	}
	return batch.Index(fromRows(rows), func(a *Appeal) uuid.UUID { return a.ID.ID }), nil
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
	return batch.Group(ids, rows, func(r *ent.AppealStep) uuid.UUID { return r.AppealID }, fromStepRow), nil
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
	for _, row := range rows {
		if row.Body, err = s.sealer.Open(messagePlace, row.ID, row.Body); err != nil {
			return nil, fmt.Errorf("open message: %w", err)
		}
	}
	return batch.Group(ids, rows, func(r *ent.AppealMessage) uuid.UUID { return r.AppealID }, fromMessageRow), nil
}

// Attachments gives what is attached to an appeal, in the order of attaching.
func (s *Service) Attachments(ctx context.Context, a *Appeal) ([]*Attachment, error) {
	return a.siblings.attachments.Get(ctx, a.ID.ID, a.siblings.ids, s.attachmentsByIDs)
}

// Delivery tells how far what the citizen did last with an appeal is on its way to the fund; nil when nothing was sent.
func (s *Service) Delivery(ctx context.Context, a *Appeal) (*outbox.Delivery, error) {
	return a.siblings.deliveries.Get(ctx, a.ID.ID, a.siblings.ids,
		func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*outbox.Delivery, error) {
			return s.outbox.Latest(ctx, ref.Appeal, ids)
		})
}

// attachmentRow is an attachment with its version and the title of its document.
type attachmentRow struct {
	AppealID   uuid.UUID `sql:"appeal_id"`
	AttachedAt time.Time `sql:"attached_at"`
	VersionID  uuid.UUID `sql:"version_id"`
	DocumentID uuid.UUID `sql:"document_id"`
	Title      string    `sql:"title"`
	Number     int       `sql:"number"`
	FileName   string    `sql:"file_name"`
	MediaType  string    `sql:"media_type"`
	Size       int64     `sql:"size"`
	Checksum   []byte    `sql:"sha256"`
	BlobKey    string    `sql:"blob_key"`
	CreatedAt  time.Time `sql:"created_at"`
	// Of the document as it is now.
	State     string     `sql:"state"`
	DeletedAt *time.Time `sql:"deleted_at"`
}

func (r attachmentRow) attachment() *Attachment {
	return &Attachment{AttachedAt: r.AttachedAt, Version: documents.FromVersionRow(&ent.DocumentVersion{
		ID: r.VersionID, DocumentID: r.DocumentID, Number: r.Number, FileName: r.FileName, MediaType: r.MediaType,
		Size: r.Size, Sha256: r.Checksum, BlobKey: r.BlobKey, CreatedAt: r.CreatedAt,
	}, r.Title)}
}

func (s *Service) attachmentsByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*Attachment, error) {
	rows, err := attachmentRows(ctx, s.store.AppealAttachment.Query(), ids...)
	if err != nil {
		return nil, err
	}
	return batch.Group(ids, rows, func(r attachmentRow) uuid.UUID { return r.AppealID }, attachmentRow.attachment), nil
}

// attachmentRows joins in the database, so that attachments take one statement whether there are any or not. They come
// in the order of attaching.
func attachmentRows(ctx context.Context, query *ent.AppealAttachmentQuery, ids ...uuid.UUID) ([]attachmentRow, error) {
	var rows []attachmentRow
	if err := query.Where(appealattachment.AppealIDIn(ids...)).
		Modify(func(q *sql.Selector) {
			version, doc := sql.Table(documentversion.Table), sql.Table(document.Table)
			q.Join(version).On(q.C(appealattachment.FieldVersionID), version.C(documentversion.FieldID))
			q.Join(doc).On(version.C(documentversion.FieldDocumentID), doc.C(document.FieldID))
			// The privacy rules filter attachments; what is joined to them must have the same owner.
			q.Where(sql.And(
				sql.ColumnsEQ(q.C(appealattachment.FieldOwnerID), version.C(documentversion.FieldOwnerID)),
				sql.ColumnsEQ(q.C(appealattachment.FieldOwnerID), doc.C(document.FieldOwnerID)),
			))
			q.Select(
				q.C(appealattachment.FieldAppealID), q.C(appealattachment.FieldAttachedAt), q.C(appealattachment.FieldVersionID),
				version.C(documentversion.FieldDocumentID), doc.C(document.FieldTitle), version.C(documentversion.FieldNumber),
				version.C(documentversion.FieldFileName), version.C(documentversion.FieldMediaType), version.C(documentversion.FieldSize),
				version.C(documentversion.FieldSha256), version.C(documentversion.FieldBlobKey), version.C(documentversion.FieldCreatedAt),
				doc.C(document.FieldState), doc.C(document.FieldDeletedAt),
			).OrderBy(q.C(appealattachment.FieldAppealID), q.C(appealattachment.FieldAttachedAt), q.C(appealattachment.FieldID))
		}).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("get attachments: %w", err)
	}
	return rows, nil
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
