package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Session is one signed-in browser or device. The row is the truth; Redis is a cache in front of it.
type Session struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("token_hash").Unique().Sensitive().Comment("hash of the token; the token itself is kept nowhere"),
		field.Bytes("wrapped").Optional().Sensitive().Comment("the data key, wrapped with a key that comes from the token"),
		field.Bytes("sealed").Sensitive().Comment("session data, under the data key"),
		enum("kind"),
		text("device"),
		text("method"),    // how the person proved to the identity provider who they are
		sealed("address"), // network address of the login
		field.Bytes("provider_session_hash").Optional().Comment("keyed hash of the identity provider and its own session"),
		field.Time("created_at").Immutable(),
		field.Time("idle_ends_at"),
		field.Time("absolute_ends_at").Immutable(),
		field.Time("renewing_until").Optional().Nillable().Comment("the provider's tokens are being renewed by somebody until then"),
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
		index.Fields("provider_session_hash"),
	}
}

// SessionToken is a one-use token by which the mobile app gets the next one: the code of a login, or a refresh token.
// Each wraps the session's data key, so that the app needs nothing else to go on.
type SessionToken struct{ ent.Schema }

// Mixin implements ent.Interface.
func (SessionToken) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (SessionToken) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("session_id", uuid.UUID{}).Immutable(),
		enum("kind"),
		field.Bytes("token_hash").Unique().Sensitive().Comment("hash of the token; the token itself is kept nowhere"),
		field.Bytes("wrapped").Sensitive().Comment("the session's data key, wrapped with a key that comes from the token"),
		text("challenge"),    // of a code: PKCE S256 challenge
		text("redirect_uri"), // of a code: where it was sent
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("used_at").Optional().Nillable(),
		field.UUID("replaced_by", uuid.UUID{}).Optional().Nillable().Comment("the refresh token that was given for it"),
	}
}

// Indexes implements ent.Interface.
func (SessionToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("session_id")}
}
