package sickleave_test

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
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
	"kabinet/internal/seal"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// place is the service with a person whose certificates it keeps.
type place struct {
	*sickleave.Service

	store  *storage.Store
	seen   *storagetest.Statements
	sealer *seal.Sealer
	clock  *clock.Fixed
	ann    uuid.UUID
	n      int
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		p := &place{
			store: s, seen: seen, sealer: persontest.Sealer(t), ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		p.Service = sickleave.New(s, p.sealer, feed.NewRecorder(p.clock, nobodyToTell{}), p.clock)
		test(t, p)
	})
}

// add makes a certificate; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, owner uuid.UUID, change func(*ent.SickLeaveCreate)) *ent.SickLeave {
	p.n++
	day := calendar.NewDate(2026, time.March, 2)
	create := p.store.SickLeave.Create().SetOwnerID(owner).SetNumber(fmt.Sprintf("%012d", p.n)).SetState(string(sickleave.Opened)).SetReason(string(sickleave.Illness)).
		SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.SickLeave, f *sickleave.Filter, o *sickleave.Order) []uuid.UUID {
	if o == nil {
		o = &sickleave.Order{Field: sickleave.ByIssuedOn, Direction: page.Descending}
	}
	if f == nil {
		f = &sickleave.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.SickLeave) bool {
		return f.States != nil && !slices.Contains(f.States, sickleave.State(r.State)) ||
			f.Reasons != nil && !slices.Contains(f.Reasons, sickleave.Reason(r.Reason)) ||
			f.IssuedOn != nil && (r.IssuedOn.Before(f.IssuedOn.From) || !f.IssuedOn.To.IsZero() && r.IssuedOn.After(f.IssuedOn.To))
	})
	slices.SortFunc(kept, func(a, b *ent.SickLeave) int {
		c := a.IssuedOn.Compare(b.IssuedOn)
		if o.Field == sickleave.ByUpdatedAt {
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
		states := []sickleave.State{sickleave.Opened, sickleave.Closed, sickleave.BenefitPaid}
		reasons := sickleave.Reasons()[:3]
		march := func(day int) calendar.Date { return calendar.NewDate(2026, time.March, day) }
		var rows []*ent.SickLeave
		for i := range 30 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.SickLeaveCreate) {
				c.SetState(string(states[i%3])).SetReason(string(reasons[i/3%3])).SetIssuedOn(march(1 + i*7%5)).
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
			filter := rapid.OneOf(rapid.Just[*sickleave.Filter](nil), rapid.Custom(func(r *rapid.T) *sickleave.Filter {
				f := &sickleave.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(r, "states")
				}
				if rapid.Bool().Draw(r, "by reason") {
					f.Reasons = rapid.SliceOfN(rapid.SampledFrom(reasons), 0, 3).Draw(r, "reasons")
				}
				if rapid.Bool().Draw(r, "by day") {
					f.IssuedOn = &calendar.Range{From: day.Draw(r, "from"), To: day.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*sickleave.Order](nil), rapid.Custom(func(r *rapid.T) *sickleave.Order {
				return &sickleave.Order{
					Field:     rapid.SampledFrom([]sickleave.OrderField{sickleave.ByIssuedOn, sickleave.ByUpdatedAt}).Draw(r, "field"),
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(l *sickleave.SickLeave) uuid.UUID { return l.ID.ID },
				func(first *int, after *page.Cursor) (*sickleave.Connection, error) {
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
				row := p.add(system, t, p.ann, nil)
				for ordinal := range 3 {
					require.NoError(t, p.store.TreatmentPeriod.Create().SetOwnerID(p.ann).SetSickLeaveID(row.ID).SetOrdinal(ordinal).
						SetStartsOn(row.StartsOn.AddDays(ordinal)).SetEndsOn(row.StartsOn.AddDays(ordinal)).SetDoctorName("doctor").Exec(system))
				}
			}
			size := 100
			p.seen.Take()
			c, err := p.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, p.seen.Take(), 1, "the list")
			for _, l := range c.Nodes {
				periods, err := p.Periods(ann, l)
				require.NoError(t, err)
				require.Len(t, periods, 3)
				for ordinal, period := range periods {
					require.Equal(t, l.StartsOn.AddDays(ordinal), period.StartsOn, "oldest first")
				}
			}
			require.Len(t, p.seen.Take(), 1, "periods")
		}
	})
}

func TestACertificateIsItsOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id := uuid.New()
		sealed, err := sickleave.SealDiagnosis(p.sealer, id, "J06.9")
		require.NoError(t, err)
		p.add(persontest.System(t), t, p.ann, func(c *ent.SickLeaveCreate) { c.SetID(id).SetDiagnosis(sealed) })

		l, err := p.Get(persontest.As(t, p.ann), id)
		require.NoError(t, err)
		diagnosis, err := p.Diagnosis(l)
		require.NoError(t, err)
		require.Equal(t, "J06.9", *diagnosis)
		require.Nil(t, l.Days(), "the end is not known")
		require.Nil(t, l.Employer)
		require.Nil(t, l.Payment)

		for name, ctx := range map[string]context.Context{"a stranger": persontest.As(t, uuid.New()), "the owner, of another": persontest.As(t, p.ann)} {
			asked := id
			if name != "a stranger" {
				asked = uuid.New()
			}
			_, err = p.Get(ctx, asked)
			require.ErrorIs(t, err, fault.ErrNotFound, name)
		}
		_, err = p.Get(t.Context(), id)
		require.Error(t, err, "nobody")
	})
}

func TestWhatIsKnownOfACertificateIsShown(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.SickLeaveCreate) {
			c.SetEndsOn(calendar.NewDate(2026, time.March, 11)).SetEmployerName("ООО").SetAverageEarnings(10_000_00).
				SetPaidByEmployer(100).SetPaidByFund(250)
		})
		l, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, 10, *l.Days(), "both ends count")
		require.Equal(t, "10000.00 RUB", l.Employer.AverageEarnings.String())
		require.Equal(t, "3.50 RUB", l.Payment.Total().String())
		diagnosis, err := p.Diagnosis(l)
		require.NoError(t, err)
		require.Nil(t, diagnosis)
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
			periods, err := p.Periods(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*sickleave.Period{}, periods, "a list without items, not none")
		}
		require.Len(t, p.seen.Take(), 1, "they share what is loaded")
	})
}

