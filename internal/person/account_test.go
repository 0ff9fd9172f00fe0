package person_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
)

func TestAnAccountLeadsToItsPerson(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		got, err := p.ByAccount(t.Context(), "esia", "1000")
		require.NoError(t, err)
		require.Equal(t, id, got)
		for _, account := range [][2]string{{"esia", "1001"}, {"other", "1000"}, {"esia", ""}, {"", "1000"}, {"esi", "a\x001000"}} {
			_, err = p.ByAccount(t.Context(), account[0], account[1])
			require.ErrorIs(t, err, fault.ErrNotFound, "%q", account)
		}
	})
}
