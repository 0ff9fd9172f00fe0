// Package schema declares the entities of the store, a file per domain.
//
// Every entity has an owner column and a privacy policy (ent/rule); the values of enumerations are stored as
// text and belong to the domain packages, which alone know what may follow what.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"kabinet/ent/rule"
	"kabinet/internal/calendar"
)

// identified gives an entity a time-ordered key (UUID version 7).
type identified struct{ mixin.Schema }

func (identified) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newID).Immutable(),
	}
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// owned gives an entity its owner: the person or organisation whose record it is. The column stands on every
// row, children included, so that one privacy rule and one index prefix serve all.
type owned struct{ mixin.Schema }

func (owned) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("owner_id", uuid.UUID{}).Immutable().Comment("owner (person or organisation) of the record"),
	}
}

func (owned) Policy() ent.Policy { return rule.Owned("owner_id") }

// ownedReadOnly is owned for records that only the system writes.
type ownedReadOnly struct{ owned }

func (ownedReadOnly) Policy() ent.Policy { return rule.OwnedReadOnly("owner_id") }

// ownedAppendOnly is owned for records that are never changed.
type ownedAppendOnly struct{ owned }

func (ownedAppendOnly) Policy() ent.Policy { return rule.OwnedAppendOnly("owner_id") }

// ownedGrowing is owned for records to which a person's acts add and which only the system changes.
type ownedGrowing struct{ owned }

func (ownedGrowing) Policy() ent.Policy { return rule.OwnedGrowing("owner_id") }

// timestamps gives an entity the moments of its creation and last change, set by services from their clock.
type timestamps struct{ mixin.Schema }

func (timestamps) Fields() []ent.Field {
	return []ent.Field{
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}

// day is a civil date column: DATE on both databases.
func day(name string) ent.Field {
	return field.String(name).GoType(calendar.Date{}).SchemaType(dateType())
}

// optionalDay is day that may be absent (NULL, the zero calendar.Date).
func optionalDay(name string) ent.Field {
	return field.String(name).GoType(calendar.Date{}).SchemaType(dateType()).Optional()
}

func dateType() map[string]string {
	return map[string]string{dialect.Postgres: "date", dialect.SQLite: "date"}
}

// kopecks is a money column: an integer number of kopecks.
func kopecks(name string) ent.Field {
	return field.Int64(name).Default(0).Comment("kopecks")
}

// optionalKopecks is kopecks that may be absent: nothing is another amount than none that is known.
func optionalKopecks(name string) ent.Field {
	return field.Int64(name).Optional().Nillable().Comment("kopecks; absent while not known")
}

// text is a short text column.
func text(name string) ent.Field { return field.String(name).Default("") }

// optionalText is text that may be absent.
func optionalText(name string) ent.Field { return field.String(name).Optional().Nillable() }

// enum is a text column that holds the name of a value of a domain's enumeration.
func enum(name string) ent.Field { return field.String(name).MaxLen(64) }

// sealed is a column encrypted by package seal, with the column and the row as associated data.
func sealed(name string) ent.Field { return field.Bytes(name).Optional().Sensitive() }
