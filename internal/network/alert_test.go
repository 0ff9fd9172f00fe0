package network_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/network"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

func TestAnAlertIsSentUnlessThereWereEnough(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
		people := person.New(s, persontest.Sealer(t), feed.NewRecorder(c, deaf{}), audit.NewJournal(c), c)
		admit := func(subject string, confirmed bool) uuid.UUID {
			id, err := people.Admit(t.Context(), identity.Login{Provider: "esia", Subject: subject, Profile: identity.Profile{
				LastName: "Иванова", FirstName: "Анна", Phone: identity.Phone{Number: "+79161234567", Confirmed: confirmed},
			}})
			require.NoError(t, err)
			return id
		}
		ann, bob := admit("1000", true), admit("1001", false)
		post := inbox.New(c)
		var refusal error
		var asked []uuid.UUID
		alerts := network.Alerts{People: people, Sender: post, Limit: func(_ context.Context, id uuid.UUID) error {
			asked = append(asked, id)
			return refusal
		}}
		require.NoError(t, alerts.Send(t.Context(), ann))
		require.Len(t, post.Messages(), 1)
		require.Equal(t, "+79161234567", post.Messages()[0].Address)
		refusal = fault.New(fault.RateLimited, locale.Text{En: "Too many."}, locale.Text{})
		require.NoError(t, alerts.Send(t.Context(), ann), "they know")
		refusal = errors.New("broken")
		require.ErrorIs(t, alerts.Send(t.Context(), ann), refusal)
		require.NoError(t, alerts.Send(t.Context(), bob), "nowhere to send it")
		require.Len(t, post.Messages(), 1)
		require.Equal(t, []uuid.UUID{ann, ann, ann}, asked)

		alerts.Limit = nil
		require.NoError(t, alerts.Send(t.Context(), ann))
		require.Len(t, post.Messages(), 2)
	})
}
