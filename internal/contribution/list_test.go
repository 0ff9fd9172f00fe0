package contribution_test

import (
	"slices"
	"testing"
	"time"

	"entgo.io/ent/privacy"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/contribution"
	"kabinet/internal/fault"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
)

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Contribution, f *contribution.Filter, o *contribution.Order) []uuid.UUID {
	if o == nil {
		o = &contribution.Order{Field: contribution.ByPeriod, Direction: page.Descending}
	}
	if f == nil {
		f = &contribution.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Contribution) bool {
		return f.Kinds != nil && !slices.Contains(f.Kinds, contribution.Kind(r.Kind)) ||
			f.Employer != nil && r.EmployerRegistrationNumber != *f.Employer ||
			f.Period != nil && (r.Period.Before(f.Period.From) || !f.Period.To.IsZero() && r.Period.After(f.Period.To))
	})
	slices.SortFunc(kept, func(a, b *ent.Contribution) int {
		c := a.Period.Compare(b.Period)
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
		kinds, employers := contribution.Kinds(), []string{"7701000001", "7701000002", ""}
		var rows []*ent.Contribution
		for i := range 36 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.ContributionCreate) {
				c.SetKind(string(kinds[i%4])).SetPeriod(month(time.Month(1 + i*7%5))).SetEmployerRegistrationNumber(employers[i/4%3])
			}))
			p.add(system, t, uuid.New(), nil)
		}
		rapid.Check(t, func(r *rapid.T) {
			// Around the first days of months, which are what is kept.
			day := rapid.Custom(func(r *rapid.T) calendar.Date {
				m := rapid.IntRange(0, 6).Draw(r, "month")
				if m == 0 {
					return calendar.Date{}
				}
				return month(time.Month(m)).AddDays(rapid.IntRange(-1, 1).Draw(r, "beside"))
			})
			filter := rapid.OneOf(rapid.Just[*contribution.Filter](nil), rapid.Custom(func(r *rapid.T) *contribution.Filter {
				f := &contribution.Filter{}
				if rapid.Bool().Draw(r, "by kind") {
					f.Kinds = rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 3).Draw(r, "kinds")
				}
				if rapid.Bool().Draw(r, "by employer") {
					f.Employer = new(rapid.SampledFrom(append(employers, "7701000003")).Draw(r, "employer"))
				}
				if rapid.Bool().Draw(r, "by month") {
					f.Period = &calendar.Range{From: day.Draw(r, "from"), To: day.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*contribution.Order](nil), rapid.Custom(func(r *rapid.T) *contribution.Order {
				return &contribution.Order{
					Field:     contribution.ByPeriod,
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(c *contribution.Contribution) uuid.UUID { return c.ID.ID },
				func(first *int, after *page.Cursor) (*contribution.Connection, error) {
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

func TestAContributionIsItsOwnersOnly(t *testing.T) {
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
		for _, row := range []*ent.Contribution{first, second} {
			require.Equal(t, row.ID, found[row.ID].ID.ID)
			require.Equal(t, row.Number, found[row.ID].Number)
		}
	})
}
