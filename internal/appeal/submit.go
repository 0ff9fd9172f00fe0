package appeal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/appeal"
	"kabinet/internal/audit"
	documents "kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
)

// SubmitInput names an appeal to be submitted: a draft, or one that the citizen has corrected.
type SubmitInput struct {
	ID             ref.Ref
	IfUpdatedAt    *time.Time // when it was last changed as far as the client knows; nil does not ask
	IdempotencyKey string     `json:"-"`
}

// Submit sends an appeal to the fund. Its faults are a fault.Invalid with all that is lacking; then nothing is sent.
func (s *Service) Submit(ctx context.Context, in SubmitInput) (*Appeal, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	applicant, err := s.people.Viewer(ctx)
	if err != nil {
		return nil, err
	}
	return s.act(ctx, submission(applicant, in), func(ctx context.Context, tx *storage.Tx) (ref.Ref, error) { return s.submit(ctx, tx, applicant, in) })
}

func submission(applicant *person.Person, in SubmitInput) idempotency.Request {
	return idempotency.Request{Owner: applicant.ID.ID, Operation: "submitAppeal", Key: in.IdempotencyKey, Input: in}
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid.
func (in SubmitInput) Validate() error {
	var faults fault.Invalid
	if in.ID.Kind != ref.Appeal {
		faults.Add(fault.Unknown, unknownAppeal(), "id")
		return faults
	}
	return idempotency.Check(in.IdempotencyKey)
}

// CheckSubmit finds all faults for which Submit would refuse now, so that nobody is asked to confirm in vain. What was
// submitted under the same key has none: Submit gives it once more.
func (s *Service) CheckSubmit(ctx context.Context, in SubmitInput) error {
	if err := in.Validate(); err != nil {
		return err
	}
	applicant, err := s.people.Viewer(ctx)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if done, err := idempotency.Known(ctx, tx, s.sealer, submission(applicant, in)); done || err != nil {
			return err
		}
		_, err := s.examine(ctx, tx, applicant, in)
		return err
	})
}

// act does something once, in a transaction under the owner's lock, and gives the appeal as it is then.
func (s *Service) act(ctx context.Context, r idempotency.Request, do func(context.Context, *storage.Tx) (ref.Ref, error)) (*Appeal, error) {
	var done ref.Ref
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) (err error) {
		done, _, err = idempotency.Once(ctx, tx, s.sealer, s.clock, r, func() (ref.Ref, error) { return do(ctx, tx) })
		return err
	}); err != nil {
		return nil, err
	}
	return s.Get(ctx, done.ID)
}

// submit runs in the transaction, under the owner's lock.
func (s *Service) submit(ctx context.Context, tx *storage.Tx, applicant *person.Person, in SubmitInput) (ref.Ref, error) {
	ready, err := s.examine(ctx, tx, applicant, in)
	if err != nil {
		return ref.Ref{}, err
	}
	row, now := ready.row, s.clock.Now()
	if err := tx.Appeal.UpdateOneID(row.ID).SetState(string(Submitted)).SetSubmittedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("submit appeal: %w", err)
	}
	if err := s.advance(ctx, tx, row, Submitted, now); err != nil {
		return ref.Ref{}, err
	}
	subject := ref.Of(ref.Appeal, row.ID)
	if err := s.journal.Write(ctx, tx, audit.Entry{Owner: row.OwnerID, Action: "appeal.submit", Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.outbox.Add(ctx, tx, outbox.Command{
		Owner: row.OwnerID, Type: TypeSubmitted, Subject: subject, Data: ready.command(applicant, now),
	})
}

// advance writes the line of the timeline and the event of a citizen's act.
func (s *Service) advance(ctx context.Context, tx *storage.Tx, row *ent.Appeal, to State, now time.Time) error {
	if err := tx.AppealStep.Create().SetOwnerID(row.OwnerID).SetAppealID(row.ID).SetFrom(row.State).SetTo(string(to)).
		SetActor(string(Citizen)).SetOccurredAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("step of appeal: %w", err)
	}
	next := string(to)
	return s.feed.Record(ctx, tx, feed.Change{Owner: row.OwnerID, Subject: ref.Of(ref.Appeal, row.ID), From: &row.State, To: &next})
}

// readyAppeal is an appeal that can be submitted.
type readyAppeal struct {
	row      *ent.Appeal
	body     string
	attached []attachmentRow
}

