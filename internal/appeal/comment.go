package appeal

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// maxComment is how long a message of the citizen may be, in characters.
const maxComment = 4000

// CommentInput is a message within an appeal.
type CommentInput struct {
	ID             ref.Ref
	Text           string
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid.
func (in CommentInput) Validate() error {
	var faults fault.Invalid
	if in.ID.Kind != ref.Appeal {
		faults.Add(fault.Unknown, unknownAppeal(), "id")
	}
	switch length := utf8.RuneCountInString(in.Text); {
	case strings.TrimSpace(in.Text) == "":
		faults.Add(fault.Required, locale.Text{Ru: "Напишите сообщение.", En: "Write the message."}, "text")
	case length > maxComment:
		faults.Add(fault.TooLong, locale.Text{
			Ru: "Сообщение длиннее 4000 знаков. Сократите его или разделите на два.",
			En: "The message is longer than 4,000 characters. Shorten it or divide it into two.",
		}, "text")
	}
	return faults.OrNil()
}

// Comment adds a message of the citizen to an appeal on which the fund works. Its faults are a fault.Invalid. What it
// says stays out of the feed and the journal.
func (s *Service) Comment(ctx context.Context, in CommentInput) (*Appeal, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	person := viewer.FromContext(ctx).PersonID
	return s.act(ctx, idempotency.Request{
		Owner: person, Operation: "commentAppeal", Key: in.IdempotencyKey, Input: in,
	}, func(ctx context.Context, tx *storage.Tx) (ref.Ref, error) { return s.comment(ctx, tx, person, in) })
}

// comment runs in the transaction, under the owner's lock.
func (s *Service) comment(ctx context.Context, tx *storage.Tx, person uuid.UUID, in CommentInput) (ref.Ref, error) {
	row, err := own(ctx, tx, person, in.ID)
	if err != nil {
		return ref.Ref{}, err
	}
	if !State(row.State).IsOpen() {
		var faults fault.Invalid
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Писать можно, пока обращение отправлено и не решено. Начните новое обращение.",
			En: "Messages can be sent while an appeal is submitted and not decided. Begin a new appeal.",
		}, "id")
		return ref.Ref{}, faults
	}
	id, err := uuid.NewV7()
	if err != nil {
		return ref.Ref{}, fmt.Errorf("comment appeal: %w", err)
	}
	sealed, err := SealMessage(s.sealer, id, in.Text)
	if err != nil {
		return ref.Ref{}, err
	}
	now := s.clock.Now()
	if err := tx.AppealMessage.Create().SetID(id).SetOwnerID(person).SetAppealID(row.ID).SetAuthor(string(Citizen)).
		SetBody(sealed).SetSentAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("comment appeal: %w", err)
	}
	if err := tx.Appeal.UpdateOneID(row.ID).SetUpdatedAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("comment appeal: %w", err)
	}
	subject := ref.Of(ref.Appeal, row.ID)
	if err := s.feed.Record(ctx, tx, feed.Change{Owner: person, Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	if err := s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: "appeal.comment", Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.outbox.Add(ctx, tx, outbox.Command{
		Owner: person, Type: TypeCommented, Subject: subject, Data: commented{
			Appeal: subject.String(), Number: row.Number, Message: id.String(), Text: in.Text, SentAt: now,
		},
	})
}
