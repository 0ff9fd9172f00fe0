package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// SickLeave is a sick leave certificate (электронный листок нетрудоспособности).
type SickLeave struct{ ent.Schema }

// Mixin implements ent.Interface.
func (SickLeave) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedReadOnly{}, timestamps{}}
}

// Fields implements ent.Interface.
func (SickLeave) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(12).Unique().Immutable(),
		optionalText("previous_number"),
		optionalText("next_number"),
		field.Bool("continuation").Default(false),
		field.Bool("duplicate").Default(false),
		enum("state"),
		enum("reason"),
		optionalText("outcome"),
		sealed("diagnosis"),
		day("issued_on"),
		day("starts_on"),
		optionalDay("ends_on"),
		optionalDay("return_on"),
		text("clinic_name"),
		optionalText("clinic_address"),
		optionalText("clinic_ogrn"),
		optionalText("employer_name"),
		optionalText("employer_registration_number"),
		optionalText("employment"),
		field.Int("insured_months").Default(0).Comment("insurance record (страховой стаж), whole months"),
		optionalKopecks("average_earnings"),
		optionalKopecks("average_daily_earnings"),
		optionalKopecks("paid_by_employer"),
		optionalKopecks("paid_by_fund"),
		optionalDay("paid_on"),
		field.Int64("fund_sequence").Default(0).Comment("sequence of the newest event of the fund that was applied"),
	}
}

// Edges implements ent.Interface.
func (SickLeave) Edges() []ent.Edge {
	return []ent.Edge{edge.To("periods", TreatmentPeriod.Type)}
}

// Indexes implements ent.Interface.
func (SickLeave) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "issued_on", "id"),
		index.Fields("owner_id", "updated_at", "id"),
		index.Fields("owner_id", "state", "issued_on", "id"),
	}
}

// TreatmentPeriod is one period of release from work within a sick leave.
type TreatmentPeriod struct{ ent.Schema }

// Mixin implements ent.Interface.
func (TreatmentPeriod) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedReadOnly{}} }

// Fields implements ent.Interface.
func (TreatmentPeriod) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("sick_leave_id", uuid.UUID{}).Immutable(),
		field.Int("ordinal").Immutable(),
		day("starts_on"),
		day("ends_on"),
		text("doctor_name"),
		optionalText("doctor_post"),
		optionalText("commission_chairman"),
	}
}

// Edges implements ent.Interface.
func (TreatmentPeriod) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("sick_leave", SickLeave.Type).Ref("periods").Field("sick_leave_id").Unique().Required().Immutable(),
	}
}

// Indexes implements ent.Interface.
func (TreatmentPeriod) Indexes() []ent.Index {
	return []ent.Index{index.Fields("sick_leave_id", "ordinal").Unique()}
}
