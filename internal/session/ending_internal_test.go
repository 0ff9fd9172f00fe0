package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhenAnEndIsTold(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, time.March, 2, 9, minute, 0, 0, time.UTC) }
	var w warning
	for _, step := range []struct {
		why  string
		end  time.Time
		near bool
		want bool
	}{
		{"it is far", at(15), false, false},
		{"it is far still", at(15), false, false},
		{"it is near", at(15), true, true},
		{"it is known", at(15), true, false},
		{"it is near still, and later", at(16), true, true},
		{"it was put off", at(30), false, true},
		{"it is far again", at(31), false, false},
		{"it is near again", at(31), true, true},
	} {
		require.Equal(t, step.want, w.isDue(step.end, step.near), step.why)
	}
}
