package deadline_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/deadline"
	"kabinet/internal/locale"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/transition"
)

func (p *place) sequence(t *testing.T) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), p.store, p.ann)
	require.NoError(t, err)
	return n
}

func TestADeadlineIsSetAndChanged(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann, leave := persontest.As(t, p.ann), ref.Of(ref.SickLeave, uuid.New())
		report := deadline.Report{
			Number: "С-1", Sequence: 1, Owner: p.ann, State: deadline.Open, Title: "Bring it", DueOn: march(5), Subject: leave,
		}
		require.NoError(t, p.apply(t, report))
		c, err := p.List(ann, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Len(t, c.Nodes, 1)
		set := c.Nodes[0]
		require.Equal(t, &deadline.Deadline{
			ID: set.ID, Number: "С-1", State: deadline.Open, Title: "Bring it", DueOn: march(5), Subject: leave, UpdatedAt: p.clock.Now(),
		}, set)
		require.Equal(t, ref.Deadline, set.ID.Kind)
		require.Equal(t, &leave, set.SubjectID())
		require.EqualValues(t, 1, p.sequence(t))

		// It is put off, and is about nothing in the cabinet any more.
		p.clock.Advance(time.Hour)
		report.Sequence, report.Title, report.DueOn, report.Subject = 2, "Bring both", march(9), ref.Ref{}
		require.NoError(t, p.apply(t, report))
		// Then it is met.
		report.Sequence, report.State = 3, deadline.Done
		require.NoError(t, p.apply(t, report))
		changed, err := p.Get(ann, set.ID.ID)
		require.NoError(t, err)
		require.Equal(t, &deadline.Deadline{
			ID: set.ID, Number: "С-1", State: deadline.Done, Title: "Bring both", DueOn: march(9), UpdatedAt: p.clock.Now(),
		}, changed)
		require.Nil(t, changed.SubjectID())
		require.EqualValues(t, 3, p.sequence(t))
	})
}

func TestAReportThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		bob := persontest.New(t, p.store)
		good := deadline.Report{Number: "С-1", Sequence: 5, Owner: p.ann, State: deadline.Done, Title: "Bring it", DueOn: march(5)}
		require.NoError(t, p.apply(t, good))
		for name, c := range map[string]struct {
			change func(*deadline.Report)
			want   error
		}{
			"older":      {func(r *deadline.Report) { r.Sequence = 4 }, transition.ErrStale},
			"again":      {func(*deadline.Report) {}, transition.ErrStale},
			"impossible": {func(r *deadline.Report) { r.Sequence, r.State = 6, deadline.Cancelled }, transition.ErrImpossible},
			"no state":   {func(r *deadline.Report) { r.Sequence, r.State = 6, "SOMETHING" }, transition.ErrImpossible},
			"another's":  {func(r *deadline.Report) { r.Sequence, r.Owner = 6, bob }, transition.ErrImpossible},
		} {
			report := good
			c.change(&report)
			require.ErrorIs(t, p.apply(t, report), c.want, name)
		}
		require.EqualValues(t, 1, p.sequence(t), "nothing more is told")
	})
}

func TestEveryPairOfStates(t *testing.T) {
	may := map[[2]deadline.State]bool{
		{deadline.Open, deadline.Done}: true, {deadline.Open, deadline.Cancelled}: true,
		{deadline.Done, deadline.Open}: true, {deadline.Cancelled, deadline.Open}: true,
	}
	all := append(deadline.States(), "", "SOMETHING")
	for _, from := range all {
		for _, to := range all {
			require.Equal(t, may[[2]deadline.State{from, to}], from.CanBecome(to), "%s → %s", from, to)
		}
	}
	seen := map[string]bool{}
	for _, state := range deadline.States() {
		require.True(t, state.Known())
		d := &deadline.Deadline{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := d.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text)
			require.False(t, seen[text])
			seen[text] = true
		}
	}
	require.False(t, deadline.State("SOMETHING").Known())
}
