package ent_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/migrate"
	"kabinet/ent/privacy"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// nobody is a context in which nobody asks.
func nobody(t *testing.T) context.Context { t.Helper(); return t.Context() }

func TestEveryEntityIsTried(t *testing.T) {
	var tried []string
	for _, e := range entities() {
		tried = append(tried, e.name)
	}

	var declared []string
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), "schema", notTests, 0) //nolint:staticcheck // build tags do not matter here
	require.NoError(t, err)
	for _, p := range packages {
		ast.Inspect(p, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && embeds(spec, "ent", "Schema") {
				declared = append(declared, spec.Name.Name)
			}
			return true
		})
	}
	require.NotEmpty(t, declared)
	require.ElementsMatch(t, declared, tried, "entities of ent/schema")
	require.Len(t, migrate.Tables, len(tried), "tables")

	var clients []string
	client := reflect.TypeFor[ent.Client]()
	for f := range client.Fields() {
		if f.IsExported() && strings.HasSuffix(f.Type.String(), "Client") {
			clients = append(clients, f.Name)
		}
	}
	require.ElementsMatch(t, clients, tried, "generated clients")
}

func embeds(spec *ast.TypeSpec, pkg, name string) bool {
	s, ok := spec.Type.(*ast.StructType)
	return ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		selector, ok := f.Type.(*ast.SelectorExpr)
		if !ok || len(f.Names) > 0 {
			return false
		}
		x, ok := selector.X.(*ast.Ident)
		return ok && x.Name == pkg && selector.Sel.Name == name
	})
}

// each tries every entity in a world of its own, for some tests delete what others need.
func each(t *testing.T, test func(t *testing.T, w *world, e entity)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		w := newWorld(persontest.System(t), t, s)
		for _, e := range slices.Backward(w.entities) { // children first: their parents can be deleted then
			t.Run(e.name, func(t *testing.T) { test(t, w, e) })
		}
	})
}

func TestNobodyIsDeniedEverything(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		ctx := nobody(t)
		_, err := w.read(ctx, e)
		require.ErrorIs(t, err, privacy.Deny)
		_, err = w.exists(ctx, e)
		require.ErrorIs(t, err, privacy.Deny)
		require.ErrorIs(t, w.get(ctx, e, w.rows[w.ann][e.name]), privacy.Deny)

		_, err = w.create(ctx, e, e.ownedBy(uuid.New(), e.row(w.rows[w.ann])))
		require.ErrorIs(t, err, privacy.Deny)
		_, err = w.update(ctx, e, e.change)
		require.ErrorIs(t, err, privacy.Deny)
		_, err = w.remove(ctx, e)
		require.ErrorIs(t, err, privacy.Deny)
		w.requireUntouched(t, e)
	})
}

func TestAPersonSeesTheirOwnOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		ann := persontest.As(t, w.ann)
		shown, err := w.read(ann, e)
		if e.policy == systemOnly {
			require.ErrorIs(t, err, privacy.Deny)
			_, err = w.exists(ann, e)
			require.ErrorIs(t, err, privacy.Deny)
			return
		}
		require.NoError(t, err)
		if e.policy == public {
			require.Equal(t, 2, shown["Count"], "it is everybody's")
			return
		}
		for way, n := range shown {
			require.Equal(t, 1, n, way)
		}
		require.NoError(t, w.get(ann, e, w.rows[w.ann][e.name]))
		require.True(t, ent.IsNotFound(w.get(ann, e, w.rows[w.bob][e.name])), "somebody else's is like none")
	})
}

func TestAStrangerSeesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		stranger := persontest.As(t, uuid.New())
		shown, err := w.read(stranger, e)
		if e.policy == systemOnly {
			require.ErrorIs(t, err, privacy.Deny)
			return
		}
		require.NoError(t, err)
		if e.policy == public {
			require.Equal(t, 2, shown["Count"], "it is everybody's")
			return
		}
		for way, n := range shown {
			require.Zero(t, n, way)
		}
		exists, err := w.exists(stranger, e)
		require.NoError(t, err)
		require.False(t, exists)
	})
}

func TestAPrincipalsRecordsAreOpenToWhomTheyAreGranted(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		if e.policy == systemOnly {
			return
		}
		agent := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: w.ann, Principals: []uuid.UUID{w.bob, uuid.New()}})
		shown, err := w.read(agent, e)
		require.NoError(t, err)
		for way, n := range shown {
			require.Equal(t, 2, n, way)
		}
	})
}

func TestAPersonCreatesForThemselvesOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		ann, before := persontest.As(t, w.ann), w.count(t, e)
		_, err := w.create(ann, e, e.ownedBy(w.bob, e.row(w.rows[w.bob])))
		require.ErrorIs(t, err, privacy.Deny, "for another owner")
		_, err = w.create(ann, e, e.row(w.rows[w.ann]))
		require.Error(t, err, "for no owner")
		require.Equal(t, before, w.count(t, e))

		fresh := e.row(w.rows[w.ann])
		switch e.policy {
		case owned, appendOnly, growing:
			if e.name == "AppealAttachment" { // the same version is attached to an appeal once
				fresh["version_id"] = w.another(t, w.ann, "DocumentVersion")
			}
			_, err = w.create(ann, e, e.ownedBy(w.ann, fresh))
			require.NoError(t, err, "for themselves")
		case readOnly, systemOnly, public:
			_, err = w.create(ann, e, e.ownedBy(uuid.New(), fresh))
			require.ErrorIs(t, err, privacy.Deny)
			_, err = w.create(ann, e, e.ownedBy(w.ann, fresh))
			require.ErrorIs(t, err, privacy.Deny, "even for themselves")
		}
	})
}

