package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
)

// TestTheJournalTellsWhoSignedInAndOut: the person, and through which session.
func TestTheJournalTellsWhoSignedInAndOut(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		left, replaced := p.open(t, p.signIn(t), true), p.open(t, p.signIn(t), true)
		require.NoError(t, p.End(t.Context(), left, session.ReasonLogout))
		require.NoError(t, p.End(t.Context(), left, session.ReasonLogout), "a second end is none")
		require.NoError(t, p.End(t.Context(), replaced, session.ReasonReplaced))

		entries := p.journal(t)
		require.Len(t, entries, 4)
		for i, want := range []struct {
			action, actor string
			open          session.Open
		}{
			{"session.begin", p.person.String(), left},
			{"session.begin", p.person.String(), replaced},
			{"session.end", p.person.String(), left},
			{"session.end", "system:session end: replaced", replaced},
		} {
			require.Equal(t, want.action, entries[i].Action)
			require.Equal(t, want.actor, entries[i].Actor)
			if want.actor == p.person.String() {
				require.NotNil(t, entries[i].SessionID)
				require.Equal(t, want.open.Viewer.SessionID, *entries[i].SessionID)
			}
		}
		_, breaks, err := audit.Verify(t.Context(), p.store)
		require.NoError(t, err)
		require.Empty(t, breaks)
	})
}

// journal is what the person's journal tells, in order.
func (p *place) journal(t *testing.T) []*ent.AuditEntry {
	t.Helper()
	entries, err := p.store.AuditEntry.Query().Where(auditentry.OwnerID(p.person)).
		Order(ent.Asc(auditentry.FieldSequence)).All(persontest.System(t))
	require.NoError(t, err)
	return entries
}