func TestNothingPaidIsNotTheSameAsNotKnown(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		read := func(change func(*ent.SickLeaveCreate)) *sickleave.SickLeave {
			l, err := p.Get(ann, p.add(system, t, p.ann, change).ID)
			require.NoError(t, err)
			return l
		}
		nothing := read(func(c *ent.SickLeaveCreate) {
			c.SetEmployerName("ООО").SetAverageEarnings(0).SetAverageDailyEarnings(0).SetPaidByEmployer(0).SetPaidByFund(0)
		})
		require.Equal(t, "0.00 RUB", nothing.Employer.AverageEarnings.String())
		require.Equal(t, "0.00 RUB", nothing.Employer.AverageDailyEarnings.String())
		require.Equal(t, "0.00 RUB", nothing.Payment.ByEmployer.String())
		require.Equal(t, "0.00 RUB", nothing.Payment.ByFund.String())
		require.Equal(t, "0.00 RUB", nothing.Payment.Total().String())

		unknown := read(func(c *ent.SickLeaveCreate) { c.SetEmployerName("ООО") })
		require.Nil(t, unknown.Employer.AverageEarnings)
		require.Nil(t, unknown.Employer.AverageDailyEarnings)
		require.Nil(t, unknown.Payment)

		half := read(func(c *ent.SickLeaveCreate) { c.SetPaidByFund(5) })
		require.Nil(t, half.Payment.ByEmployer)
		require.EqualValues(t, 5, half.Payment.ByFund.Kopecks)
		require.Nil(t, half.Payment.Total(), "a part is not the whole")
	})
}
