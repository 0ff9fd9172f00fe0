package page_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/page"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// listedBy are the columns of the one table on which pages are tried: a day and a time.
func listedBy() page.Columns[string, *ent.SickLeave] {
	return page.Columns[string, *ent.SickLeave]{
		sickleave.FieldIssuedOn: page.ByDay(sickleave.FieldIssuedOn,
			func(l *ent.SickLeave) (calendar.Date, uuid.UUID) { return l.IssuedOn, l.ID }),
		sickleave.FieldUpdatedAt: page.ByTime(sickleave.FieldUpdatedAt,
			func(l *ent.SickLeave) (time.Time, uuid.UUID) { return l.UpdatedAt, l.ID }),
	}
}

// listed are their orders, up and down.
func listed() *rapid.Generator[order] {
	return rapid.Custom(func(t *rapid.T) order {
		return order{
			by:        rapid.SampledFrom([]string{sickleave.FieldIssuedOn, sickleave.FieldUpdatedAt}).Draw(t, "column"),
			direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(t, "direction"),
		}
	})
}

// shelf is a list in the database and, beside it, the naive model: a slice that is sorted when asked.
type shelf struct {
	store *storage.Store
	ctx   context.Context //nolint:containedctx // lives as long as one run of a property
	owner uuid.UUID
	rows  []*ent.SickLeave
	next  *int
}

func positionOf(l *ent.SickLeave) position { return position{l.IssuedOn, l.UpdatedAt, l.ID} }

// add puts a row with one of very few values on the shelf, so that many are equal.
func (s *shelf) add(r *rapid.T) {
	day := calendar.NewDate(2026, time.March, rapid.IntRange(1, 3).Draw(r, "day"))
	at := time.Date(2026, time.March, 1, 0, 0, 0, rapid.IntRange(1, 3).Draw(r, "microsecond")*1000, time.UTC)
	id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "id"))
	*s.next++
	row, err := s.store.SickLeave.Create().SetID(id).SetOwnerID(s.owner).SetNumber(fmt.Sprintf("%012d", *s.next)).
		SetState("OPENED").SetReason("ILLNESS").SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(at).SetUpdatedAt(at).Save(s.ctx)
	if ent.IsConstraintError(err) { // the same id twice
		return
	}
	require.NoError(r, err)
	s.rows = append(s.rows, row)
}

func (s *shelf) remove(r *rapid.T, i int) {
	require.NoError(r, s.store.SickLeave.DeleteOne(s.rows[i]).Exec(s.ctx))
	s.rows = slices.Delete(s.rows, i, i+1)
}

// behind is the model's answer: what follows a position (nil is the beginning) in an order.
func (s *shelf) behind(o order, p *position) []uuid.UUID {
	sorted := slices.Clone(s.rows)
	slices.SortFunc(sorted, func(a, b *ent.SickLeave) int { return compare(o, positionOf(a), positionOf(b)) })
	var ids []uuid.UUID
	for _, row := range sorted {
		if p == nil || compare(o, positionOf(row), *p) > 0 {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

func compare(o order, a, b position) int {
	c := a.time.Compare(b.time)
	if o.by == sickleave.FieldIssuedOn {
		c = a.day.Compare(b.day)
	}
	if c == 0 {
		c = slices.Compare(a.id[:], b.id[:])
	}
	if o.direction == page.Descending {
		return -c
	}
	return c
}

// page reads a page from the database.
func (s *shelf) page(r *rapid.T, o order, size int, after *page.Cursor) *page.Connection[*ent.SickLeave] {
	request, err := page.NewRequest(&size, after, listedBy(), o.by, o.direction)
	require.NoError(r, err)
	where := s.store.SickLeave.Query().Where(sickleave.OwnerID(s.owner))
	found, err := where.Clone().Where(request.Select).All(s.ctx)
	require.NoError(r, err)
	require.LessOrEqual(r, len(found), size+1)
	return page.NewConnection(request, found, func(ctx context.Context) (int, error) { return where.Clone().Count(ctx) })
}

func idsOf(rows []*ent.SickLeave) []uuid.UUID {
	var ids []uuid.UUID
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids
}

func newShelf(t *testing.T, s *storage.Store, next *int) *shelf {
	t.Helper()
	return &shelf{store: s, ctx: persontest.System(t), owner: uuid.New(), next: next}
}

func TestPagesPutTogetherAreTheList(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		next := 0
		rapid.Check(t, func(r *rapid.T) {
			list := newShelf(t, s, &next)
			for range rapid.IntRange(0, 12).Draw(r, "rows") {
				list.add(r)
			}
			order, size := listed().Draw(r, "order"), rapid.IntRange(1, 7).Draw(r, "size")
			want := list.behind(order, nil)

			var got []uuid.UUID
			var after *page.Cursor
			for {
				p := list.page(r, order, size, after)
				require.Equal(r, after != nil, p.PageInfo.HasPreviousPage)
				got = append(got, idsOf(p.Nodes)...)
				total, err := p.TotalCount(list.ctx)
				require.NoError(r, err)
				require.Equal(r, len(want), total, "the total does not depend on the page")
				require.Equal(r, len(got) < len(want), p.PageInfo.HasNextPage)
				if !p.PageInfo.HasNextPage {
					break
				}
				require.Len(r, p.Nodes, size)
				require.Equal(r, p.Edges()[size-1].Cursor, *p.PageInfo.EndCursor)
				after = p.PageInfo.EndCursor
			}
			require.Equal(r, want, got)
		})
	})
}

func TestAPageBeginsBehindItsCursorWhateverHasHappenedSince(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		next := 0
		rapid.Check(t, func(r *rapid.T) {
			list := newShelf(t, s, &next)
			for range rapid.IntRange(1, 10).Draw(r, "rows") {
				list.add(r)
			}
			order, size := listed().Draw(r, "order"), rapid.IntRange(1, 4).Draw(r, "size")
			seen := map[uuid.UUID]bool{}
			var after *page.Cursor
			var last *position
			for range 12 { // more is only inserted for ever
				p := list.page(r, order, size, after)
				want := list.behind(order, last)
				require.Equal(r, want[:min(size, len(want))], idsOf(p.Nodes))
				for _, id := range idsOf(p.Nodes) {
					require.False(r, seen[id], "nothing comes twice")
					seen[id] = true
				}
				if !p.PageInfo.HasNextPage {
					return
				}
				end := positionOf(p.Nodes[len(p.Nodes)-1])
				after, last = p.PageInfo.EndCursor, &end
				// Between two pages rows come and go, the one of the cursor too.
				for range rapid.IntRange(0, 2).Draw(r, "added") {
					list.add(r)
				}
				if rapid.Bool().Draw(r, "the cursor's row goes") {
					list.remove(r, slices.IndexFunc(list.rows, func(l *ent.SickLeave) bool { return l.ID == end.id }))
				}
				if len(list.rows) > 0 && rapid.Bool().Draw(r, "another goes") {
					list.remove(r, rapid.IntRange(0, len(list.rows)-1).Draw(r, "which"))
				}
			}
		})
	})
}
