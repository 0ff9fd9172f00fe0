package ent_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// An edge is a way from one entity to another: With… loads it eagerly, Query… walks it.
type edge struct {
	from entity
	name string // as in With…
}

func edges(w *world) []edge {
	var found []edge
	for _, e := range w.entities {
		query := w.builder(e.name, "Query").Type()
		for method := range query.Methods() {
			if name, ok := strings.CutPrefix(method.Name, "With"); ok {
				found = append(found, edge{from: e, name: name})
			}
		}
	}
	return found
}

// newTangledWorld is a world in which every row that belongs to another has a sibling whose owner is not its parent's:
// what must not be, but shows that an edge asks for itself whose the rows are.
func newTangledWorld(t *testing.T, s *storage.Store) *world {
	t.Helper()
	system := persontest.System(t)
	w := newWorld(system, t, s)
	for owner, other := range map[uuid.UUID]uuid.UUID{w.ann: w.bob, w.bob: w.ann} {
		for _, e := range w.entities {
			switch e.name {
			case "TreatmentPeriod", "Benefit", "Accrual", "DocumentVersion", "AppealStep", "AppealMessage", "AppealAttachment":
				row := e.row(w.rows[other])
				if e.name == "AppealAttachment" { // the same version is attached to an appeal once
					row["version_id"] = w.another(t, other, "DocumentVersion")
				}
				_, err := w.create(system, e, e.ownedBy(owner, row))
				require.NoError(t, err, e.name)
			}
		}
	}
	return w
}

// loaded reads all rows of the entity with one edge loaded and gives the owners of what the edge led to.
func (w *world) loaded(ctx context.Context, t *testing.T, e edge) []uuid.UUID {
	t.Helper()
	results := call(call(w.builder(e.from.name, "Query"), "With"+e.name)[0], "All", ctx)
	require.NoError(t, errorIn(results))
	var owners []uuid.UUID
	for i := range results[0].Len() {
		owners = append(owners, ownersIn(results[0].Index(i).Elem().FieldByName("Edges").FieldByName(e.name))...)
	}
	return owners
}

// walked follows the edge from a row and gives the owners of what it led to.
func (w *world) walked(ctx context.Context, t *testing.T, e edge, from uuid.UUID) []uuid.UUID {
	t.Helper()
	client := reflect.ValueOf(w.store.Client).Elem().FieldByName(e.from.name)
	row := call(client, "Get", persontest.System(t), from)
	require.NoError(t, errorIn(row))
	results := call(call(row[0], "Query"+e.name)[0], "All", ctx)
	require.NoError(t, errorIn(results))
	return ownersIn(results[0])
}

func ownersIn(rows reflect.Value) []uuid.UUID {
	if rows.Kind() == reflect.Pointer {
		if rows.IsNil() {
			return nil
		}
		return []uuid.UUID{ownerOf(rows)}
	}
	owners := make([]uuid.UUID, rows.Len())
	for i := range owners {
		owners[i] = ownerOf(rows.Index(i))
	}
	return owners
}

func ownerOf(row reflect.Value) uuid.UUID {
	id, ok := reflect.TypeAssert[uuid.UUID](row.Elem().FieldByName("OwnerID"))
	if !ok {
		panic("a row without an owner at the end of an edge")
	}
	return id
}

func TestAnEdgeLeadsToNobodyElsesRecords(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		w := newTangledWorld(t, s)
		all := edges(w)
		require.NotEmpty(t, all)
		for _, e := range all {
			t.Run(e.from.name+"."+e.name, func(t *testing.T) {
				// Given that the edge leads across owners, as the system sees
				require.Contains(t, w.loaded(persontest.System(t), t, e), w.bob)
				require.Contains(t, w.loaded(persontest.System(t), t, e), w.ann)
				// when Ann goes along it, eagerly or by hand, from her row or from Bob's
				ann := persontest.As(t, w.ann)
				seen := w.loaded(ann, t, e)
				seen = append(seen, w.walked(ann, t, e, w.rows[w.ann][e.from.name])...)
				seen = append(seen, w.walked(ann, t, e, w.rows[w.bob][e.from.name])...)
				// then she meets her own records only.
				require.NotEmpty(t, seen)
				require.NotContains(t, seen, w.bob)
				// And nobody meets any.
				results := call(call(w.builder(e.from.name, "Query"), "With"+e.name)[0], "All", nobody(t))
				require.Error(t, errorIn(results))
			})
		}
	})
}

func TestATransactionIsUnderTheSameRules(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		w := newWorld(persontest.System(t), t, s)
		require.NoError(t, s.InTx(persontest.As(t, w.ann), func(ctx context.Context, tx *storage.Tx) error {
			inside := &world{store: &storage.Store{Client: tx.Client()}, rows: w.rows}
			for _, e := range w.entities {
				if e.policy == systemOnly {
					continue
				}
				shown, err := inside.read(ctx, e)
				require.NoError(t, err, e.name)
				want := 1
				if e.policy == public {
					want = 2
				}
				require.Equal(t, want, shown["Count"], e.name)
			}
			return nil
		}))
	})
}
