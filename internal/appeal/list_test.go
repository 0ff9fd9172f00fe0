package appeal_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/ent/document"
	"kabinet/internal/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
)

// model is the naive list: all rows, filtered and sorted by hand.
func model(rows []*ent.Appeal, f *appeal.Filter, o *appeal.Order) []uuid.UUID {
	if o == nil {
		o = &appeal.Order{Field: appeal.ByCreatedAt, Direction: page.Descending}
	}
	if f == nil {
		f = &appeal.Filter{}
	}
	kept := slices.DeleteFunc(slices.Clone(rows), func(r *ent.Appeal) bool {
		day := calendar.DateOf(r.CreatedAt, calendar.Moscow())
		return f.States != nil && !slices.Contains(f.States, appeal.State(r.State)) ||
			f.Kinds != nil && !slices.Contains(f.Kinds, appeal.Kind(r.Kind)) ||
			f.CreatedOn != nil && (day.Before(f.CreatedOn.From) || !f.CreatedOn.To.IsZero() && day.After(f.CreatedOn.To))
	})
	slices.SortFunc(kept, func(a, b *ent.Appeal) int {
		c := a.CreatedAt.Compare(b.CreatedAt)
		if o.Field == appeal.ByUpdatedAt {
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
		states := []appeal.State{appeal.Draft, appeal.Submitted, appeal.Done}
		kinds := []appeal.Kind{appeal.Inquiry, appeal.Complaint, appeal.Feedback}
		march := func(day int) calendar.Date { return calendar.NewDate(2026, time.March, day) }
		// Around the midnights of Moscow, which are not those of UTC.
		moments := []time.Duration{-time.Microsecond, 0, time.Microsecond, 2 * time.Hour, 3 * time.Hour, 12 * time.Hour}
		var rows []*ent.Appeal
		for i := range 36 {
			rows = append(rows, p.add(system, t, p.ann, func(c *ent.AppealCreate) {
				c.SetState(string(states[i%3])).SetKind(string(kinds[i/3%3])).
					SetCreatedAt(march(1 + i*7%5).Time(calendar.Moscow()).Add(moments[i%6])).
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
			filter := rapid.OneOf(rapid.Just[*appeal.Filter](nil), rapid.Custom(func(r *rapid.T) *appeal.Filter {
				f := &appeal.Filter{}
				if rapid.Bool().Draw(r, "by state") {
					f.States = rapid.SliceOfN(rapid.SampledFrom(states), 0, 3).Draw(r, "states")
				}
				if rapid.Bool().Draw(r, "by kind") {
					f.Kinds = rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 3).Draw(r, "kinds")
				}
				if rapid.Bool().Draw(r, "by day") {
					f.CreatedOn = &calendar.Range{From: day.Draw(r, "from"), To: day.Draw(r, "to")}
				}
				return f
			})).Draw(r, "filter")
			order := rapid.OneOf(rapid.Just[*appeal.Order](nil), rapid.Custom(func(r *rapid.T) *appeal.Order {
				return &appeal.Order{
					Field:     rapid.SampledFrom([]appeal.OrderField{appeal.ByCreatedAt, appeal.ByUpdatedAt}).Draw(r, "field"),
					Direction: rapid.SampledFrom([]page.Direction{page.Ascending, page.Descending}).Draw(r, "direction"),
				}
			})).Draw(r, "order")
			size := rapid.IntRange(1, 12).Draw(r, "size")
			pagetest.RequireList(ann, r, model(rows, filter, order), size, func(a *appeal.Appeal) uuid.UUID { return a.ID.ID },
				func(first *int, after *page.Cursor) (*appeal.Connection, error) {
					return p.List(ann, first, after, filter, order)
				})
		})
	})
}

// addMessage adds a message of the fund to an appeal.
func (p *place) addMessage(ctx context.Context, t *testing.T, row *ent.Appeal, owner uuid.UUID, text string, at time.Time) {
	t.Helper()
	id := uuid.New()
	sealed, err := appeal.SealMessage(p.sealer, id, text)
	require.NoError(t, err)
	require.NoError(t, p.store.AppealMessage.Create().SetID(id).SetOwnerID(owner).SetAppealID(row.ID).SetAuthor("FUND").
		SetBody(sealed).SetSentAt(at).Exec(ctx))
}

func TestStatementsDoNotGrowWithTheList(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann := persontest.System(t), persontest.As(t, p.ann)
		for _, more := range []int{1, 4, 20} {
			for range more {
				row := p.add(system, t, p.ann, nil)
				id := p.addDocument(t, p.ann, 2)
				versions, err := p.store.Document.Query().Where(document.ID(id.ID)).QueryVersions().All(ann)
				require.NoError(t, err)
				for i, text := range []string{"first", "second"} {
					at := p.clock.Now().Add(time.Duration(i) * time.Hour)
					p.addMessage(system, t, row, p.ann, text, at)
					require.NoError(t, p.store.AppealStep.Create().SetOwnerID(p.ann).SetAppealID(row.ID).SetTo("DRAFT").SetActor("FUND").
						SetOccurredAt(at).Exec(system))
					require.NoError(t, p.store.AppealAttachment.Create().SetOwnerID(p.ann).SetAppealID(row.ID).SetVersionID(versions[i].ID).
						SetAttachedAt(at).Exec(system))
				}
			}
			size := 100
			p.seen.Take()
			c, err := p.List(ann, &size, nil, nil, nil)
			require.NoError(t, err)
			require.Len(t, p.seen.Take(), 1, "the list")
			for _, a := range c.Nodes {
				messages, err := p.Messages(ann, a)
				require.NoError(t, err)
				require.Len(t, messages, 2)
				require.Equal(t, []string{"first", "second"}, []string{messages[0].Body, messages[1].Body}, "oldest first")
			}
			require.Len(t, p.seen.Take(), 1, "messages")
			for _, a := range c.Nodes {
				timeline, err := p.Timeline(ann, a)
				require.NoError(t, err)
				require.Len(t, timeline, 2)
				require.True(t, timeline[0].OccurredAt.Before(timeline[1].OccurredAt))
			}
			require.Len(t, p.seen.Take(), 1, "timelines")
			for _, a := range c.Nodes {
				attachments, err := p.Attachments(ann, a)
				require.NoError(t, err)
				require.Len(t, attachments, 2)
			}
			require.Len(t, p.seen.Take(), 1, "attachments")
		}
	})
}

