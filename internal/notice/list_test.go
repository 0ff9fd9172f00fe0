package notice_test

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
	"kabinet/internal/fault"
	"kabinet/internal/notice"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
)

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Announcement, now time.Time, f *notice.Filter, o *notice.Order) []uuid.UUID {
	if o == nil {
		o = &notice.Order{Field: notice.ByPublishedAt, Direction: page.Descending}
	}
	if f == nil {
		f = &notice.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Announcement) bool {
		day := calendar.DateOf(r.PublishedAt, calendar.Moscow())
		return r.PublishedAt.After(now) || r.ExpiresAt != nil && !r.ExpiresAt.After(now) ||
			f.Importances != nil && !slices.Contains(f.Importances, notice.Importance(r.Importance)) ||
			f.PublishedOn != nil && (day.Before(f.PublishedOn.From) || !f.PublishedOn.To.IsZero() && day.After(f.PublishedOn.To))
	})
	slices.SortFunc(kept, func(a, b *ent.Announcement) int {
		c := a.PublishedAt.Compare(b.PublishedAt)
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
		system, ann := persontest.System(t), someone(t)
		importances := notice.Importances()
		day := func(day int) calendar.Date { return calendar.NewDate(2026, time.March, day) }
		// Around the midnights of Moscow, which are not those of UTC, and around now, which is noon in Moscow on the 4th.
		moments := []time.Duration{-time.Microsecond, 0, 2 * time.Hour, 12 * time.Hour, 12*time.Hour + time.Microsecond}
		expiries := []time.Duration{0, -time.Hour, 0, time.Microsecond, 0, 24 * time.Hour}
		var rows []*ent.Announcement
		for i := range 60 {
			rows = append(rows, p.add(system, t, func(c *ent.AnnouncementCreate) {
				c.SetImportance(string(importances[i%3])).
					SetPublishedAt(day(1 + i*7%5).Time(calendar.Moscow()).Add(moments[i/3%5]))
				switch at := expiries[i/2%6]; {
				case i%12 == 7:
					c.SetExpiresAt(p.clock.Now())
				case at != 0:
					c.SetExpiresAt(p.clock.Now().Add(at))
				}
			}))
		}
		all := len(model(rows, p.clock.Now(), nil, nil))
		require.Greater(t, all, 20)
		require.Less(t, all, 50, "some are not to be shown")
		rapid.Check(t, func(r *rapid.T) {
			anyDay := rapid.Custom(func(r *rapid.T) calendar.Date {
				d := rapid.IntRange(0, 6).Draw(r, "day")
				if d == 0 {
					return calendar.Date{}
				}
				return day(d)
			})
			filter := rapid.OneOf(rapid.Just[*notice.Filter](nil), rapid.Custom(func(r *rapid.T) *notice.Filter {
				f := &notice.Filter{}
				if rapid.Bool().Draw(r, "by importance") {
					f.Importances = rapid.SliceOfN(rapid.SampledFrom(importances), 0, 3).Draw(r, "importances")
				}
				if rapid.Bool().Draw(r, "by day") {
					f.PublishedOn = &calendar.Range{From: anyDay.Draw(r, "from"), To: anyDay.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*notice.Order](nil), rapid.Custom(func(r *rapid.T) *notice.Order {
				return &notice.Order{
					Field:     notice.ByPublishedAt,
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, p.clock.Now(), filter, order), size, func(a *notice.Announcement) uuid.UUID { return a.ID.ID },
				func(first *int, after *page.Cursor) (*notice.Connection, error) {
					return p.List(ann, first, after, filter, order)
				})
		})
	})
}

func TestStatementsDoNotGrowWithTheList(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), someone(t)
		for _, more := range []int{1, 4, 20} {
			for range more {
				p.add(system, t, nil)
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

func TestNoticesAreForEverybodyButNobody(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, nil)
		for range 2 {
			c, err := p.List(someone(t), nil, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, c.Nodes, 1)
			a, err := p.Get(someone(t), row.ID)
			require.NoError(t, err)
			require.Equal(t, c.Nodes[0], a)
		}
		_, err := p.List(t.Context(), nil, nil, nil, nil)
		require.ErrorIs(t, err, privacy.Deny)
		_, err = p.Get(t.Context(), row.ID)
		require.ErrorIs(t, err, privacy.Deny)
		_, err = p.Systems(t.Context())
		require.ErrorIs(t, err, privacy.Deny)
		_, err = p.Maintenances(t.Context())
		require.ErrorIs(t, err, privacy.Deny)
	})
}

func TestSeveralAreReadAtOnceAndOnlyThoseToBeShown(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann, now := persontest.System(t), someone(t), p.clock.Now()
		first := p.add(system, t, nil)
		second := p.add(system, t, func(c *ent.AnnouncementCreate) { c.SetExpiresAt(now.Add(time.Microsecond)) })
		expired := p.add(system, t, func(c *ent.AnnouncementCreate) { c.SetExpiresAt(now) })
		later := p.add(system, t, func(c *ent.AnnouncementCreate) { c.SetPublishedAt(now.Add(time.Microsecond)) })
		p.seen.Take()
		found, err := p.ByIDs(ann, []uuid.UUID{second.ID, expired.ID, uuid.New(), later.ID, first.ID})
		require.NoError(t, err)
		require.Len(t, p.seen.Take(), 1)
		require.Len(t, found, 2)
		for _, row := range []*ent.Announcement{first, second} {
			require.Equal(t, row.ID, found[row.ID].ID.ID)
			require.Equal(t, row.Number, found[row.ID].Number)
		}
		_, err = p.Get(ann, expired.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)

		p.clock.Advance(time.Microsecond)
		found, err = p.ByIDs(ann, []uuid.UUID{first.ID, second.ID, later.ID})
		require.NoError(t, err)
		require.Contains(t, found, later.ID, "its time has come")
		require.NotContains(t, found, second.ID, "its time is over")
	})
}
