package person_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/ent/feedevent"
	"kabinet/internal/audit"
	"kabinet/internal/identity"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
)

// version is the number of the owner's newest change.
func (p *place) version(t *testing.T, id uuid.UUID) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.As(t, id), p.store, id)
	require.NoError(t, err)
	return n
}

// TestALoginThatTellsSomethingElseIsAChange, and no other is: the owner's number is the version of what they see.
func TestALoginThatTellsSomethingElseIsAChange(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		want := int64(0)
		current := login("1000")
		for _, step := range []struct {
			name    string
			change  func(l *identity.Login)
			differs bool
		}{
			{"the same", func(*identity.Login) {}, false},
			{"no list instead of an empty one", func(l *identity.Login) { l.Profile.Addresses = nil }, true},
			{"an empty list instead of none", func(l *identity.Login) { l.Profile.Addresses = []identity.Address{} }, false},
			{"another phone", func(l *identity.Login) { l.Profile.Phone.Number = "+79160000000" }, true},
			{"a phone confirmed no more", func(l *identity.Login) { l.Profile.Phone.Confirmed = false }, true},
			{"confirmed no more", func(l *identity.Login) { l.Trusted = false }, true},
			{"still not", func(*identity.Login) {}, false},
			{"other tokens", func(l *identity.Login) { l.Tokens.Access = "another" }, false},
			{"confirmed again", func(l *identity.Login) { l.Trusted = true }, true},
		} {
			step.change(&current)
			again, err := p.Admit(t.Context(), current)
			require.NoError(t, err, step.name)
			require.Equal(t, id, again, step.name)
			if step.differs {
				want++
			}
			require.Equal(t, want, p.version(t, id), step.name)
		}

		events, err := p.store.FeedEvent.Query().Where(feedevent.OwnerID(id)).All(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, events, int(want))
		for _, e := range events {
			require.Equal(t, string(ref.Person), e.SubjectKind)
			require.Equal(t, id, e.SubjectID)
			require.Nil(t, e.From)
			require.Nil(t, e.To)
		}
	})
}

func TestTheFirstDataOfAPersonWhomTheFundKnowsIsAChange(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		sealer := persontest.Sealer(t)
		p.Service = newService(p.store, sealer, p.clock)
		known := p.known(t, sealer, snils)
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		require.Equal(t, known, id)
		require.EqualValues(t, 1, p.version(t, id))
	})
}

func TestARefusedLoginStandsInTheJournalOfWhomItWouldHaveReached(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		id, err := p.Admit(t.Context(), login("1000"))
		require.NoError(t, err)
		stranger, err := p.Admit(t.Context(), login("1001"))
		require.ErrorIs(t, err, person.ErrAnotherAccount)
		require.Equal(t, uuid.Nil, stranger)

		entries, err := p.store.AuditEntry.Query().Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, id, entries[0].OwnerID)
		require.Equal(t, "session.begin", entries[0].Action)
		require.Equal(t, "another account", entries[0].Reason)
		require.False(t, entries[0].Allowed)
		require.Equal(t, "system:login", entries[0].Actor, "it is not the person who came")
		require.Zero(t, p.version(t, id))
		_, breaks, err := audit.Verify(t.Context(), p.store)
		require.NoError(t, err)
		require.Empty(t, breaks)
	})
}
