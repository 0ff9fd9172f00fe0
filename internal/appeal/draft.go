package appeal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/appeal"
	"kabinet/ent/appealattachment"
	"kabinet/internal/audit"
	documents "kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Limits of a draft.
const (
	maxSubject   = 200    // characters
	maxBody      = 20_000 // characters
	maxDocuments = 10
)

// DraftInput is an appeal to be kept as a draft.
type DraftInput struct {
	ID             *ref.Ref   // the draft to replace; nil begins a new one
	IfUpdatedAt    *time.Time // when the draft was last changed as far as the client knows; nil does not ask
	Kind           Kind
	Subject        string
	Body           string
	Documents      []ref.Ref // to attach, in this order, each in its present version
	IdempotencyKey string    `json:"-"`
}

// SaveDraft keeps an appeal that is being written, or being corrected because the fund has asked for it. Its faults are a fault.Invalid; then nothing is kept.
func (s *Service) SaveDraft(ctx context.Context, in DraftInput) (*Appeal, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	person := viewer.FromContext(ctx).PersonID
	var saved ref.Ref
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		saved, _, err = idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: person, Operation: "saveAppealDraft", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) { return s.saveDraft(ctx, tx, person, in) })
		return err
	}); err != nil {
		return nil, err
	}
	return s.Get(ctx, saved.ID)
}

func (in *DraftInput) validate() error {
	var faults fault.Invalid
	if in.ID != nil && in.ID.Kind != ref.Appeal {
		faults.Add(fault.Unknown, unknownDraft(), "id")
	}
	if utf8.RuneCountInString(in.Subject) > maxSubject {
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Тема длиннее 200 знаков. Сократите её, подробности напишите в тексте.",
			En: "The subject is longer than 200 characters. Shorten it and put the details into the text.",
		}, "subject")
	}
	if utf8.RuneCountInString(in.Body) > maxBody {
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Текст длиннее 20 000 знаков. Сократите его или приложите документ.",
			En: "The text is longer than 20,000 characters. Shorten it or attach a document.",
		}, "body")
	}
	if len(in.Documents) > maxDocuments {
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Приложить можно не больше 10 документов.",
			En: "At most 10 documents can be attached.",
		}, "documents")
	}
	seen := make(map[ref.Ref]bool, len(in.Documents))
	for i, d := range in.Documents[:min(len(in.Documents), maxDocuments)] {
		if d.Kind != ref.Document {
			faults.Add(fault.Unknown, unknownDocument(), "documents", strconv.Itoa(i))
			continue
		}
		if seen[d] {
			faults.Add(fault.InConflict, locale.Text{
				Ru: "Один документ приложен дважды. Оставьте его один раз.",
				En: "A document is attached twice. Leave it once.",
			}, "documents", strconv.Itoa(i))
		}
		seen[d] = true
	}
	return faults.OrNil()
}

func unknownDraft() locale.Text {
	return locale.Text{
		Ru: "Такого черновика нет. Обновите список обращений.",
		En: "There is no such draft. Reload the list of appeals.",
	}
}

func unknownDocument() locale.Text {
	return locale.Text{
		Ru: "Такого документа нет. Обновите список документов и выберите снова.",
		En: "There is no such document. Reload the list of documents and choose again.",
	}
}

// saveDraft runs in the transaction, under the owner's lock.
func (s *Service) saveDraft(ctx context.Context, tx *storage.Tx, person uuid.UUID, in DraftInput) (ref.Ref, error) {
	var faults fault.Invalid
	var draft *ent.Appeal
	if in.ID != nil {
		var err error
		if draft, err = draftToChange(ctx, tx, person, in); err != nil && !errors.As(err, &faults) {
			return ref.Ref{}, err
		}
	}
	versions, err := presentVersions(ctx, tx, person, in.Documents)
	var more fault.Invalid
	if err != nil && !errors.As(err, &more) {
		return ref.Ref{}, err
	}
	if err := append(faults, more...).OrNil(); err != nil {
		return ref.Ref{}, err
	}
	var id uuid.UUID
	var to *string // a change of the text is no change of the state
	if draft == nil {
		begun := string(Draft)
		to = &begun
		id, err = s.beginDraft(ctx, tx, person, in)
	} else {
		id = draft.ID
		err = s.changeDraft(ctx, tx, id, in)
	}
	if err != nil {
		return ref.Ref{}, err
	}
	if err := s.attach(ctx, tx, person, id, versions); err != nil {
		return ref.Ref{}, err
	}
	subject := ref.Of(ref.Appeal, id)
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: person, Subject: subject, To: to}); err != nil {
		return ref.Ref{}, err
	}
	if err := s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: "appeal.draft.save", Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, nil
}

