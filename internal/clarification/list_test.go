package clarification_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/privacy"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/internal/clarification"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
)

// add makes a clarification about a leave; change may alter it before it is kept.
func (d *desk) add(ctx context.Context, t require.TestingT, owner uuid.UUID, leave ref.Ref, change func(*ent.ClarificationCreate)) *ent.Clarification {
	create := d.store.Clarification.Create().SetOwnerID(owner).SetSickLeaveID(leave.ID).SetAddressee(string(clarification.Doctor)).
		SetState(string(clarification.Asked)).SetCreatedAt(d.clock.Now()).SetUpdatedAt(d.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Clarification, f *clarification.Filter, o *clarification.Order) []uuid.UUID {
	if o == nil {
		o = &clarification.Order{Field: clarification.ByAskedAt, Direction: page.Descending}
	}
	if f == nil {
		f = &clarification.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Clarification) bool {
		return f.States != nil && !slices.Contains(f.States, clarification.State(r.State))
	})
	slices.SortFunc(kept, func(a, b *ent.Clarification) int {
		c := a.CreatedAt.Compare(b.CreatedAt)
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
	each(t, func(t *testing.T, d *desk) {
		system, ann := persontest.System(t), persontest.As(t, d.ann)
		states := clarification.States()
		leaves := []ref.Ref{d.leave, d.addLeave(t, d.ann, "910000000002")}
		var rows []*ent.Clarification
		for i := range 30 {
			rows = append(rows, d.add(system, t, d.ann, leaves[i/2%2], func(c *ent.ClarificationCreate) {
				c.SetState(string(states[i%2])).SetCreatedAt(d.clock.Now().Add(time.Duration(i*7%5) * time.Microsecond))
			}))
			d.add(system, t, uuid.New(), d.leave, nil)
		}
		rapid.Check(t, func(r *rapid.T) {
			filter := rapid.OneOf(rapid.Just[*clarification.Filter](nil), rapid.Custom(func(r *rapid.T) *clarification.Filter {
				f := &clarification.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(r, "states")
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*clarification.Order](nil), rapid.Custom(func(r *rapid.T) *clarification.Order {
				return &clarification.Order{
					Field:     clarification.ByAskedAt,
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(c *clarification.Clarification) uuid.UUID { return c.ID.ID },
				func(first *int, after *page.Cursor) (*clarification.Connection, error) {
					return d.List(ann, first, after, filter, order)
				})
		})
	})
}

func TestStatementsDoNotGrowWithTheList(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		system, ann := persontest.System(t), persontest.As(t, d.ann)
		for _, more := range []int{1, 4, 20} {
			for range more {
				d.add(system, t, d.ann, d.leave, nil)
			}
			size := 100
			d.seen.Take()
			c, err := d.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, d.seen.Take(), 1, "the list")
			for _, asked := range c.Nodes {
				_, err := d.Delivery(ann, asked)
				require.NoError(t, err)
			}
			require.Len(t, d.seen.Take(), 1, "deliveries")
		}
	})
}

func TestAClarificationIsItsOwnersOnly(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		row := d.add(persontest.System(t), t, d.ann, d.leave, nil)
		bob := persontest.As(t, persontest.New(t, d.store))
		c, err := d.List(bob, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Empty(t, c.Nodes)
		total, err := c.TotalCount(bob)
		require.NoError(t, err)
		require.Zero(t, total)

		_, err = d.List(t.Context(), nil, nil, nil, nil)
		require.ErrorIs(t, err, privacy.Deny, "nobody sees nothing")
		_, err = d.Get(t.Context(), row.ID)
		require.ErrorIs(t, err, privacy.Deny)
		_, err = d.ByLeaves(t.Context(), []uuid.UUID{d.leave.ID})
		require.ErrorIs(t, err, privacy.Deny)
	})
}

func TestSeveralAreReadAtOnceAndOnlyTheOwners(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		system, ann := persontest.System(t), persontest.As(t, d.ann)
		asked, err := d.Ask(ann, about(d.leave))
		require.NoError(t, err)
		other, strangers := d.add(system, t, d.ann, d.leave, nil), d.add(system, t, uuid.New(), d.leave, nil)
		d.seen.Take()
		found, err := d.ByIDs(ann, []uuid.UUID{other.ID, strangers.ID, uuid.New(), asked.ID.ID})
		require.NoError(t, err)
		require.Len(t, d.seen.Take(), 1)
		require.Len(t, found, 2)
		for _, id := range []uuid.UUID{asked.ID.ID, other.ID} {
			require.Equal(t, id, found[id].ID.ID)
			delivery, err := d.Delivery(ann, found[id])
			require.NoError(t, err)
			require.Equal(t, id == asked.ID.ID, delivery != nil, "there is one only where something was sent")
		}
		require.Len(t, d.seen.Take(), 1, "they share what is loaded")
	})
}

// TestARepeatedQuestionIsOneFromManyDevices: the same intention arrives several times at once.
func TestARepeatedQuestionIsOneFromManyDevices(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const devices = 8
		ann, in := persontest.As(t, d.ann), about(d.leave)
		asked, failures := make([]*clarification.Clarification, devices), make([]error, devices)
		var wg sync.WaitGroup
		for i := range devices {
			wg.Go(func() { asked[i], failures[i] = d.Ask(ann, in) })
		}
		wg.Wait()
		for i := range devices {
			require.NoError(t, failures[i])
			require.Equal(t, asked[0].ID, asked[i].ID)
		}
		require.Equal(t, traces{1, 1, 1, 1, 1}, d.traces(t))
	})
}
