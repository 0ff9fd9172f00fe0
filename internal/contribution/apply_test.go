package contribution_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/contribution"
	"kabinet/internal/locale"
	"kabinet/internal/money"
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

func TestAContributionIsReportedAndCorrected(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		report := contribution.Report{
			Number: "В-1", Sequence: 1, Owner: p.ann, Kind: contribution.Pension, Period: month(time.January),
			EmployerName: "ООО «Ромашка»", RegistrationNumber: "7701000001", Base: 10_000_00, Amount: 2_200_00,
		}
		require.NoError(t, p.apply(t, report))
		c, err := p.List(ann, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Len(t, c.Nodes, 1)
		reported := c.Nodes[0]
		require.Equal(t, &contribution.Contribution{
			ID: reported.ID, Number: "В-1", Kind: contribution.Pension, Period: month(time.January),
			Employer: contribution.Employer{Name: "ООО «Ромашка»", RegistrationNumber: new("7701000001")},
			Base:     money.InRoubles(10_000_00), Amount: money.InRoubles(2_200_00), UpdatedAt: p.clock.Now(),
		}, reported)
		require.Equal(t, ref.Contribution, reported.ID.Kind)
		require.EqualValues(t, 1, p.sequence(t))

		p.clock.Advance(time.Hour)
		require.NoError(t, p.apply(t, contribution.Report{
			Number: "В-1", Sequence: 2, Owner: p.ann, Kind: contribution.WorkInjury, Period: month(time.February),
			EmployerName: "ООО «Лютик»", Base: 1, Amount: 0,
		}))
		corrected, err := p.Get(ann, reported.ID.ID)
		require.NoError(t, err)
		require.Equal(t, &contribution.Contribution{
			ID: reported.ID, Number: "В-1", Kind: contribution.WorkInjury, Period: month(time.February),
			Employer: contribution.Employer{Name: "ООО «Лютик»"},
			Base:     money.InRoubles(1), Amount: money.InRoubles(0), UpdatedAt: p.clock.Now(),
		}, corrected)
		require.EqualValues(t, 2, p.sequence(t))
	})
}

func TestAReportThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		bob := persontest.New(t, p.store)
		good := contribution.Report{Number: "В-1", Sequence: 5, Owner: p.ann, Kind: contribution.Pension, Period: month(time.January), EmployerName: "ООО"}
		require.NoError(t, p.apply(t, good))
		for name, c := range map[string]struct {
			change func(*contribution.Report)
			want   error
		}{
			"older":     {func(r *contribution.Report) { r.Sequence = 4 }, transition.ErrStale},
			"again":     {func(*contribution.Report) {}, transition.ErrStale},
			"another's": {func(r *contribution.Report) { r.Sequence, r.Owner = 6, bob }, transition.ErrImpossible},
		} {
			report := good
			c.change(&report)
			require.ErrorIs(t, p.apply(t, report), c.want, name)
		}
		require.EqualValues(t, 1, p.sequence(t), "nothing more is told")
	})
}

func TestEveryKindHasItsName(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range contribution.Kinds() {
		require.True(t, kind.Known())
		c := &contribution.Contribution{Kind: kind}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := c.KindText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text)
			require.False(t, seen[text])
			seen[text] = true
		}
	}
	require.False(t, contribution.Kind("SOMETHING").Known())
}
