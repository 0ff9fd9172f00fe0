package document_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/document"
	"kabinet/internal/locale"
)

// follows is the whole table: what may be reported of a document in each state.
func follows() map[document.State][]document.State {
	return map[document.State][]document.State{
		document.Processing: {document.Approved, document.Rejected},
		document.Approved:   {document.Processing},
		document.Rejected:   {document.Processing},
	}
}

func TestEveryPairOfStates(t *testing.T) {
	table := follows()
	require.Len(t, table, len(document.States()))
	for _, from := range document.States() {
		for _, to := range document.States() {
			require.Equal(t, slices.Contains(table[from], to), from.CanBecome(to), "%s → %s", from, to)
		}
		for _, unknown := range []document.State{"", "SOMETHING", "approved"} {
			require.False(t, from.CanBecome(unknown))
			require.False(t, unknown.CanBecome(from))
		}
	}
}

func TestEveryStateIsExplainedInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, state := range document.States() {
		require.True(t, state.Known())
		l := &document.Document{State: state}
		for _, language := range []locale.Language{locale.Russian, locale.English} {
			text := l.StateText(locale.NewContext(t.Context(), language))
			require.NotEmpty(t, text, "%s in %s", state, language)
			require.False(t, seen[text], "no two states have the same words")
			seen[text] = true
		}
	}
	require.False(t, document.State("SOMETHING").Known())
}
