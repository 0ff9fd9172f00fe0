package appeal

import (
	"context"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/batch"
	"kabinet/internal/calendar"
	"kabinet/internal/document"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// Where the sealed texts stand.
const (
	bodyPlace    seal.Place = "appeals.body"
	messagePlace seal.Place = "appeal_messages.body"
)

// Kind is the kind of an appeal.
type Kind string

// The kinds.
const (
	Application        Kind = "APPLICATION"
	Inquiry            Kind = "INQUIRY"
	CertificateRequest Kind = "CERTIFICATE_REQUEST"
	Complaint          Kind = "COMPLAINT"
	Feedback           Kind = "FEEDBACK"
)

// Kinds lists all kinds.
func Kinds() []Kind { return []Kind{Application, Inquiry, CertificateRequest, Complaint, Feedback} }

// Appeal is an appeal.
type Appeal struct {
	ID           ref.Ref
	Number       *string // nil until registered
	Kind         Kind
	State        State
	Subject      string
	Specialist   *string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	SubmittedAt  *time.Time
	RegisteredAt *time.Time
	DueOn        calendar.Date // zero until registered

	body     []byte // sealed
	siblings *siblings
}

// Step is a change of state: a line of the timeline.
type Step struct {
	From       *State // nil for the first
	To         State
	Comment    *string
	Actor      Actor
	OccurredAt time.Time
}

// Message is a message between the citizen and the fund.
type Message struct {
	Author     Actor
	AuthorName *string
	Body       string
	SentAt     time.Time
}

// Attachment is a version of a document that is attached.
type Attachment struct {
	Version    *document.Version
	AttachedAt time.Time
}

// StateText explains the state in the language of the request.
func (a *Appeal) StateText(ctx context.Context) string {
	return a.State.Text().In(locale.FromContext(ctx))
}

// siblings are the appeals of one answer: their relations are loaded together.
type siblings struct {
	ids         []uuid.UUID
	steps       batch.Lazy[[]*Step]
	messages    batch.Lazy[[]*Message]
	attachments batch.Lazy[[]*Attachment]
	deliveries  batch.Lazy[*outbox.Delivery]
}

func fromRows(rows []*ent.Appeal) []*Appeal {
	group := &siblings{ids: make([]uuid.UUID, len(rows))}
	appeals := make([]*Appeal, len(rows))
	for i, row := range rows {
		group.ids[i] = row.ID
		appeals[i] = fromRow(row, group)
	}
	return appeals
}

func fromRow(row *ent.Appeal, group *siblings) *Appeal {
	return &Appeal{
		ID: ref.Of(ref.Appeal, row.ID), Number: row.Number, Kind: Kind(row.Kind), State: State(row.State),
		Subject: row.Subject, Specialist: row.Specialist, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		SubmittedAt: row.SubmittedAt, RegisteredAt: row.RegisteredAt, DueOn: row.DueOn,
		body: row.Body, siblings: group,
	}
}

func fromStepRow(row *ent.AppealStep) *Step {
	return &Step{
		From: (*State)(row.From), To: State(row.To), Comment: row.Comment,
		Actor: Actor(row.Actor), OccurredAt: row.OccurredAt,
	}
}

// fromMessageRow makes a message of a row whose body is open.
func fromMessageRow(row *ent.AppealMessage) *Message {
	return &Message{Author: Actor(row.Author), AuthorName: row.AuthorName, Body: string(row.Body), SentAt: row.SentAt}
}
