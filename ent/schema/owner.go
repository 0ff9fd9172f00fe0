package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"kabinet/ent/rule"
)

// Owner is whose records are: a person or an organisation. A person's id and their owner's id are the same,
// and so with organisations. Its row is the lock under which everything that the owner sees is changed.
type Owner struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Owner) Mixin() []ent.Mixin { return []ent.Mixin{identified{}} }

// Policy implements ent.Interface. Its numbers are raised by package owner below these rules.
func (Owner) Policy() ent.Policy { return rule.OwnedReadOnly("id") }

// Fields implements ent.Interface.
func (Owner) Fields() []ent.Field {
	return []ent.Field{
		enum("kind"),
		field.Int64("sequence").Default(0).
			Comment("number of the newest feed event; the version of all that the owner sees"),
		field.Int64("audit_sequence").Default(0).Comment("number of the newest journal entry"),
		field.Bytes("audit_head").Optional().Comment("hash of the newest journal entry"),
		field.Time("created_at").Immutable(),
	}
}

// Person is an insured person (застрахованный) who may enter the cabinet.
type Person struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Person) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, timestamps{}} }

// Policy implements ent.Interface.
func (Person) Policy() ent.Policy { return rule.OwnedReadOnly("id") }

// Fields implements ent.Interface.
func (Person) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("subject_hash").Optional().Unique().Comment("keyed hash of the identity provider and its subject"),
		field.Bytes("snils_hash").Optional().Unique().Comment("keyed hash of the SNILS"),
		field.Bool("trusted").Default(false).Comment("the identity provider has confirmed the account"),
		sealed("identity"),
		sealed("contacts"), // what the person has entered in the cabinet themselves
	}
}

// Organisation is an employer (страхователь) or another legal body for which people act.
type Organisation struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Organisation) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, timestamps{}} }

// Policy implements ent.Interface.
func (Organisation) Policy() ent.Policy { return rule.OwnedReadOnly("id") }

// Fields implements ent.Interface.
func (Organisation) Fields() []ent.Field {
	return []ent.Field{
		enum("kind"),
		field.String("name"),
		field.Bytes("identity").Optional().Sensitive().Comment("sealed: INN, OGRN, registration number"),
		field.Bytes("inn_hash").Optional().Comment("keyed hash of the INN"),
		field.Bytes("registration_number_hash").Optional().Unique().Comment("keyed hash of the number at the fund"),
	}
}

// Indexes implements ent.Interface.
func (Organisation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inn_hash")}
}
