package audit_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/page"
	"kabinet/internal/page/pagetest"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// diary is a journal of one person with a line of each kind, and a stranger's.
type diary struct {
	*audit.Reader

	store   *storage.Store
	clock   *clock.Fixed
	journal *audit.Journal
	owner   uuid.UUID
	session uuid.UUID
	subject ref.Ref
}

func eachDiary(t *testing.T, test func(t *testing.T, d *diary)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
		d := &diary{
			Reader: audit.NewReader(s), store: s, clock: c, journal: audit.NewJournal(c),
			owner: persontest.New(t, s), session: uuid.New(), subject: ref.Of(ref.Appeal, uuid.New()),
		}
		stranger := persontest.New(t, s)
		d.write(t, persontest.As(t, stranger), audit.Entry{Owner: stranger, Action: "session.begin"})
		in := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: d.owner, SessionID: d.session})
		d.write(t, in, audit.Entry{Owner: d.owner, Action: "session.begin"})
		d.write(t, in, audit.Entry{Owner: d.owner, Action: "appeal.draft.save", Subject: d.subject})
		d.write(t, in, audit.Entry{Owner: d.owner, Action: "access.deny", Denied: true, Reason: "Person.snils"})
		d.write(t, persontest.System(t), audit.Entry{Owner: d.owner, Action: "session.end", Reason: "idle"})
		d.write(t, viewer.NewContext(t.Context(), viewer.Viewer{PersonID: stranger, Principals: []uuid.UUID{d.owner}}),
			audit.Entry{Owner: d.owner, Action: "something.new"})
		test(t, d)
	})
}

func (d *diary) write(t *testing.T, ctx context.Context, e audit.Entry) { //nolint:revive // a test's helper begins with its t
	t.Helper()
	require.NoError(t, d.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return d.journal.Write(ctx, tx, e) }))
	d.clock.Advance(time.Second)
}

func (d *diary) lines(t *testing.T, filter *audit.Filter) []*audit.Line {
	t.Helper()
	c, err := d.List(persontest.As(t, d.owner), nil, nil, filter, nil)
	require.NoError(t, err)
	return c.Nodes
}

func TestTheJournalTellsItsOwnerWhatWasDone(t *testing.T) {
	eachDiary(t, func(t *testing.T, d *diary) {
		lines := d.lines(t, nil)
		require.Len(t, lines, 5)
		slices.Reverse(lines) // newest first
		for i, want := range []struct {
			actor  audit.Actor
			action audit.Action
		}{
			{audit.Self, "SESSION_BEGIN"},
			{audit.Self, "APPEAL_DRAFT_SAVE"},
			{audit.Self, "ACCESS_DENY"},
			{audit.System, "SESSION_END"},
			{audit.Other, audit.Unlisted},
		} {
			require.Equal(t, i+1, lines[i].Sequence)
			require.Equal(t, want.actor, lines[i].Actor)
			require.Equal(t, want.action, lines[i].Action)
			require.NotEmpty(t, lines[i].Action.Title().Ru)
			require.NotEmpty(t, lines[i].Action.Title().En)
		}
		require.Equal(t, d.subject, *lines[1].Subject)
		require.Equal(t, d.session, lines[1].Session.ID)
		require.Nil(t, lines[1].Reason)
		require.False(t, lines[2].Allowed)
		require.Equal(t, "Person.snils", *lines[2].Reason)
		require.Nil(t, lines[3].Session)
		require.Nil(t, lines[3].Subject)
	})
}

func TestTheJournalIsFilteredAndPaged(t *testing.T) {
	eachDiary(t, func(t *testing.T, d *diary) {
		denied, all := false, d.lines(t, nil)
		require.Len(t, d.lines(t, &audit.Filter{Allowed: &denied}), 1)
		require.Len(t, d.lines(t, &audit.Filter{Actions: []audit.Action{"SESSION_BEGIN", "SESSION_END"}}), 2)
		require.Len(t, d.lines(t, &audit.Filter{Actions: []audit.Action{audit.Unlisted}}), 1, "what has no name")
		require.Empty(t, d.lines(t, &audit.Filter{Actions: []audit.Action{}}))
		require.Len(t, d.lines(t, &audit.Filter{Actions: audit.Actions()}), 5, "all")

		ctx := persontest.As(t, d.owner)
		for _, size := range []int{1, 2, 5} {
			want := make([]int, len(all))
			for i, l := range all {
				want[i] = l.Sequence
			}
			pagetest.RequireList(ctx, t, want, size, func(l *audit.Line) int { return l.Sequence },
				func(first *int, after *page.Cursor) (*audit.Connection, error) {
					return d.List(ctx, first, after, nil, nil)
				})
		}
	})
}

func TestADenialIsWrittenOnceInAWhile(t *testing.T) {
	eachDiary(t, func(t *testing.T, d *diary) {
		denials := audit.NewDenials(d.store, d.journal, d.clock)
		deny := func(session uuid.UUID, field string) {
			ctx := viewer.NewContext(t.Context(), viewer.Viewer{PersonID: d.owner, SessionID: session})
			require.NoError(t, denials.Write(ctx, field))
		}
		count := func() int {
			denied := false
			return len(d.lines(t, &audit.Filter{Allowed: &denied}))
		}
		before := count()
		for range 3 {
			deny(d.session, "Person.inn")
		}
		require.Equal(t, before+1, count())
		deny(d.session, "Person.passport")
		deny(uuid.New(), "Person.inn")
		require.Equal(t, before+3, count(), "another field, another session")
		d.clock.Advance(time.Hour)
		deny(d.session, "Person.inn")
		require.Equal(t, before+4, count())
		require.NoError(t, denials.Write(t.Context(), "Person.inn"), "nobody has no journal")
		_, breaks, err := audit.Verify(t.Context(), d.store)
		require.NoError(t, err)
		require.Empty(t, breaks)
	})
}
