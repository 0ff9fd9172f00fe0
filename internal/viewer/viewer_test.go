package viewer_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/viewer"
)

func TestNobodySeesNothing(t *testing.T) {
	nobody := viewer.FromContext(t.Context())
	require.False(t, nobody.IsPerson())
	require.False(t, nobody.IsSystem())
	require.Empty(t, nobody.Owners())
	require.False(t, nobody.MaySee(uuid.New()))
	require.False(t, nobody.MaySee(uuid.Nil), "the absent owner is nobody's")
}

func TestPersonSeesOwnAndPrincipals(t *testing.T) {
	self, organisation := uuid.New(), uuid.New()
	v := viewer.Viewer{PersonID: self, Principals: []uuid.UUID{organisation}}
	require.Equal(t, []uuid.UUID{self, organisation}, v.Owners())
	require.True(t, v.MaySee(self))
	require.True(t, v.MaySee(organisation))
	require.False(t, v.MaySee(uuid.New()))
	require.False(t, v.MaySee(uuid.Nil))
}

func TestSystemIsNoPerson(t *testing.T) {
	v := viewer.FromContext(viewer.NewSystemContext(t.Context(), "seeding"))
	require.True(t, v.IsSystem())
	require.Equal(t, "seeding", v.SystemReason())
	v.PersonID = uuid.New()
	require.False(t, v.IsPerson())
	require.Empty(t, v.Owners())
}
