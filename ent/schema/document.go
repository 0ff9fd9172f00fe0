package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Document is a paper in the citizen's store; its contents are versions.
type Document struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Document) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, owned{}, timestamps{}} }

// Fields implements ent.Interface.
func (Document) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(1024),
		enum("kind"),
		enum("state"),
		optionalText("verdict"),
		field.Int("current_version").Default(1),
		field.Time("deleted_at").Optional().Nillable(),
		field.Int64("fund_sequence").Default(0),
	}
}

// Edges implements ent.Interface.
func (Document) Edges() []ent.Edge {
	return []ent.Edge{edge.To("versions", DocumentVersion.Type)}
}

// Indexes implements ent.Interface.
func (Document) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("owner_id", "updated_at", "id"),
		index.Fields("owner_id", "state", "created_at", "id"),
	}
}

// DocumentVersion is one content of a document. Versions are never changed.
type DocumentVersion struct{ ent.Schema }

// Mixin implements ent.Interface.
func (DocumentVersion) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedAppendOnly{}} }

// Fields implements ent.Interface.
func (DocumentVersion) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("document_id", uuid.UUID{}).Immutable(),
		field.Int("number").Immutable(),
		field.String("file_name").MaxLen(1024).Immutable(),
		field.String("media_type").MaxLen(255).Immutable(),
		field.Int64("size").Immutable().Comment("bytes"),
		field.Bytes("sha256").Immutable(),
		field.String("blob_key").MaxLen(255).Immutable(),
		field.Time("created_at").Immutable(),
	}
}

// Edges implements ent.Interface.
func (DocumentVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("document", Document.Type).Ref("versions").Field("document_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (DocumentVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("document_id", "number").Unique()}
}
