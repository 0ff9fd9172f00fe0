package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Confirmation is one action of a person that waits for their one-time code.
type Confirmation struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Confirmation) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (Confirmation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("session_id", uuid.UUID{}).Immutable(),
		field.String("operation").MaxLen(64).Immutable().Comment("name of the mutation"),
		field.Bytes("payload_hash").Immutable().Comment("keyed hash of its input"),
		field.Bytes("code_hash").Sensitive().Comment("keyed hash of the code that was sent last"),
		enum("channel"),
		field.Int("sent").Default(1).Comment("how often a code was sent"),
		field.Int("failures").Default(0),
		field.Time("created_at").Immutable(),
		field.Time("sent_at"),
		field.Time("expires_at"),
		field.Time("used_at").Optional().Nillable(),
	}
}

// Indexes implements ent.Interface.
func (Confirmation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "session_id", "operation"),
		index.Fields("expires_at"),
	}
}

// SecretLock counts a person's failures at one kind of secret, and shuts it for a while when there are too many.
type SecretLock struct{ ent.Schema }

// Mixin implements ent.Interface.
func (SecretLock) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (SecretLock) Fields() []ent.Field {
	return []ent.Field{
		enum("secret"),
		field.Int("failures").Default(0),
		field.Int("times").Default(0).Comment("how often it was locked without a success in between"),
		field.Time("failed_at").Optional().Nillable(),
		field.Time("locked_until").Optional().Nillable(),
	}
}

// Indexes implements ent.Interface.
func (SecretLock) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id", "secret").Unique()}
}
