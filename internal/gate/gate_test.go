package gate_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/gate"
	"kabinet/internal/viewer"
)

func TestAdmit(t *testing.T) {
	require.ErrorIs(t, gate.Admit(viewer.Viewer{}, viewer.Basic, viewer.Blocked), fault.ErrUnauthenticated)
	require.ErrorIs(t, gate.Admit(viewer.System("test"), viewer.Basic, viewer.Blocked), fault.ErrUnauthenticated, "no person, nobody")
	for _, level := range []viewer.Level{0, viewer.Basic, viewer.Extended} {
		for _, entry := range []viewer.Entry{0, viewer.Blocked, viewer.Incomplete, viewer.Complete} {
			v := viewer.Viewer{PersonID: uuid.New(), Level: level, Entry: entry}
			for _, needsLevel := range []viewer.Level{viewer.Basic, viewer.Extended} {
				for _, needsEntry := range []viewer.Entry{viewer.Blocked, viewer.Incomplete, viewer.Complete} {
					t.Run(fmt.Sprintf("%d at %d needs %d at %d", level, entry, needsLevel, needsEntry), func(t *testing.T) {
						err := gate.Admit(v, needsLevel, needsEntry)
						switch {
						case entry == 0:
							require.ErrorIs(t, err, fault.ErrUnauthenticated)
						case entry < needsEntry && entry == viewer.Blocked:
							require.ErrorIs(t, err, gate.ErrBlocked)
						case entry < needsEntry:
							require.ErrorIs(t, err, gate.ErrIncomplete)
						case level < needsLevel:
							require.ErrorIs(t, err, fault.ErrAccessLevel)
						default:
							require.NoError(t, err)
						}
					})
				}
			}
		}
	}
}
