package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Command is what a person has done that the fund must learn of. The row is what its person sees of the delivery, and
// the queue from which it is delivered.
type Command struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Command) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedGrowing{}, timestamps{}}
}

// Fields implements ent.Interface.
func (Command) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").MaxLen(64).Immutable().Comment("type of the event"),
		field.String("subject").MaxLen(64).Immutable().Comment("reference to what it is about"),
		field.Int64("sequence").Immutable().Comment("rising within the subject, from 1"),
		field.Bytes("payload").Sensitive().Immutable().Comment("sealed: the data of the event"),
		enum("state"),
		field.Int("attempts").Default(0),
		text("last_error"),
		field.Time("next_attempt_at").Optional().Nillable().Comment("absent when there will be none"),
		field.Time("claimed_until").Optional().Nillable().Comment("somebody is delivering it until then"),
		field.Time("delivered_at").Optional().Nillable(),
	}
}

// Indexes implements ent.Interface.
func (Command) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("subject", "sequence").Unique(),
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("next_attempt_at").Annotations(entsql.IndexWhere("next_attempt_at IS NOT NULL")),
	}
}

// Clarification is a question of a person about a sick leave, to their employer or doctor, and its answer.
type Clarification struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Clarification) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, owned{}, timestamps{}} }

// Fields implements ent.Interface.
func (Clarification) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("sick_leave_id", uuid.UUID{}).Immutable(),
		enum("addressee"),
		enum("state"),
		sealed("question"),
		sealed("answer"),
		field.Time("answered_at").Optional().Nillable(),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Clarification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("sick_leave_id", "created_at", "id"),
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("owner_id", "state", "created_at", "id"),
	}
}
