package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"kabinet/ent/rule"
)

// FeedEvent is one change of something that its owner sees. It is written in the transaction of the change.
type FeedEvent struct{ ent.Schema }

// Mixin implements ent.Interface.
func (FeedEvent) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedGrowing{}} }

// Fields implements ent.Interface.
func (FeedEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable().Comment("gap-free within the owner, from 1"),
		field.String("subject_kind").MaxLen(8).Immutable(),
		field.UUID("subject_id", uuid.UUID{}).Immutable(),
		field.String("from").MaxLen(64).Optional().Nillable().Immutable(),
		field.String("to").MaxLen(64).Optional().Nillable().Immutable(),
		field.String("comment").Optional().Nillable().Immutable(),
		field.Time("occurred_at").Immutable(),
		field.Time("announced_at").Optional().Nillable().
			Comment("when the wake-up was sent; absent: a sweep must send it"),
	}
}

// Indexes implements ent.Interface.
func (FeedEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "sequence").Unique(),
		index.Fields("occurred_at").Annotations(entsql.IndexWhere("announced_at IS NULL")),
	}
}

// AuditEntry is one line of the journal: who did what to whose record, allowed or denied. Entries of one owner
// form a hash chain whose head is kept in the owner's row.
type AuditEntry struct{ ent.Schema }

// Mixin implements ent.Interface.
func (AuditEntry) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedAppendOnly{}} }

// Fields implements ent.Interface.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable().Comment("gap-free within the owner, from 1"),
		field.String("actor").MaxLen(64).Immutable().Comment("person id, or system:reason"),
		field.UUID("session_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("action").MaxLen(64).Immutable(),
		field.String("subject").MaxLen(64).Default("").Immutable(),
		field.Bool("allowed").Immutable(),
		field.String("reason").Default("").Immutable(),
		field.Time("occurred_at").Immutable(),
		field.Bytes("previous_hash").Optional().Immutable(),
		field.Bytes("hash").Immutable(),
	}
}

// Indexes implements ent.Interface.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "sequence").Unique(),
		index.Fields("owner_id", "occurred_at", "id"),
	}
}

// IdempotencyRecord remembers what a mutation answered for a key, so that the same request answers the same.
type IdempotencyRecord struct{ ent.Schema }

// Mixin implements ent.Interface.
func (IdempotencyRecord) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedGrowing{}} }

// Fields implements ent.Interface.
func (IdempotencyRecord) Fields() []ent.Field {
	return []ent.Field{
		field.String("operation").MaxLen(64).Immutable(),
		field.String("key").MaxLen(128).Immutable(),
		field.Bytes("input_hash").Immutable(),
		field.String("result").MaxLen(64).Immutable().Comment("id of what the mutation made or changed"),
		field.Time("created_at").Immutable(),
	}
}

// Indexes implements ent.Interface.
func (IdempotencyRecord) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "operation", "key").Unique(),
		index.Fields("created_at"),
	}
}

// FundEvent is an event that came from the fund, kept with what became of it.
type FundEvent struct{ ent.Schema }

// Mixin implements ent.Interface.
func (FundEvent) Mixin() []ent.Mixin { return []ent.Mixin{identified{}} }

// Policy implements ent.Interface.
func (FundEvent) Policy() ent.Policy { return rule.SystemOnly() }

// Fields implements ent.Interface.
func (FundEvent) Fields() []ent.Field {
	return []ent.Field{
		field.String("source").MaxLen(255).Immutable(),
		field.String("event_id").MaxLen(255).Immutable(),
		field.String("type").MaxLen(255),
		field.String("subject").MaxLen(255),
		field.Int64("sequence"),
		enum("outcome"),
		text("reason"),
		field.Bytes("payload").Sensitive().Comment("sealed: the data as it came"),
		field.Time("received_at").Comment("when it came last: one that was parked or refused may be sent again"),
		field.Time("applied_at").Optional().Nillable(),
	}
}

// Indexes implements ent.Interface.
func (FundEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("source", "event_id").Unique(),
		index.Fields("outcome", "received_at", "id"),
		// What is parked for a reason is looked for after every event that makes something known.
		index.Fields("reason", "sequence").Annotations(entsql.IndexWhere("outcome = 'PARKED'")),
	}
}
