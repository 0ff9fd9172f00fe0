package confirm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Every digit is as likely as any other at every place. The bounds are some nine deviations wide.
func TestCodesAreSixDigitsOfAllKinds(t *testing.T) {
	const drawn = 20_000
	var counts [codeLength][10]int
	seen := map[string]bool{}
	for range drawn {
		code, err := newCode()
		require.NoError(t, err)
		require.Len(t, code, codeLength, "zeros in front are kept")
		seen[code] = true
		for i := range code {
			require.True(t, code[i] >= '0' && code[i] <= '9')
			counts[i][code[i]-'0']++
		}
	}
	for i := range counts {
		for digit, n := range counts[i] {
			require.InDelta(t, drawn/10, n, drawn/50, "digit %d at place %d", digit, i)
		}
	}
	require.Greater(t, len(seen), drawn*95/100)
}

func TestWaitsAreRoundedUp(t *testing.T) {
	require.Contains(t, locked(14*time.Minute+time.Second).Remedy.Ru, "через 15 мин")
	require.Contains(t, locked(time.Second).Remedy.En, "in 1 min")
}
