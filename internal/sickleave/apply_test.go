package sickleave_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/fault"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

func (p *place) apply(t *testing.T, r sickleave.Report) error {
	t.Helper()
	return p.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error { return p.Apply(ctx, tx, r) })
}

func (p *place) sequence(t *testing.T) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), p.store, p.ann)
	require.NoError(t, err)
	return n
}

func TestAReportIsAppliedAndTold(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.SickLeaveCreate) { c.SetState("FILLED_BY_EMPLOYER").SetFundSequence(3) })
		p.clock.Advance(time.Hour)
		comment, paid := "paid", money.Kopecks(12_345)
		require.NoError(t, p.apply(t, sickleave.Report{
			Number: row.Number, Sequence: 4, State: sickleave.BenefitPaid, Comment: &comment, PaidByFund: &paid,
			EndsOn: calendar.NewDate(2026, time.March, 9), ReturnOn: calendar.NewDate(2026, time.March, 10), PaidOn: calendar.NewDate(2026, time.March, 20),
		}))
		l, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, sickleave.BenefitPaid, l.State)
		require.Equal(t, p.clock.Now(), l.UpdatedAt)
		require.Equal(t, "2026-03-09", l.EndsOn.String())
		require.Equal(t, "2026-03-10", l.ReturnOn.String())
		require.Equal(t, paid, l.Payment.ByFund.Kopecks)
		require.Equal(t, "2026-03-20", l.Payment.PaidOn.String())

		require.EqualValues(t, 1, p.sequence(t))
		event, err := p.store.FeedEvent.Query().Only(persontest.As(t, p.ann))
		require.NoError(t, err)
		require.Equal(t, ref.Of(ref.SickLeave, row.ID), ref.Of(ref.Kind(event.SubjectKind), event.SubjectID))
		require.Equal(t, []string{"FILLED_BY_EMPLOYER", "BENEFIT_PAID", "paid"}, []string{*event.From, *event.To, *event.Comment})
	})
}

func TestWhatAReportDoesNotSayStays(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.SickLeaveCreate) {
			c.SetEndsOn(calendar.NewDate(2026, time.March, 9)).SetReturnOn(calendar.NewDate(2026, time.March, 10)).SetPaidByFund(7)
		})
		require.NoError(t, p.apply(t, sickleave.Report{Number: row.Number, Sequence: 1, State: sickleave.Closed}))
		l, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, "2026-03-09", l.EndsOn.String())
		require.Equal(t, "2026-03-10", l.ReturnOn.String())
		require.EqualValues(t, 7, l.Payment.ByFund.Kopecks)
	})
}

func TestAReportThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.SickLeaveCreate) { c.SetFundSequence(5) })
		for name, c := range map[string]struct {
			report sickleave.Report
			want   error
		}{
			"older":        {sickleave.Report{Number: row.Number, Sequence: 4, State: sickleave.Closed}, transition.ErrStale},
			"again":        {sickleave.Report{Number: row.Number, Sequence: 5, State: sickleave.Closed}, transition.ErrStale},
			"impossible":   {sickleave.Report{Number: row.Number, Sequence: 6, State: sickleave.BenefitPaid}, transition.ErrImpossible},
			"no state":     {sickleave.Report{Number: row.Number, Sequence: 6, State: "SOMETHING"}, transition.ErrImpossible},
			"another":      {sickleave.Report{Number: "999999999999", Sequence: 6, State: sickleave.Closed}, fault.ErrNotFound},
			"no such form": {sickleave.Report{Number: uuid.NewString(), Sequence: 6, State: sickleave.Closed}, fault.ErrNotFound},
		} {
			require.ErrorIs(t, p.apply(t, c.report), c.want, name)
		}
		require.Zero(t, p.sequence(t), "nothing is told")
		l, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, sickleave.Opened, l.State)
	})
}

func TestEachReportRaisesTheSequenceByOne(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, nil)
		for i, state := range []sickleave.State{
			sickleave.Extended, sickleave.Extended, sickleave.SentToAssessment, sickleave.SupplementedByAssessment,
			sickleave.Closed, sickleave.FilledByEmployerRegister, sickleave.BenefitPaid,
		} {
			require.NoError(t, p.apply(t, sickleave.Report{Number: row.Number, Sequence: int64(i + 1), State: state}))
			require.EqualValues(t, i+1, p.sequence(t))
		}
	})
}