// another makes a further row of an owner's.
func (w *world) another(t *testing.T, owner uuid.UUID, name string) uuid.UUID {
	t.Helper()
	i := slices.IndexFunc(w.entities, func(e entity) bool { return e.name == name })
	id, err := w.create(persontest.System(t), w.entities[i], w.entities[i].ownedBy(owner, w.entities[i].row(w.rows[owner])))
	require.NoError(t, err)
	return id
}

func TestAPersonChangesTheirOwnOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		if e.change == nil {
			return
		}
		ann, bobs := persontest.As(t, w.ann), w.rows[w.bob][e.name]
		n, err := w.update(ann, e, e.change)
		if e.policy != owned {
			require.ErrorIs(t, err, privacy.Deny)
			require.ErrorIs(t, w.updateOne(ann, e, bobs, e.change), privacy.Deny)
			require.ErrorIs(t, w.updateOne(ann, e, w.rows[w.ann][e.name], e.change), privacy.Deny)
			return
		}
		require.NoError(t, err)
		require.Equal(t, 1, n, "of two rows, their own")
		require.True(t, ent.IsNotFound(w.updateOne(ann, e, bobs, e.change)), "somebody else's is like none")

		stranger := persontest.As(t, uuid.New())
		n, err = w.update(stranger, e, e.change)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestNobodyGivesARecordAway(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		if e.isOwner || e.policy == systemOnly || e.policy == public {
			return
		}
		ann := persontest.As(t, w.ann)
		for _, to := range []uuid.UUID{w.bob, w.ann} {
			_, err := w.update(ann, e, values{"owner_id": to})
			require.ErrorIs(t, err, privacy.Deny)
			require.ErrorIs(t, w.updateOne(ann, e, w.rows[w.ann][e.name], values{"owner_id": to}), privacy.Deny)
			require.ErrorIs(t, w.updateOne(ann, e, w.rows[w.bob][e.name], values{"owner_id": to}), privacy.Deny)
		}
	})
}

func TestAPersonDeletesTheirOwnOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		stranger := persontest.As(t, uuid.New())
		n, err := w.remove(stranger, e)
		if e.policy != owned {
			require.ErrorIs(t, err, privacy.Deny)
			require.ErrorIs(t, w.removeOne(persontest.As(t, w.ann), e, w.rows[w.ann][e.name]), privacy.Deny)
			w.requireUntouched(t, e)
			// Parents of what nobody deletes cannot be deleted either: make room below the rules.
			w.clear(t, e)
			return
		}
		require.NoError(t, err)
		require.Zero(t, n)
		ann := persontest.As(t, w.ann)
		require.True(t, ent.IsNotFound(w.removeOne(ann, e, w.rows[w.bob][e.name])))
		w.requireUntouched(t, e)
		n, err = w.remove(ann, e)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		w.clear(t, e)
	})
}

func TestTheSystemChangesEverythingButWhatIsAppendOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, e entity) {
		system := persontest.System(t)
		shown, err := w.read(system, e)
		require.NoError(t, err)
		for way, n := range shown {
			require.Equal(t, 2, n, way)
		}
		if e.policy == appendOnly {
			_, err = w.update(system, e, e.change)
			require.ErrorIs(t, err, privacy.Deny)
			require.ErrorIs(t, w.updateOne(system, e, w.rows[w.ann][e.name], e.change), privacy.Deny)
			_, err = w.remove(system, e)
			require.ErrorIs(t, err, privacy.Deny)
			require.ErrorIs(t, w.removeOne(system, e, w.rows[w.ann][e.name]), privacy.Deny)
			w.requireUntouched(t, e)
			w.clear(t, e)
			return
		}
		if e.change != nil {
			n, err := w.update(system, e, e.change)
			require.NoError(t, err)
			require.Equal(t, 2, n)
		}
		n, err := w.remove(system, e)
		require.NoError(t, err)
		require.Equal(t, 2, n)
	})
}

// requireUntouched fails unless both rows of the entity are there.
func (w *world) requireUntouched(t *testing.T, e entity) {
	t.Helper()
	require.Equal(t, 2, w.count(t, e))
}

func (w *world) count(t *testing.T, e entity) int {
	t.Helper()
	shown, err := w.read(persontest.System(t), e)
	require.NoError(t, err)
	return shown["Count"]
}

// clear deletes the rows of the entity below the rules.
func (w *world) clear(t *testing.T, e entity) {
	t.Helper()
	i := slices.IndexFunc(w.entities, func(o entity) bool { return o.name == e.name })
	require.GreaterOrEqual(t, i, 0)
	_, err := w.store.DB().ExecContext(t.Context(), "DELETE FROM "+tableOf(e.name))
	require.NoError(t, err)
}

// tableOf finds the table of an entity: Ent makes snake case and a plural of its name.
func tableOf(name string) string {
	plain := strings.ToLower(name)
	for _, table := range migrate.Tables {
		flat := strings.ReplaceAll(table.Name, "_", "")
		if flat == plain || flat == plain+"s" || strings.TrimSuffix(plain, "y")+"ies" == flat {
			return table.Name
		}
	}
	return "no table of " + name
}
