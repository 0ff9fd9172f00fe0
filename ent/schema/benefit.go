package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Benefit is a benefit (пособие) that the fund calculates and pays.
type Benefit struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Benefit) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedReadOnly{}, timestamps{}}
}

// Fields implements ent.Interface.
func (Benefit) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(32).Unique().Immutable(),
		enum("type"),
		enum("state"),
		field.UUID("sick_leave_id", uuid.UUID{}).Optional().Nillable(),
		day("starts_on"),
		optionalDay("ends_on"),
		optionalKopecks("amount"),
		optionalText("notice"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Edges implements ent.Interface.
func (Benefit) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("accruals", Accrual.Type),
		edge.To("sick_leave", SickLeave.Type).Field("sick_leave_id").Unique(),
	}
}

// Indexes implements ent.Interface.
func (Benefit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "starts_on", "id"),
		index.Fields("owner_id", "updated_at", "id"),
		index.Fields("owner_id", "state", "starts_on", "id"),
		index.Fields("owner_id", "type", "starts_on", "id"),
		index.Fields("sick_leave_id"),
	}
}

// Accrual is one amount accrued (начисление) under a benefit.
type Accrual struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Accrual) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (Accrual) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("benefit_id", uuid.UUID{}).Immutable(),
		day("starts_on"),
		day("ends_on"),
		kopecks("amount"),
		kopecks("withheld"),
		day("accrued_on"),
		optionalDay("paid_on"),
	}
}

// Edges implements ent.Interface.
func (Accrual) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("benefit", Benefit.Type).Ref("accruals").Field("benefit_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (Accrual) Indexes() []ent.Index {
	return []ent.Index{index.Fields("benefit_id", "accrued_on", "id")}
}
