package benefit_test

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
	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/money"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// place is the service with a person whose benefits it keeps.
type place struct {
	*benefit.Service

	store *storage.Store
	seen  *storagetest.Statements
	clock *clock.Fixed
	ann   uuid.UUID
	n     int
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		p := &place{
			store: s, seen: seen, ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		recorder := feed.NewRecorder(p.clock, nobodyToTell{})
		p.Service = benefit.New(s, sickleave.New(s, persontest.Sealer(t), recorder, p.clock), recorder, p.clock)
		test(t, p)
	})
}

// add makes a benefit; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, owner uuid.UUID, change func(*ent.BenefitCreate)) *ent.Benefit {
	p.n++
	create := p.store.Benefit.Create().SetOwnerID(owner).SetNumber(fmt.Sprintf("B%06d", p.n)).SetType(string(benefit.TemporaryDisability)).SetState(string(benefit.Loaded)).
		SetStartsOn(calendar.NewDate(2026, time.March, 2)).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

func (p *place) addLeave(ctx context.Context, t require.TestingT, owner uuid.UUID) *ent.SickLeave {
	p.n++
	day := calendar.NewDate(2026, time.March, 2)
	row, err := p.store.SickLeave.Create().SetOwnerID(owner).SetNumber(fmt.Sprintf("%012d", p.n)).SetState(string(sickleave.Opened)).SetReason(string(sickleave.Illness)).
		SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now()).Save(ctx)
	require.NoError(t, err)
	return row
}

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Benefit, f *benefit.Filter, o *benefit.Order) []uuid.UUID {
	if o == nil {
		o = &benefit.Order{Field: benefit.ByStartsOn, Direction: page.Descending}
	}
	if f == nil {
		f = &benefit.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Benefit) bool {
		return f.States != nil && !slices.Contains(f.States, benefit.State(r.State)) ||
			f.Types != nil && !slices.Contains(f.Types, benefit.Type(r.Type)) ||
			f.StartsOn != nil && (r.StartsOn.Before(f.StartsOn.From) || !f.StartsOn.To.IsZero() && r.StartsOn.After(f.StartsOn.To))
	})
	slices.SortFunc(kept, func(a, b *ent.Benefit) int {
		c := a.StartsOn.Compare(b.StartsOn)
		if o.Field == benefit.ByUpdatedAt {
			c = a.UpdatedAt.Compare(b.UpdatedAt)
		}
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
		states := []benefit.State{benefit.Loaded, benefit.Paid, benefit.NoticeIssued}
		types := benefit.Types()[:3]
		march := func(day int) calendar.Date { return calendar.NewDate(2026, time.March, day) }
		var rows []*ent.Benefit
		for i := range 30 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.BenefitCreate) {
				c.SetState(string(states[i%3])).SetType(string(types[i/3%3])).SetStartsOn(march(1 + i*7%5)).
					SetUpdatedAt(p.clock.Now().Add(time.Duration(i*11%4) * time.Microsecond))
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
			filter := rapid.OneOf(rapid.Just[*benefit.Filter](nil), rapid.Custom(func(r *rapid.T) *benefit.Filter {
				f := &benefit.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(r, "states")
				}
				if rapid.Bool().Draw(r, "by type") {
					f.Types = rapid.SliceOfN(rapid.SampledFrom(types), 0, 3).Draw(r, "types")
				}
				if rapid.Bool().Draw(r, "by day") {
					f.StartsOn = &calendar.Range{From: day.Draw(r, "from"), To: day.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*benefit.Order](nil), rapid.Custom(func(r *rapid.T) *benefit.Order {
				return &benefit.Order{
					Field:     rapid.SampledFrom([]benefit.OrderField{benefit.ByStartsOn, benefit.ByUpdatedAt}).Draw(r, "field"),
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(b *benefit.Benefit) uuid.UUID { return b.ID.ID },
				func(first *int, after *page.Cursor) (*benefit.Connection, error) {
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
				leave := p.addLeave(system, t, p.ann)
				row := p.add(system, t, p.ann, func(c *ent.BenefitCreate) { c.SetSickLeaveID(leave.ID) })
				for i := range 3 {
					day := calendar.NewDate(2026, time.April, 10-i)
					require.NoError(t, p.store.Accrual.Create().SetOwnerID(p.ann).SetBenefitID(row.ID).
						SetStartsOn(day).SetEndsOn(day).SetAccruedOn(day).SetAmount(100).SetWithheld(13).Exec(system))
				}
			}
			size := 100
			p.seen.Take()
			c, err := p.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, p.seen.Take(), 1, "the list")
			for _, b := range c.Nodes {
				accruals, err := p.Accruals(ann, b)
				require.NoError(t, err)
				require.Len(t, accruals, 3)
				require.True(t, slices.IsSortedFunc(accruals, func(a, b *benefit.Accrual) int { return a.AccruedOn.Compare(b.AccruedOn) }))
			}
			require.Len(t, p.seen.Take(), 1, "accruals")
			for _, b := range c.Nodes {
				leave, err := p.SickLeave(ann, b)
				require.NoError(t, err)
				require.Equal(t, *b.SickLeaveID, leave.ID.ID)
			}
			require.Len(t, p.seen.Take(), 1, "certificates")
		}
	})
}

func TestABenefitIsItsOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		strangers := p.addLeave(system, t, uuid.New())
		row := p.add(system, t, p.ann, func(c *ent.BenefitCreate) { c.SetSickLeaveID(strangers.ID) })
		plain := p.add(system, t, p.ann, nil)

		b, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Nil(t, b.Amount, "not calculated yet")
		leave, err := p.SickLeave(ann, b)
		require.NoError(t, err)
		require.Nil(t, leave, "a stranger's certificate is not shown, even if a benefit names it")

		b, err = p.Get(ann, plain.ID)
		require.NoError(t, err)
		leave, err = p.SickLeave(ann, b)
		require.NoError(t, err)
		require.Nil(t, leave)

		for _, c := range []struct {
			who context.Context
			id  uuid.UUID
		}{{persontest.As(t, uuid.New()), row.ID}, {ann, uuid.New()}} {
			_, err = p.Get(c.who, c.id)
			require.ErrorIs(t, err, fault.ErrNotFound)
		}
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
		for _, id := range []uuid.UUID{first.ID, second.ID} {
			v := found[id]
			require.Equal(t, id, v.ID.ID)
			accruals, err := p.Accruals(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*benefit.Accrual{}, accruals, "a list without items, not none")
		}
		require.Len(t, p.seen.Take(), 1, "they share what is loaded")
	})
}

func TestABenefitOfNothingIsNotOneNotCalculated(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		row := p.add(persontest.System(t), t, p.ann, nil)
		b, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Nil(t, b.Amount)
		nothing := money.Kopecks(0)
		require.NoError(t, p.apply(t, benefit.Report{Number: row.Number, Sequence: 1, State: benefit.Calculated, Amount: &nothing}))
		b, err = p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Equal(t, "0.00 RUB", b.Amount.String())
	})
}
