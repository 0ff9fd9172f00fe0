package benefit_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/benefit"
	"kabinet/internal/locale"
)

// follows is the whole table: what may be reported of a benefit in each state.
func follows() map[benefit.State][]benefit.State {
	return map[benefit.State][]benefit.State{
		benefit.Loaded: {
			benefit.ReadyForCalculation, benefit.CalculationBeingConfirmed, benefit.Calculated, benefit.SentForPayment,
			benefit.Paid, benefit.Closed, benefit.NoticeIssued, benefit.Duplicate,
		},
		benefit.ReadyForCalculation: {
			benefit.CalculationBeingConfirmed, benefit.Calculated, benefit.SentForPayment, benefit.Paid, benefit.Closed,
			benefit.NoticeIssued, benefit.Duplicate,
		},
		benefit.CalculationBeingConfirmed: {
			benefit.Calculated, benefit.SentForPayment, benefit.Paid, benefit.Closed, benefit.NoticeIssued, benefit.Duplicate,
		},
		benefit.Calculated:     {benefit.SentForPayment, benefit.Paid, benefit.Closed, benefit.NoticeIssued, benefit.Duplicate},
		benefit.SentForPayment: {benefit.Paid, benefit.Closed},
		benefit.Paid:           {benefit.Closed, benefit.ReadyForCalculation},
		benefit.Closed:         {},
		benefit.NoticeIssued:   {benefit.Loaded, benefit.ReadyForCalculation, benefit.Closed, benefit.Duplicate},
		benefit.Duplicate:      {},
	}
}

func TestEveryPairOfStates(t *testing.T) {
	table := follows()
	require.Len(t, table, len(benefit.States()))
	for _, from := range benefit.States() {
		for _, to := range benefit.States() {
			require.Equal(t, slices.Contains(table[from], to), from.CanBecome(to), "%s → %s", from, to)
		}
		for _, unknown := range []benefit.State{"", "SOMETHING", "loaded"} {
			require.False(t, from.CanBecome(unknown))
			require.False(t, unknown.CanBecome(from))
		}
	}
}

func TestEveryStateIsExplainedInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, state := range benefit.States() {
		require.True(t, state.Known())
		l := &benefit.Benefit{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := l.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text, "%s in %s", state, language)
			require.False(t, seen[text], "no two states have the same words")
			seen[text] = true
		}
	}
	require.False(t, benefit.State("SOMETHING").Known())
}
