package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// journal is a journal with two people's entries.
type journal struct {
	*audit.Journal

	store    *storage.Store
	ann, bob uuid.UUID
}

const entries = 5

func eachJournal(t *testing.T, test func(t *testing.T, j *journal)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 123_456_000, time.UTC))
		j := &journal{Journal: audit.NewJournal(c), store: s, ann: persontest.New(t, s), bob: persontest.New(t, s)}
		for range entries {
			j.write(t, persontest.As(t, j.ann), audit.Entry{Owner: j.ann, Action: "appeal.draft.save", Subject: ref.Of(ref.Appeal, uuid.New())})
			j.write(t, persontest.System(t), audit.Entry{Owner: j.bob, Action: "document.read", Denied: true, Reason: "ACCESS_LEVEL_REQUIRED"})
			c.Advance(time.Microsecond)
		}
		j.requireWhole(t)
		test(t, j)
	})
}

func (j *journal) write(t *testing.T, ctx context.Context, e audit.Entry) { //nolint:revive // a test's helper begins with its t
	t.Helper()
	require.NoError(t, j.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return j.Write(ctx, tx, e) }))
}

func (j *journal) requireWhole(t *testing.T) {
	t.Helper()
	_, breaks, err := audit.Verify(t.Context(), j.store)
	require.NoError(t, err)
	require.Empty(t, breaks)
}

func (j *journal) of(t *testing.T, owner uuid.UUID) []*ent.AuditEntry {
	t.Helper()
	rows, err := j.store.AuditEntry.Query().Where(auditentry.OwnerID(owner)).Order(auditentry.BySequence()).All(persontest.System(t))
	require.NoError(t, err)
	return rows
}

// tamper changes rows below all rules. An id is written into the text of a statement, because each database marks
// arguments its own way.
func (j *journal) tamper(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		result, err := j.store.DB().ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n, statement)
	}
}

// literal writes bytes as the database's SQL does.
func (j *journal) literal(b []byte) string {
	if j.store.Dialect() == dialect.Postgres {
		return fmt.Sprintf(`'\x%x'`, b)
	}
	return fmt.Sprintf("x'%x'", b)
}

func TestEntriesFormAChain(t *testing.T) {
	eachJournal(t, func(t *testing.T, j *journal) {
		session := uuid.New()
		subject := ref.Of(ref.Session, session)
		j.write(t, viewer.NewContext(t.Context(), viewer.Viewer{PersonID: j.ann, SessionID: session}),
			audit.Entry{Owner: j.ann, Action: "session.end", Subject: subject})

		rows := j.of(t, j.ann)
		require.Len(t, rows, entries+1)
		var previous []byte
		for i, row := range rows {
			require.EqualValues(t, i+1, row.Sequence)
			require.Equal(t, previous, row.PreviousHash)
			require.Equal(t, audit.Hash(row), row.Hash)
			require.Equal(t, j.ann.String(), row.Actor)
			require.True(t, row.Allowed)
			previous = row.Hash
		}
		require.Equal(t, &session, rows[entries].SessionID)
		require.Equal(t, subject.String(), rows[entries].Subject)

		denied := j.of(t, j.bob)[0]
		require.False(t, denied.Allowed)
		require.Equal(t, "ACCESS_LEVEL_REQUIRED", denied.Reason)
		require.Equal(t, "system:test", denied.Actor)

		n, breaks, err := audit.Verify(t.Context(), j.store)
		require.NoError(t, err)
		require.Empty(t, breaks)
		require.Equal(t, 2*entries+1, n)
	})
}