// examine finds the person's appeal and looks for all that is lacking, which is a fault.Invalid.
func (s *Service) examine(ctx context.Context, tx *storage.Tx, applicant *person.Person, in SubmitInput) (*readyAppeal, error) {
	row, err := own(ctx, tx, applicant.ID.ID, in.ID)
	if err != nil {
		return nil, err
	}
	var faults fault.Invalid
	if !State(row.State).CanBecome(Submitted, Citizen) {
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Обращение уже отправлено. Отправить снова можно, когда фонд попросит исправить его.",
			En: "The appeal was submitted already. It can be submitted again when the fund asks for a correction.",
		}, "id")
		return nil, faults
	}
	if in.IfUpdatedAt != nil && !in.IfUpdatedAt.Equal(row.UpdatedAt) {
		faults.Add(fault.InConflict, locale.Text{
			Ru: "Обращение изменено на другом устройстве. Откройте его заново и проверьте перед отправкой.",
			En: "The appeal was changed on another device. Open it again and check it before submitting.",
		}, "ifUpdatedAt")
	}
	ready := &readyAppeal{row: row}
	if len(row.Body) > 0 {
		body, err := s.sealer.Open(bodyPlace, row.ID, row.Body)
		if err != nil {
			return nil, fmt.Errorf("open body of appeal: %w", err)
		}
		ready.body = string(body)
	}
	if ready.attached, err = attachmentRows(ctx, tx.AppealAttachment.Query(), row.ID); err != nil {
		return nil, err
	}
	faults = append(faults, ready.lacking()...)
	faults = append(faults, lackingContacts(applicant)...)
	return ready, faults.OrNil()
}

// needs is what an appeal of a kind must have.
type needs struct{ subject, body, documents bool }

// needsOf tells what must be filled in. An application is decided on papers; a request for a certificate says all in its
// subject; feedback has no need of one.
func needsOf(k Kind) needs {
	switch k {
	case Application:
		return needs{subject: true, body: true, documents: true}
	case Inquiry, Complaint:
		return needs{subject: true, body: true}
	case CertificateRequest:
		return needs{subject: true}
	case Feedback:
		return needs{body: true}
	}
	return needs{subject: true, body: true}
}

// mediaTypes are what the fund takes as attachments.
func mediaTypes() []string { return []string{"application/pdf", "image/jpeg"} }

// lacking finds what an appeal has not, or has and must not.
func (r *readyAppeal) lacking() fault.Invalid {
	var faults fault.Invalid
	need := needsOf(Kind(r.row.Kind))
	if need.subject && strings.TrimSpace(r.row.Subject) == "" {
		faults.Add(fault.Required, locale.Text{Ru: "Укажите тему обращения.", En: "Name the subject of the appeal."}, "subject")
	}
	if need.body && strings.TrimSpace(r.body) == "" {
		faults.Add(fault.Required, locale.Text{Ru: "Напишите текст обращения.", En: "Write the text of the appeal."}, "body")
	}
	if need.documents && len(r.attached) == 0 {
		faults.Add(fault.Required, locale.Text{
			Ru: "Приложите к заявлению хотя бы один документ.", En: "Attach at least one document to the application.",
		}, "documents")
	}
	for i, a := range r.attached {
		path := []string{"documents", strconv.Itoa(i)}
		switch {
		case a.DeletedAt != nil:
			faults.Add(fault.Unknown, locale.Text{
				Ru: "Приложенный документ удалён. Уберите его или восстановите.",
				En: "The attached document was deleted. Remove it or restore it.",
			}, path...)
		case documents.State(a.State) == documents.Rejected:
			faults.Add(fault.NotAllowed, locale.Text{
				Ru: "Приложенный документ отклонён фондом. Замените его.",
				En: "The fund has rejected the attached document. Replace it.",
			}, path...)
		case !slices.Contains(mediaTypes(), a.MediaType):
			faults.Add(fault.NotAllowed, locale.Text{
				Ru: "К обращению можно приложить только PDF или JPEG. Сохраните документ в одном из этих форматов.",
				En: "Only PDF and JPEG can be attached to an appeal. Save the document in one of these formats.",
			}, path...)
		}
	}
	return faults
}

// lackingContacts finds whether the fund could answer at all.
func lackingContacts(p *person.Person) fault.Invalid {
	var faults fault.Invalid
	if p.Email() == nil && p.Phone() == nil {
		faults.Add(fault.Required, locale.Text{
			Ru: "Укажите в профиле адрес электронной почты или телефон: на них придёт ответ.",
			En: "Enter an e-mail address or a phone number in your profile: the answer goes there.",
		}, "contacts")
	}
	return faults
}

// own finds the person's appeal. That there is none is a fault.Invalid.
func own(ctx context.Context, tx *storage.Tx, person uuid.UUID, id ref.Ref) (*ent.Appeal, error) {
	row, err := tx.Appeal.Query().Where(appeal.ID(id.ID), appeal.OwnerID(person)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		var faults fault.Invalid
		faults.Add(fault.Unknown, unknownAppeal(), "id")
		return nil, faults
	case err != nil:
		return nil, fmt.Errorf("find appeal: %w", err)
	}
	return row, nil
}

func unknownAppeal() locale.Text {
	return locale.Text{
		Ru: "Такого обращения нет. Обновите список обращений.",
		En: "There is no such appeal. Reload the list of appeals.",
	}
}
