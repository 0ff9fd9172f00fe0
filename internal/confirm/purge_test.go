package confirm_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/confirm"
	"kabinet/internal/person/persontest"
)

func TestAPurgeDeletesWhatExpiredADayAgo(t *testing.T) {
	eachPlace(t, func(t *testing.T, p *place) {
		const many = 2100 // more than one statement deletes
		now := p.now.Now()
		require.NoError(t, p.store.Confirmation.MapCreateBulk(make([]struct{}, many), func(c *ent.ConfirmationCreate, _ int) {
			c.SetOwnerID(p.ann).SetSessionID(uuid.New()).SetOperation("old").SetPayloadHash([]byte{1}).SetCodeHash([]byte{1}).
				SetChannel("SMS").SetCreatedAt(now).SetSentAt(now).SetExpiresAt(now.Add(confirm.Lifetime))
		}).Exec(persontest.System(t)))
		p.now.Advance(confirm.Lifetime + 24*time.Hour)
		c := challenged(t, p, as(t, p.ann, uuid.New()), request())

		deleted, err := p.Purge(t.Context())
		require.NoError(t, err)
		require.Zero(t, deleted, "not before the time")
		p.now.Advance(time.Second)
		deleted, err = p.Purge(t.Context())
		require.NoError(t, err)
		require.Equal(t, many, deleted)
		left, err := p.store.Confirmation.Query().IDs(persontest.System(t))
		require.NoError(t, err)
		require.Equal(t, []uuid.UUID{uuid.MustParse(c.ID)}, left)
	})
}
