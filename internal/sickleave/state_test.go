package sickleave_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/locale"
	"kabinet/internal/sickleave"
)

// follows is the whole table: what may be reported of a certificate in each state.
func follows() map[sickleave.State][]sickleave.State {
	return map[sickleave.State][]sickleave.State{
		sickleave.Opened:                   {sickleave.Extended, sickleave.Closed, sickleave.SentToAssessment, sickleave.Terminated},
		sickleave.Extended:                 {sickleave.Extended, sickleave.Closed, sickleave.SentToAssessment, sickleave.Terminated},
		sickleave.Closed:                   {sickleave.FilledByEmployer, sickleave.FilledByEmployerRegister, sickleave.Terminated},
		sickleave.SentToAssessment:         {sickleave.SupplementedByAssessment, sickleave.Extended, sickleave.Closed, sickleave.Terminated},
		sickleave.SupplementedByAssessment: {sickleave.Extended, sickleave.Closed, sickleave.Terminated},
		sickleave.FilledByEmployer: {
			sickleave.FilledByEmployer, sickleave.FilledByEmployerRegister, sickleave.BenefitPaid, sickleave.Terminated,
		},
		sickleave.FilledByEmployerRegister: {
			sickleave.FilledByEmployer, sickleave.FilledByEmployerRegister, sickleave.BenefitPaid, sickleave.Terminated,
		},
		sickleave.BenefitPaid: {},
		sickleave.Terminated:  {},
	}
}

func TestEveryPairOfStates(t *testing.T) {
	table := follows()
	require.Len(t, table, len(sickleave.States()))
	for _, from := range sickleave.States() {
		for _, to := range sickleave.States() {
			require.Equal(t, slices.Contains(table[from], to), from.CanBecome(to), "%s → %s", from, to)
		}
		for _, unknown := range []sickleave.State{"", "SOMETHING", "opened"} {
			require.False(t, from.CanBecome(unknown))
			require.False(t, unknown.CanBecome(from))
		}
	}
}

func TestEveryStateIsExplainedInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, state := range sickleave.States() {
		require.True(t, state.Known())
		l := &sickleave.SickLeave{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := l.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text, "%s in %s", state, language)
			require.False(t, seen[text], "no two states have the same words")
			seen[text] = true
		}
	}
	require.False(t, sickleave.State("SOMETHING").Known())
}