// TestARelationShowsNothingOfAStranger: rows that must not be are not shown either.
func TestARelationShowsNothingOfAStranger(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		system, ann, bob := persontest.System(t), persontest.As(t, p.ann), persontest.New(t, p.store)
		row := p.add(system, t, p.ann, nil)
		bobs, err := p.store.Document.Query().Where(document.ID(p.addDocument(t, bob, 1).ID)).QueryVersions().Only(system)
		require.NoError(t, err)
		p.addMessage(system, t, row, bob, "Bob's", p.clock.Now())
		require.NoError(t, p.store.AppealStep.Create().SetOwnerID(bob).SetAppealID(row.ID).SetTo("DONE").SetActor("FUND").
			SetOccurredAt(p.clock.Now()).Exec(system))
		require.NoError(t, p.store.AppealAttachment.Create().SetOwnerID(p.ann).SetAppealID(row.ID).SetVersionID(bobs.ID).
			SetAttachedAt(p.clock.Now()).Exec(system))

		a, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		messages, err := p.Messages(ann, a)
		require.NoError(t, err)
		require.Empty(t, messages)
		timeline, err := p.Timeline(ann, a)
		require.NoError(t, err)
		require.Empty(t, timeline)
		attachments, err := p.Attachments(ann, a)
		require.NoError(t, err)
		require.Empty(t, attachments)

		_, err = p.Get(persontest.As(t, bob), row.ID)
		require.ErrorIs(t, err, fault.ErrNotFound)
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
			steps, err := p.Timeline(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*appeal.Step{}, steps, "a list without items, not none")
			messages, err := p.Messages(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*appeal.Message{}, messages, "a list without items, not none")
			attachments, err := p.Attachments(ann, v)
			require.NoError(t, err)
			require.Equal(t, []*appeal.Attachment{}, attachments, "a list without items, not none")
		}
		require.Len(t, p.seen.Take(), 3, "they share what is loaded")
	})
}