func (s *Service) beginDraft(ctx context.Context, tx *storage.Tx, person uuid.UUID, in DraftInput) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("begin draft: %w", err)
	}
	body, err := SealBody(s.sealer, id, in.Body)
	if err != nil {
		return uuid.Nil, err
	}
	now := s.clock.Now()
	if err := tx.Appeal.Create().SetID(id).SetOwnerID(person).SetKind(string(in.Kind)).SetState(string(Draft)).
		SetSubject(in.Subject).SetBody(body).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return uuid.Nil, fmt.Errorf("begin draft: %w", err)
	}
	if err := tx.AppealStep.Create().SetOwnerID(person).SetAppealID(id).SetTo(string(Draft)).
		SetActor(string(Citizen)).SetOccurredAt(now).Exec(ctx); err != nil {
		return uuid.Nil, fmt.Errorf("begin draft: %w", err)
	}
	return id, nil
}

// draftToChange finds the person's draft, or their appeal that the fund wants corrected. That it is none, or cannot be changed so, is a fault.Invalid.
func draftToChange(ctx context.Context, tx *storage.Tx, person uuid.UUID, in DraftInput) (*ent.Appeal, error) {
	row, err := tx.Appeal.Query().Where(appeal.ID(in.ID.ID), appeal.OwnerID(person)).Only(ctx)
	var faults fault.Invalid
	switch {
	case ent.IsNotFound(err):
		faults.Add(fault.Unknown, unknownDraft(), "id")
		return nil, faults
	case err != nil:
		return nil, fmt.Errorf("change draft: %w", err)
	}
	if !State(row.State).IsEditable() {
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Обращение уже отправлено, изменить его нельзя. Отзовите его или начните новое.",
			En: "The appeal was submitted and cannot be changed. Withdraw it or begin a new one.",
		}, "id")
	}
	if in.IfUpdatedAt != nil && !in.IfUpdatedAt.Equal(row.UpdatedAt) {
		faults.Add(fault.InConflict, locale.Text{
			Ru: "Черновик изменён на другом устройстве. Откройте его заново и внесите правки.",
			En: "The draft was changed on another device. Open it again and edit that.",
		}, "ifUpdatedAt")
	}
	if Kind(row.Kind) != in.Kind {
		faults.Add(fault.NotAllowed, locale.Text{
			Ru: "Вид обращения изменить нельзя. Начните новое обращение.",
			En: "The kind of an appeal cannot be changed. Begin a new appeal.",
		}, "kind")
	}
	return row, faults.OrNil()
}

func (s *Service) changeDraft(ctx context.Context, tx *storage.Tx, id uuid.UUID, in DraftInput) error {
	body, err := SealBody(s.sealer, id, in.Body)
	if err != nil {
		return err
	}
	if err := tx.Appeal.UpdateOneID(id).SetSubject(in.Subject).SetBody(body).SetUpdatedAt(s.clock.Now()).Exec(ctx); err != nil {
		return fmt.Errorf("change draft: %w", err)
	}
	return nil
}

// presentVersions finds the present version of each of the person's documents, in the order given.
func presentVersions(ctx context.Context, tx *storage.Tx, person uuid.UUID, attached []ref.Ref) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(attached))
	for i, d := range attached {
		ids[i] = d.ID
	}
	present, err := documents.PresentVersions(ctx, tx, person, ids...)
	if err != nil {
		return nil, err
	}
	var faults fault.Invalid
	versions := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		version, ok := present[id]
		if !ok {
			faults.Add(fault.Unknown, unknownDocument(), "documents", strconv.Itoa(i))
		}
		versions[i] = version.Version
	}
	return versions, faults.OrNil()
}

// attach makes these versions, in this order, all that is attached.
func (s *Service) attach(ctx context.Context, tx *storage.Tx, person, id uuid.UUID, versions []uuid.UUID) error {
	if _, err := tx.AppealAttachment.Delete().Where(appealattachment.AppealID(id)).Exec(ctx); err != nil {
		return fmt.Errorf("attach documents: %w", err)
	}
	now := s.clock.Now()
	rows := make([]*ent.AppealAttachmentCreate, len(versions))
	for i, v := range versions {
		rows[i] = tx.AppealAttachment.Create().SetOwnerID(person).SetAppealID(id).SetVersionID(v).SetAttachedAt(now)
	}
	if err := tx.AppealAttachment.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("attach documents: %w", err)
	}
	return nil
}
