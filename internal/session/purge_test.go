package session_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
)

func TestAPurgeDeletesWhatIsKeptNoMore(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		open := p.open(t, p.signIn(t), true)
		require.NoError(t, p.End(t.Context(), open, session.ReasonLogout))
		p.signIn(t) // and never ended: it was left alone
		p.refresh(t, p.Service, p.signInMobile(t).Refresh)
		p.pass(t, session.Retention+absolute)
		left := p.open(t, p.signInMobile(t).Access, true).Viewer.SessionID

		deleted, err := p.Purge(t.Context())
		require.NoError(t, err)
		require.Zero(t, deleted, "not before the time")
		p.pass(t, time.Second)
		deleted, err = p.Purge(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, deleted)
		tokens, err := p.store.SessionToken.Query().Count(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, 2, tokens, "a code and a refresh token")
		ids, err := p.store.Session.Query().IDs(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{left}, ids)
	})
}

// TestAPurgeGoesOnUntilNothingIsLeft: one statement deletes a bounded number.
func TestAPurgeGoesOnUntilNothingIsLeft(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const many = 2100
		old := p.clock.Now().Add(-session.Retention - time.Hour)
		require.NoError(t, p.store.Session.MapCreateBulk(make([]struct{}, many), func(c *ent.SessionCreate, i int) {
			c.SetOwnerID(p.person).SetTokenHash(binary.BigEndian.AppendUint64(nil, uint64(i))).SetSealed([]byte{}).
				SetKind(string(session.Browser)).SetCreatedAt(old).SetIdleEndsAt(old).SetAbsoluteEndsAt(old)
		}).Exec(persontest.System(t)))
		deleted, err := p.Purge(t.Context())
		require.NoError(t, err)
		require.Equal(t, many, deleted)
	})
}
