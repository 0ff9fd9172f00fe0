package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// InsuredRecord is what the fund itself holds of an insured person: one for each person whom it has told of.
type InsuredRecord struct{ ent.Schema }

// Mixin implements ent.Interface.
func (InsuredRecord) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedReadOnly{}, timestamps{}}
}

// Fields implements ent.Interface.
func (InsuredRecord) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("uid_hash").Unique().Comment("keyed hash of the person's number at the fund (UID)"),
		sealed("record"), // personal data, UID and access code, as the fund has told them
		field.Time("linked_at").Optional().Nillable().Comment("when the person has linked their account to it"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (InsuredRecord) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id").Unique()}
}

// Consent is a text that a person has accepted, in one version.
type Consent struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Consent) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedAppendOnly{}} }

// Fields implements ent.Interface.
func (Consent) Fields() []ent.Field {
	return []ent.Field{
		field.String("document").MaxLen(64).Immutable().Comment("which text"),
		field.String("version").MaxLen(32).Immutable(),
		field.Bytes("text_hash").Immutable().Comment("SHA-256 of the text that was shown"),
		field.UUID("session_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.Time("accepted_at").Immutable(),
	}
}

// Indexes implements ent.Interface.
func (Consent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id", "document", "version").Unique()}
}

// SetUpStep is a step of the welcome that a person has done or put aside.
type SetUpStep struct{ ent.Schema }

// Mixin implements ent.Interface.
func (SetUpStep) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, ownedGrowing{}} }

// Fields implements ent.Interface.
func (SetUpStep) Fields() []ent.Field {
	return []ent.Field{
		field.String("step").MaxLen(64).Immutable(),
		field.Time("done_at").Immutable(),
	}
}

// Indexes implements ent.Interface.
func (SetUpStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id", "step").Unique()}
}

// Network is a range of addresses from which a person lets themselves in.
type Network struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Network) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, owned{}} }

// Fields implements ent.Interface.
func (Network) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("range").Sensitive().Comment("sealed: the range in CIDR notation"),
		field.String("title").MaxLen(255).Default("").Comment("what the person calls it"),
		field.Time("created_at").Immutable(),
	}
}

// Indexes implements ent.Interface.
func (Network) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id", "created_at", "id")}
}

// Verification is a request to have one's identity confirmed by scans of documents.
type Verification struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Verification) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedGrowing{}, timestamps{}}
}

// Fields implements ent.Interface.
func (Verification) Fields() []ent.Field {
	return []ent.Field{
		enum("state"),
		field.UUID("passport_version_id", uuid.UUID{}).Comment("the version of a document that is the scan of the passport"),
		field.UUID("snils_version_id", uuid.UUID{}).Comment("likewise, of the SNILS card"),
		sealed("faults"), // what the fund has found missing or wrong
		field.Time("decided_at").Optional().Nillable(),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Verification) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id", "created_at", "id")}
}
