package benefit_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/benefit"
	"kabinet/internal/fault"
	"kabinet/internal/money"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

func (p *place) apply(t *testing.T, r benefit.Report) error {
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
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.BenefitCreate) { c.SetFundSequence(3) })
		p.clock.Advance(time.Hour)
		comment, amount := "calculated", money.Kopecks(12_345)
		require.NoError(t, p.apply(t, benefit.Report{Number: row.Number, Sequence: 4, State: benefit.Calculated, Comment: &comment, Amount: &amount}))
		b, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, benefit.Calculated, b.State)
		require.Equal(t, amount, b.Amount.Kopecks)
		require.Equal(t, p.clock.Now(), b.UpdatedAt)

		require.EqualValues(t, 1, p.sequence(t))
		event, err := p.store.FeedEvent.Query().Only(persontest.As(t, p.ann))
		require.NoError(t, err)
		require.Equal(t, ref.Of(ref.Benefit, row.ID), ref.Of(ref.Kind(event.SubjectKind), event.SubjectID))
		require.Equal(t, []string{"LOADED", "CALCULATED", "calculated"}, []string{*event.From, *event.To, *event.Comment})
	})
}

func TestANoticeStandsUntilItIsHeeded(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := persontest.As(t, p.ann)
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.BenefitCreate) { c.SetAmount(500) })
		notice := "the bank account is wrong"
		require.NoError(t, p.apply(t, benefit.Report{Number: row.Number, Sequence: 1, State: benefit.NoticeIssued, Notice: &notice}))
		b, err := p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Equal(t, &notice, b.Notice)
		require.EqualValues(t, 500, b.Amount.Kopecks, "what a report does not say stays")

		require.NoError(t, p.apply(t, benefit.Report{Number: row.Number, Sequence: 2, State: benefit.ReadyForCalculation}))
		b, err = p.Get(ann, row.ID)
		require.NoError(t, err)
		require.Nil(t, b.Notice)
		require.EqualValues(t, 2, p.sequence(t))
	})
}

func TestAReportThatDoesNotFitIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		row := p.add(persontest.System(t), t, p.ann, func(c *ent.BenefitCreate) { c.SetFundSequence(5).SetState("SENT_FOR_PAYMENT") })
		for name, c := range map[string]struct {
			report benefit.Report
			want   error
		}{
			"older":      {benefit.Report{Number: row.Number, Sequence: 4, State: benefit.Paid}, transition.ErrStale},
			"again":      {benefit.Report{Number: row.Number, Sequence: 5, State: benefit.Paid}, transition.ErrStale},
			"impossible": {benefit.Report{Number: row.Number, Sequence: 6, State: benefit.NoticeIssued}, transition.ErrImpossible},
			"no state":   {benefit.Report{Number: row.Number, Sequence: 6, State: "SOMETHING"}, transition.ErrImpossible},
			"another":    {benefit.Report{Number: "none", Sequence: 6, State: benefit.Paid}, fault.ErrNotFound},
		} {
			require.ErrorIs(t, p.apply(t, c.report), c.want, name)
		}
		require.Zero(t, p.sequence(t), "nothing is told")
		b, err := p.Get(persontest.As(t, p.ann), row.ID)
		require.NoError(t, err)
		require.Equal(t, benefit.SentForPayment, b.State)
	})
}
