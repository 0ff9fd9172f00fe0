package verification_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/verification"
)

func TestWhatMayFollow(t *testing.T) {
	allowed := map[verification.State][]verification.State{
		verification.Submitted: {verification.Confirmed, verification.Rejected},
	}
	for _, from := range append(verification.States(), "", "OTHER") {
		for _, to := range append(verification.States(), "", "OTHER") {
			want := false
			for _, a := range allowed[from] {
				want = want || a == to
			}
			require.Equal(t, want, from.CanBecome(to), "%s → %s", from, to)
		}
	}
}

func TestEveryStateIsExplained(t *testing.T) {
	for _, s := range verification.States() {
		require.True(t, s.Known())
		require.NotEmpty(t, s.Text().Ru)
		require.NotEmpty(t, s.Text().En)
	}
	require.False(t, verification.State("OTHER").Known())
}
