package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Appeal is what a citizen asks of the fund (обращение): an application, an inquiry, a complaint.
type Appeal struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Appeal) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, owned{}, timestamps{}} }

// Fields implements ent.Interface.
func (Appeal) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(32).Optional().Nillable().Unique().Comment("given by the fund at registration"),
		enum("kind"),
		enum("state"),
		field.String("subject").MaxLen(4096).Default("").Comment("what it is about, as the citizen named it"),
		sealed("body"),
		optionalText("specialist"),
		field.Time("submitted_at").Optional().Nillable(),
		field.Time("registered_at").Optional().Nillable(),
		optionalDay("due_on"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Edges implements ent.Interface.
func (Appeal) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("steps", AppealStep.Type),
		edge.To("messages", AppealMessage.Type),
		edge.To("attachments", AppealAttachment.Type),
	}
}

// Indexes implements ent.Interface.
func (Appeal) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("owner_id", "updated_at", "id"),
		index.Fields("owner_id", "state", "created_at", "id"),
		index.Fields("owner_id", "kind", "created_at", "id"),
	}
}

// AppealStep is one change of an appeal's state: a line of its timeline.
type AppealStep struct{ ent.Schema }

// Mixin implements ent.Interface.
func (AppealStep) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedAppendOnly{}} }

// Fields implements ent.Interface.
func (AppealStep) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("appeal_id", uuid.UUID{}).Immutable(),
		field.String("from").MaxLen(64).Optional().Nillable().Immutable(),
		field.String("to").MaxLen(64).Immutable(),
		field.String("comment").Optional().Nillable().Immutable(),
		field.String("actor").MaxLen(64).Immutable(),
		field.Time("occurred_at").Immutable(),
	}
}

// Edges implements ent.Interface.
func (AppealStep) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("appeal", Appeal.Type).Ref("steps").Field("appeal_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (AppealStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("appeal_id", "occurred_at", "id")}
}

// AppealMessage is one message between the citizen and the fund within an appeal.
type AppealMessage struct{ ent.Schema }

// Mixin implements ent.Interface.
func (AppealMessage) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedAppendOnly{}} }

// Fields implements ent.Interface.
func (AppealMessage) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("appeal_id", uuid.UUID{}).Immutable(),
		field.String("author").MaxLen(64).Immutable(),
		field.String("author_name").Optional().Nillable().Immutable(),
		field.Bytes("body").Immutable().Sensitive(),
		field.Time("sent_at").Immutable(),
	}
}

// Edges implements ent.Interface.
func (AppealMessage) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("appeal", Appeal.Type).Ref("messages").Field("appeal_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (AppealMessage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("appeal_id", "sent_at", "id")}
}

// AppealAttachment joins a version of a document to an appeal.
type AppealAttachment struct{ ent.Schema }

// Mixin implements ent.Interface.
func (AppealAttachment) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, owned{}} }

// Fields implements ent.Interface.
func (AppealAttachment) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("appeal_id", uuid.UUID{}).Immutable(),
		field.UUID("version_id", uuid.UUID{}).Immutable(),
		field.Time("attached_at").Immutable(),
	}
}

// Edges implements ent.Interface.
func (AppealAttachment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("appeal", Appeal.Type).Ref("attachments").Field("appeal_id").Unique().Required().Immutable(),
		edge.To("version", DocumentVersion.Type).Field("version_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (AppealAttachment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("appeal_id", "version_id").Unique()}
}
