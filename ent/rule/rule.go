// Package rule holds the privacy rules of the store: the second lock, behind the API's own checks.
//
// Every entity has a policy made of these rules, and every policy ends in a denial. A rule knows only the
// viewer in the context and the column that names an owner; it never looks at business state. It depends on
// no generated code, so that the schema can always be loaded to generate it.
package rule

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"
	"github.com/google/uuid"

	"kabinet/internal/viewer"
)

// filterable is what every generated query and every generated update or delete can do:
// take a predicate on the storage level (queries have it from ent/template/wherep.tmpl).
type filterable interface {
	WhereP(...func(*sql.Selector))
}

// Owned is the policy of records that have an owner: the system does everything; a person reads, changes
// and creates only records of the owners they may see; everybody else is denied. column names the owner.
func Owned(column string) ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{denyNobodyQuery{}, allowSystemQuery{}, ownerQuery{column}, denyQuery{}},
		Mutation: privacy.MutationPolicy{denyNobodyMutation{}, allowSystemMutation{}, ownerMutation{column}, denyMutation{}},
	}
}

// OwnedReadOnly is Owned for records that a person may read but only the system writes.
func OwnedReadOnly(column string) ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{denyNobodyQuery{}, allowSystemQuery{}, ownerQuery{column}, denyQuery{}},
		Mutation: privacy.MutationPolicy{denyNobodyMutation{}, allowSystemMutation{}, denyMutation{}},
	}
}

// OwnedAppendOnly is Owned for records that nobody, the system included, changes or deletes.
func OwnedAppendOnly(column string) ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{denyNobodyQuery{}, allowSystemQuery{}, ownerQuery{column}, denyQuery{}},
		Mutation: privacy.MutationPolicy{denyNobodyMutation{}, appendOnly{}, allowSystemMutation{}, ownerMutation{column}, denyMutation{}},
	}
}

// OwnedGrowing is Owned for records to which a person's acts add, and which only the system changes or deletes.
func OwnedGrowing(column string) ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{denyNobodyQuery{}, allowSystemQuery{}, ownerQuery{column}, denyQuery{}},
		Mutation: privacy.MutationPolicy{denyNobodyMutation{}, allowSystemMutation{}, appendOnly{}, ownerMutation{column}, denyMutation{}},
	}
}

// Public is the policy of records that everybody who is signed in reads and only the system writes.
func Public() ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{denyNobodyQuery{}, allowAll{}},
		Mutation: privacy.MutationPolicy{denyNobodyMutation{}, allowSystemMutation{}, denyMutation{}},
	}
}

// SystemOnly is the policy of records that no person ever sees.
func SystemOnly() ent.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{allowSystemQuery{}, denyQuery{}},
		Mutation: privacy.MutationPolicy{allowSystemMutation{}, denyMutation{}},
	}
}

type (
	denyNobodyQuery     struct{}
	denyNobodyMutation  struct{}
	allowSystemQuery    struct{}
	allowSystemMutation struct{}
	allowAll            struct{}
	denyQuery           struct{}
	denyMutation        struct{}
	appendOnly          struct{}
	ownerQuery          struct{ column string }
	ownerMutation       struct{ column string }
)

func denyNobody(ctx context.Context) error {
	if v := viewer.FromContext(ctx); !v.IsPerson() && !v.IsSystem() {
		return privacy.Denyf("nobody is asking")
	}
	return privacy.Skip
}

func allowSystem(ctx context.Context) error {
	if viewer.FromContext(ctx).IsSystem() {
		return privacy.Allow
	}
	return privacy.Skip
}

func (allowAll) EvalQuery(context.Context, ent.Query) error { return privacy.Allow }

func (denyNobodyQuery) EvalQuery(ctx context.Context, _ ent.Query) error { return denyNobody(ctx) }

func (denyNobodyMutation) EvalMutation(ctx context.Context, _ ent.Mutation) error {
	return denyNobody(ctx)
}

func (allowSystemQuery) EvalQuery(ctx context.Context, _ ent.Query) error { return allowSystem(ctx) }

func (allowSystemMutation) EvalMutation(ctx context.Context, _ ent.Mutation) error {
	return allowSystem(ctx)
}

func (denyQuery) EvalQuery(context.Context, ent.Query) error {
	return privacy.Denyf("no rule allows this query")
}

func (denyMutation) EvalMutation(_ context.Context, m ent.Mutation) error {
	return privacy.Denyf("no rule allows this mutation of %s", m.Type())
}

func (appendOnly) EvalMutation(_ context.Context, m ent.Mutation) error {
	if m.Op().Is(ent.OpCreate) {
		return privacy.Skip
	}
	return privacy.Denyf("%s is only added to", m.Type())
}

func (r ownerQuery) EvalQuery(ctx context.Context, q ent.Query) error {
	f, ok := q.(filterable)
	if !ok {
		return privacy.Denyf("query %T cannot be filtered by owner", q)
	}
	f.WhereP(ownedBy(r.column, viewer.FromContext(ctx)))
	return privacy.Allow
}

func (r ownerMutation) EvalMutation(ctx context.Context, m ent.Mutation) error {
	v := viewer.FromContext(ctx)
	if m.Op().Is(ent.OpCreate) {
		value, ok := m.Field(r.column)
		if !ok {
			return privacy.Denyf("%s is created without an owner", m.Type())
		}
		owner, ok := value.(uuid.UUID)
		if !ok || !v.MaySee(owner) {
			return privacy.Denyf("%s is created for somebody else", m.Type())
		}
		return privacy.Allow
	}
	if _, changed := m.Field(r.column); changed {
		return privacy.Denyf("%s may not change its owner", m.Type())
	}
	f, ok := m.(filterable)
	if !ok {
		return privacy.Denyf("mutation of %s cannot be filtered by owner", m.Type())
	}
	f.WhereP(ownedBy(r.column, v))
	return privacy.Allow
}

func ownedBy(column string, v viewer.Viewer) func(*sql.Selector) {
	owners := v.Owners()
	return func(s *sql.Selector) {
		if len(owners) == 1 {
			s.Where(sql.EQ(s.C(column), owners[0]))
			return
		}
		values := make([]any, len(owners))
		for i, o := range owners {
			values[i] = o
		}
		s.Where(sql.In(s.C(column), values...))
	}
}
