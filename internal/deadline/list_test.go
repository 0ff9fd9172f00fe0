package deadline_test

import (
	"slices"
	"testing"

	"entgo.io/ent/privacy"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/deadline"
	"kabinet/internal/fault"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
)

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Deadline, f *deadline.Filter, o *deadline.Order) []uuid.UUID {
	if o == nil {
		o = &deadline.Order{Field: deadline.ByDueOn, Direction: page.Ascending}
	}
	if f == nil {
		f = &deadline.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Deadline) bool {
		return f.States != nil && !slices.Contains(f.States, deadline.State(r.State)) ||
			f.DueOn != nil && (r.DueOn.Before(f.DueOn.From) || !f.DueOn.To.IsZero() && r.DueOn.After(f.DueOn.To))
	})
	slices.SortFunc(kept, func(a, b *ent.Deadline) int {
		c := a.DueOn.Compare(b.DueOn)
		if c == 0 {
			c = slices.Compare(a.ID[:], b.ID[:])
		}
		if o.Direction == page.Descending {
			c = -c
		}
		return c
	})
	ids := make([]uuid.UUID, len(kept))
	for i, r := range kept {
		ids[i] = r.ID
	}
	return ids
}

func TestTheListIsWhatTheFilterAndTheOrderSay(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		states := deadline.States()
		var rows []*ent.Deadline
		for i := range 30 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.DeadlineCreate) {
				c.SetState(string(states[i%3])).SetDueOn(march(1 + i*7%5))
			}))
			p.add(system, t, uuid.New(), nil)
		}
		rapid.Check(t, func(r *rapid.T) {
			day := rapid.Custom(func(r *rapid.T) calendar.Date {
				d := rapid.IntRange(0, 6).Draw(r, "day")
				if d == 0 {
					return calendar.Date{}
				}
				return march(d)
			})
			filter := rapid.OneOf(rapid.Just[*deadline.Filter](nil), rapid.Custom(func(r *rapid.T) *deadline.Filter {
				f := &deadline.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(r, "states")
				}
				if rapid.Bool().Draw(r, "by day") {
					f.DueOn = &calendar.Range{From: day.Draw(r, "from"), To: day.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*deadline.Order](nil), rapid.Custom(func(r *rapid.T) *deadline.Order {
				return &deadline.Order{
					Field:     deadline.ByDueOn,
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(d *deadline.Deadline) uuid.UUID { return d.ID.ID },
				func(first *int, after *page.Cursor) (*deadline.Connection, error) {
					return p.List(ann, first, after, filter, order)
				})
		})
	})
}

func TestStatementsDoNotGrowWithTheList(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		for _, more := range []int{1, 4, 20} {
			for range more {
				p.add(system, t, p.ann, nil)
			}
			size := 100
			p.seen.Take()
			c, err := p.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, p.seen.Take(), 1, "the list")
			total, err := c.TotalCount(ann)
			require.NoError(t, err)
			require.Equal(t, len(c.Nodes), total)
			require.Len(t, p.seen.Take(), 1, "the total, which is counted only when asked for")
		}
	})
}

func TestADeadlineIsItsOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, nil)
		bob := persontest.As(t, persontest.New(t, p.store))
		c, err := p.List(bob, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Empty(t, c.Nodes)
		total, err := c.TotalCount(bob)
		require.NoError(t, err)
		require.Zero(t, total)
		_, err = p.Get(bob, row.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
		_, err = p.Get(persontest.As(t, p.ann), uuid.New())
		require.ErrorIs(t, err, fault.ErrNotFound)

		_, err = p.List(t.Context(), nil, nil, nil, nil)
		require.ErrorIs(t, err, privacy.Deny, "nobody sees nothing")
		_, err = p.Get(t.Context(), row.ID)
		require.ErrorIs(t, err, privacy.Deny)
	})
}

func TestSeveralAreReadAtOnceAndOnlyTheOwners(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		first, second, strangers := p.add(system, t, p.ann, nil), p.add(system, t, p.ann, nil), p.add(system, t, uuid.New(), nil)
		p.seen.Take()
		found, err := p.ByIDs(ann, []uuid.UUID{second.ID, strangers.ID, uuid.New(), first.ID})
		require.NoError(t, err)
		require.Len(t, p.seen.Take(), 1)
		require.Len(t, found, 2)
		for _, row := range []*ent.Deadline{first, second} {
			require.Equal(t, row.ID, found[row.ID].ID.ID)
			require.Equal(t, row.Number, found[row.ID].Number)
		}
	})
}
