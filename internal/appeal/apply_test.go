package appeal_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

func (p *place) apply(t *testing.T, r appeal.Report) error {
	t.Helper()
	return p.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error { return p.Apply(ctx, tx, r) })
}

func TestAReportIsAppliedAndTold(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetState("SUBMITTED") })
		id := ref.Of(ref.Appeal, row.ID)
		p.clock.Advance(time.Hour)
		number, specialist, comment := "77-1", "Смирнова", "registered"
		require.NoError(t, p.apply(t, appeal.Report{
			Appeal: id, Sequence: 1, State: appeal.Registered, Comment: &comment, Number: &number, Specialist: &specialist,
			DueOn: calendar.NewDate(2026, time.April, 1),
		}))
		a, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Equal(t, appeal.Registered, a.State)
		require.Equal(t, &number, a.Number)
		require.Equal(t, &specialist, a.Specialist)
		require.Equal(t, "2026-04-01", a.DueOn.String())
		require.Equal(t, p.clock.Now(), *a.RegisteredAt)
		require.Equal(t, p.clock.Now(), a.UpdatedAt)
		require.Equal(t, traces{sequence: 1, appeals: 1, steps: 1}, p.traces(t))

		timeline, err := p.Timeline(ann, a)
		require.NoError(t, err)
		from := appeal.Submitted
		require.Equal(t, appeal.Step{
			From: &from, To: appeal.Registered, Comment: &comment, Actor: appeal.Fund, OccurredAt: p.clock.Now(),
		}, *timeline[0])
		event, err := p.store.FeedEvent.Query().Only(ann)
		require.NoError(t, err)
		require.Equal(t, id, ref.Of(ref.Kind(event.SubjectKind), event.SubjectID))
		require.Equal(t, []string{"SUBMITTED", "REGISTERED", "registered"}, []string{*event.From, *event.To, *event.Comment})

		// What the next report does not say stays.
		registered := p.clock.Now()
		p.clock.Advance(time.Hour)
		require.NoError(t, p.apply(t, appeal.Report{Appeal: id, Sequence: 2, State: appeal.UnderReview}))
		a, err = p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Equal(t, &number, a.Number)
		require.Equal(t, &specialist, a.Specialist)
		require.Equal(t, "2026-04-01", a.DueOn.String())
		require.Equal(t, registered, *a.RegisteredAt)
		require.Equal(t, traces{sequence: 2, appeals: 1, steps: 2}, p.traces(t))
	})
}

func TestAReportThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetState("SUBMITTED").SetFundSequence(5) })
		drafted := p.add(persontest.System(t), t, p.ann, nil)
		id := ref.Of(ref.Appeal, row.ID)
		before := p.traces(t)
		for name, c := range map[string]struct {
			report appeal.Report
			want   error
		}{
			"older":                {appeal.Report{Appeal: id, Sequence: 4, State: appeal.Registered}, transition.ErrStale},
			"again":                {appeal.Report{Appeal: id, Sequence: 5, State: appeal.Registered}, transition.ErrStale},
			"impossible":           {appeal.Report{Appeal: id, Sequence: 6, State: appeal.Done}, transition.ErrImpossible},
			"the citizen's alone":  {appeal.Report{Appeal: id, Sequence: 6, State: appeal.Withdrawn}, transition.ErrImpossible},
			"of what was not sent": {appeal.Report{Appeal: ref.Of(ref.Appeal, drafted.ID), Sequence: 6, State: appeal.Registered}, transition.ErrImpossible},
			"another":              {appeal.Report{Appeal: ref.Of(ref.Appeal, uuid.New()), Sequence: 6, State: appeal.Registered}, fault.ErrNotFound},
		} {
			require.ErrorIs(t, p.apply(t, c.report), c.want, name)
		}
		require.Equal(t, before, p.traces(t), "nothing is told")
	})
}

func TestAReportIsAppliedWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		number := "77-1"
		p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetNumber(number) })
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.AppealCreate) { c.SetState("SUBMITTED") })
		before := p.traces(t)
		err := p.apply(t, appeal.Report{Appeal: ref.Of(ref.Appeal, row.ID), Sequence: 1, State: appeal.Registered, Number: &number})
		require.Error(t, err, "the number is another's")
		require.Equal(t, before, p.traces(t))
	})
}
