package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"kabinet/ent/rule"
)

// Announcement is what the fund tells everybody (новость, объявление).
type Announcement struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Announcement) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, timestamps{}} }

// Policy implements ent.Interface.
func (Announcement) Policy() ent.Policy { return rule.Public() }

// Fields implements ent.Interface.
func (Announcement) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(64).Unique().Comment("the fund's name for it"),
		field.Int64("sequence").Unique().Comment("rising with each change of any announcement: the position in the stream of them"),
		enum("importance"),
		field.String("title_ru").MaxLen(1024),
		field.String("title_en").MaxLen(1024).Default(""),
		field.String("text_ru"),
		field.String("text_en").Default(""),
		field.Time("published_at"),
		field.Time("expires_at").Optional().Nillable(),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Announcement) Indexes() []ent.Index {
	return []ent.Index{index.Fields("published_at", "id"), index.Fields("importance", "published_at", "id")}
}

// SystemStatus is how a system behind the cabinet does, as the fund has told it last.
type SystemStatus struct{ ent.Schema }

// Mixin implements ent.Interface.
func (SystemStatus) Mixin() []ent.Mixin { return []ent.Mixin{identified{}} }

// Policy implements ent.Interface.
func (SystemStatus) Policy() ent.Policy { return rule.Public() }

// Fields implements ent.Interface.
func (SystemStatus) Fields() []ent.Field {
	return []ent.Field{
		field.String("system").MaxLen(64).Unique(),
		enum("state"),
		field.String("note_ru").Default(""),
		field.String("note_en").Default(""),
		field.Time("since"),
		field.Time("updated_at"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Maintenance is planned work on systems behind the cabinet.
type Maintenance struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Maintenance) Mixin() []ent.Mixin { return []ent.Mixin{identified{}, timestamps{}} }

// Policy implements ent.Interface.
func (Maintenance) Policy() ent.Policy { return rule.Public() }

// Fields implements ent.Interface.
func (Maintenance) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(64).Unique().Comment("the fund's name for it"),
		field.String("systems").MaxLen(1024).Comment("names of the systems, separated by spaces"),
		field.String("text_ru"),
		field.String("text_en").Default(""),
		field.Time("starts_at"),
		field.Time("ends_at"),
		field.Bool("cancelled").Default(false),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Maintenance) Indexes() []ent.Index { return []ent.Index{index.Fields("ends_at", "id")} }

// Deadline is a day by which a person has to do something (срок).
type Deadline struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Deadline) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedReadOnly{}, timestamps{}}
}

// Fields implements ent.Interface.
func (Deadline) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(64).Unique().Comment("the fund's name for it"),
		enum("state"),
		field.String("title").MaxLen(1024).Comment("what has to be done, in the fund's words"),
		day("due_on"),
		field.String("subject").MaxLen(64).Default("").Comment("reference to what it is about, if that is in the cabinet"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Deadline) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "due_on", "id"),
		index.Fields("owner_id", "state", "due_on", "id"),
	}
}

// Contribution is what an employer has paid for a person in a month (страховой взнос).
type Contribution struct{ ent.Schema }

// Mixin implements ent.Interface.
func (Contribution) Mixin() []ent.Mixin {
	return []ent.Mixin{identified{}, ownedReadOnly{}, timestamps{}}
}

// Fields implements ent.Interface.
func (Contribution) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").MaxLen(64).Unique().Comment("the fund's name for it"),
		enum("kind"),
		day("period"),
		field.String("employer_name").MaxLen(1024),
		text("employer_registration_number"),
		kopecks("base"),
		kopecks("amount"),
		field.Int64("fund_sequence").Default(0),
	}
}

// Indexes implements ent.Interface.
func (Contribution) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "period", "id"),
		index.Fields("owner_id", "kind", "period", "id"),
		index.Fields("owner_id", "employer_registration_number", "period", "id"),
	}
}
