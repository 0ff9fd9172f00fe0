package appeal_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/appeal"
	"kabinet/internal/locale"
)

// follows is the whole table: to what each actor may bring an appeal in each state.
func follows() map[appeal.Actor]map[appeal.State][]appeal.State {
	return map[appeal.Actor]map[appeal.State][]appeal.State{
		appeal.Citizen: {
			appeal.Draft:           {appeal.Submitted},
			appeal.Submitted:       {appeal.Withdrawn},
			appeal.Registered:      {appeal.Withdrawn},
			appeal.UnderReview:     {appeal.Withdrawn},
			appeal.NeedsCorrection: {appeal.Submitted, appeal.Withdrawn},
			appeal.Done:            {},
			appeal.Refused:         {},
			appeal.Withdrawn:       {},
		},
		appeal.Fund: {
			appeal.Draft:           {},
			appeal.Submitted:       {appeal.Registered, appeal.UnderReview, appeal.Refused},
			appeal.Registered:      {appeal.UnderReview, appeal.NeedsCorrection, appeal.Done, appeal.Refused},
			appeal.UnderReview:     {appeal.NeedsCorrection, appeal.Done, appeal.Refused},
			appeal.NeedsCorrection: {appeal.UnderReview, appeal.Refused},
			appeal.Done:            {},
			appeal.Refused:         {},
			appeal.Withdrawn:       {},
		},
	}
}

func TestEveryPairOfStates(t *testing.T) {
	for actor, table := range follows() {
		require.Len(t, table, len(appeal.States()))
		for _, from := range appeal.States() {
			for _, to := range appeal.States() {
				require.Equal(t, slices.Contains(table[from], to), from.CanBecome(to, actor), "%s: %s → %s", actor, from, to)
			}
			for _, unknown := range []appeal.State{"", "SOMETHING", "draft"} {
				require.False(t, from.CanBecome(unknown, actor))
				require.False(t, unknown.CanBecome(from, actor))
			}
		}
	}
}

func TestEveryStateIsExplainedInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, state := range appeal.States() {
		require.True(t, state.Known())
		a := &appeal.Appeal{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := a.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text, "%s in %s", state, language)
			require.False(t, seen[text], "no two states have the same words")
			seen[text] = true
		}
	}
	require.False(t, appeal.State("SOMETHING").Known())
}
