package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Session is one signed-in browser or device. The row is the truth; Redis is a cache in front of it.
type Session struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("token_hash").Unique().Sensitive().Comment("hash of the token; the token itself is kept nowhere"),
		field.Bytes("sealed").Sensitive().Comment("session data; the key comes from the token"),
		enum("kind"),
		text("device"),
		field.Time("created_at").Immutable(),
		field.Time("idle_ends_at"),
		field.Time("absolute_ends_at").Immutable(),
		field.Time("ended_at").Optional().Nillable(),
		text("end_reason"),
		field.Time("forgotten_at").Optional().Nillable().
			Comment("when the copy was forgotten and every instance told; absent in an ended session: a sweep must do it"),
	}
}

// Indexes implements ent.Interface.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("ended_at").Annotations(entsql.IndexWhere("ended_at IS NOT NULL AND forgotten_at IS NULL")),
		index.Fields("absolute_ends_at"),
	}
}