func TestEveryTamperingIsFound(t *testing.T) {
	where := func(e *ent.AuditEntry) string { return " WHERE id = '" + e.ID.String() + "'" }
	for name, c := range map[string]struct {
		tamper func(j *journal, rows []*ent.AuditEntry) []string
		at     int64
	}{
		"the action is edited": {at: 2, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET action = 'nothing'" + where(rows[1])}
		}},
		"the actor is edited": {at: 1, tamper: func(j *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET actor = '" + j.bob.String() + "'" + where(rows[0])}
		}},
		"denied becomes allowed": {at: 3, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET allowed = NOT allowed" + where(rows[2])}
		}},
		"the reason is edited": {at: 3, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET reason = 'x'" + where(rows[2])}
		}},
		"the subject is edited": {at: 4, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET subject = ''" + where(rows[3])}
		}},
		"a session is added": {at: 4, tamper: func(j *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET session_id = '" + j.bob.String() + "'" + where(rows[3])}
		}},
		"the time is edited": {at: 5, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET occurred_at = '2026-03-02 08:00:00.123456+00:00'" + where(rows[4])}
		}},
		"one is written anew, with a hash that fits it": {at: 3, tamper: func(j *journal, rows []*ent.AuditEntry) []string {
			forged := *rows[1]
			forged.Action = "nothing"
			return []string{"UPDATE audit_entries SET action = 'nothing', hash = " + j.literal(audit.Hash(&forged)) + where(rows[1])}
		}},
		"the last is written anew, with a hash that fits it": {at: entries + 1, tamper: func(j *journal, rows []*ent.AuditEntry) []string {
			forged := *rows[4]
			forged.Action = "nothing"
			return []string{"UPDATE audit_entries SET action = 'nothing', hash = " + j.literal(audit.Hash(&forged)) + where(rows[4])}
		}},
		"the first is removed": {at: 1, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"DELETE FROM audit_entries" + where(rows[0])}
		}},
		"one is removed": {at: 3, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"DELETE FROM audit_entries" + where(rows[2])}
		}},
		"one is removed and the rest moved up": {at: 4, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"DELETE FROM audit_entries" + where(rows[3]), "UPDATE audit_entries SET sequence = 4" + where(rows[4])}
		}},
		"two change places": {at: 2, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{
				"UPDATE audit_entries SET sequence = 99" + where(rows[1]), "UPDATE audit_entries SET sequence = 2" + where(rows[2]),
				"UPDATE audit_entries SET sequence = 3" + where(rows[1]),
			}
		}},
		"the last is cut off": {at: entries, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"DELETE FROM audit_entries" + where(rows[4])}
		}},
		"the last two are cut off": {at: entries - 1, tamper: func(_ *journal, rows []*ent.AuditEntry) []string {
			return []string{"DELETE FROM audit_entries" + where(rows[4]), "DELETE FROM audit_entries" + where(rows[3])}
		}},
		"the recorded end is set back": {at: entries + 1, tamper: func(j *journal, _ []*ent.AuditEntry) []string {
			return []string{"UPDATE owners SET audit_sequence = 4 WHERE id = '" + j.ann.String() + "'"}
		}},
		"an entry is given to somebody else": {at: entries, tamper: func(j *journal, rows []*ent.AuditEntry) []string {
			return []string{"UPDATE audit_entries SET sequence = 6, owner_id = '" + uuid.Nil.String() + "'" + where(rows[4])}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			eachJournal(t, func(t *testing.T, j *journal) {
				j.tamper(t, c.tamper(j, j.of(t, j.ann))...)
				_, breaks, err := audit.Verify(t.Context(), j.store)
				require.NoError(t, err)
				require.Len(t, breaks, 1, "Bob's journal is whole")
				require.Equal(t, j.ann, breaks[0].Owner)
				require.Equal(t, c.at, breaks[0].Sequence, breaks[0].What)
				require.NotEmpty(t, breaks[0].String())
			})
		})
	}
}

func TestTheWholeJournalRemovedIsFound(t *testing.T) {
	eachJournal(t, func(t *testing.T, j *journal) {
		_, err := j.store.DB().ExecContext(t.Context(), "DELETE FROM audit_entries")
		require.NoError(t, err)
		_, breaks, err := audit.Verify(t.Context(), j.store)
		require.NoError(t, err)
		require.Len(t, breaks, 2)
	})
}

func TestALongJournalIsReadInPortions(t *testing.T) {
	eachJournal(t, func(t *testing.T, j *journal) {
		require.NoError(t, j.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			for range 2000 - entries { // exactly two portions
				if err := j.Write(ctx, tx, audit.Entry{Owner: j.ann, Action: "a"}); err != nil {
					return err
				}
			}
			return nil
		}))
		j.requireWhole(t)
		j.tamper(t, "UPDATE audit_entries SET action = 'b' WHERE sequence = 1500")
		_, breaks, err := audit.Verify(t.Context(), j.store)
		require.NoError(t, err)
		require.Len(t, breaks, 1)
		require.EqualValues(t, 1500, breaks[0].Sequence)
	})
}

func TestAFailedTransactionLeavesNoEntry(t *testing.T) {
	eachJournal(t, func(t *testing.T, j *journal) {
		refused := errors.New("refused")
		require.ErrorIs(t, j.store.InTx(persontest.As(t, j.ann), func(ctx context.Context, tx *storage.Tx) error {
			require.NoError(t, j.Write(ctx, tx, audit.Entry{Owner: j.ann, Action: "a"}))
			return refused
		}), refused)
		require.Len(t, j.of(t, j.ann), entries)
		j.requireWhole(t)
		j.write(t, persontest.As(t, j.ann), audit.Entry{Owner: j.ann, Action: "a"})
		j.requireWhole(t)
	})
}

func TestNobodyWritesIntoAStrangersJournal(t *testing.T) {
	eachJournal(t, func(t *testing.T, j *journal) {
		write := func(ctx context.Context, owner uuid.UUID) error {
			return j.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
				return j.Write(ctx, tx, audit.Entry{Owner: owner, Action: "a"})
			})
		}
		require.ErrorIs(t, write(persontest.As(t, j.ann), j.bob), fault.ErrNotFound)
		require.ErrorIs(t, write(persontest.System(t), uuid.New()), fault.ErrNotFound)
		require.Len(t, j.of(t, j.bob), entries)
	})
}
