package seed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/ent/organisation"
	entowner "kabinet/ent/owner"
	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/blob"
	"kabinet/internal/contribution"
	"kabinet/internal/dev/persona"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/seed"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

func TestSeed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		t.Helper()
		w := seededWorld(t, s, noon())
		t.Run("people", func(t *testing.T) { testPeople(t, w) })
		t.Run("leaves", func(t *testing.T) { testLeaves(t, w) })
		t.Run("chains", func(t *testing.T) { testChains(t, w) })
		t.Run("payments", func(t *testing.T) { testPayments(t, w) })
		t.Run("benefits", func(t *testing.T) { testBenefits(t, w) })
		t.Run("appeals", func(t *testing.T) { testAppeals(t, w) })
		t.Run("timelines", func(t *testing.T) { testTimelines(t, w) })
		t.Run("documents", func(t *testing.T) { testDocuments(t, w) })
		t.Run("contributions", func(t *testing.T) { testContributions(t, w) })
		t.Run("deadlines", func(t *testing.T) { testDeadlines(t, w) })
		t.Run("clarifications", func(t *testing.T) { testClarifications(t, w) })
		t.Run("deliveries", func(t *testing.T) { testDeliveries(t, w) })
		t.Run("notices", func(t *testing.T) { testNotices(t, w) })
		t.Run("feed", func(t *testing.T) { testFeed(t, w) })
		t.Run("organisation", func(t *testing.T) { testOrganisation(t, w) })
		t.Run("journal", func(t *testing.T) { testJournal(t, w) })
		t.Run("again", func(t *testing.T) { testAgain(t, w) })
	})
}

func testPeople(t *testing.T, w *world) {
	t.Helper()
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		found, err := w.deps.People.Viewer(ctx)
		require.NoError(t, err)
		require.Equal(t, p.FullName(), found.FullName())
		require.Equal(t, p.Trusted, found.Confirmed)
	}
	// Everybody who logged in above was known already.
	n, err := w.deps.Store.Person.Query().Count(viewer.NewSystemContext(t.Context(), "test"))
	require.NoError(t, err)
	require.Len(t, persona.All(), n)

	have := func(name string) [7]int {
		c := w.cabinet(w.as(t, name), t)
		return [7]int{
			len(c.leaves), len(c.benefits), len(c.appeals), len(c.documents), len(c.contributions), len(c.deadlines), len(c.clarifications),
		}
	}
	require.Equal(t, [7]int{20, 18, 14, 10, 192, 6, 2}, have("ivanova"))
	require.Equal(t, [7]int{2, 1, 2, 2, 96, 3, 2}, have("petrov"))
	require.Equal(t, [7]int{1, 0, 0, 0, 0, 3, 0}, have("sidorov"))
	require.Equal(t, [7]int{}, have("empty"))
	require.Equal(t, [7]int{1, 1, 2, 2, 96, 3, 2}, have("director"))
	require.Equal(t, [7]int{1, 1, 0, 0, 96, 3, 2}, have("employee"))
	require.Equal(t, [7]int{0, 1, 1, 1, 0, 3, 0}, have("agent"))
	require.Equal(t, [7]int{0, 0, 0, 1, 0, 3, 0}, have("child"))
	require.Equal(t, [7]int{1, 1, 0, 0, 0, 0, 0}, have("newcomer"))
}

// recordAt is the present state of a record, and when it began and last changed.
type recordAt struct {
	state            string
	created, updated time.Time
}

func testFeed(t *testing.T, w *world) {
	t.Helper()
	for _, p := range persona.All() {
		t.Run(p.Name, func(t *testing.T) {
			ctx := w.as(t, p.Name)
			events := w.events(ctx, t)
			sequence, err := owner.Sequence(ctx, w.deps.Store, personOf(ctx))
			require.NoError(t, err)
			require.Len(t, events, int(sequence))

			records := map[ref.Ref]recordAt{}
			c := w.cabinet(ctx, t)
			for _, l := range c.leaves {
				records[l.ID] = recordAt{state: string(l.State), updated: l.UpdatedAt}
			}
			for _, b := range c.benefits {
				records[b.ID] = recordAt{state: string(b.State), updated: b.UpdatedAt}
			}
			for _, a := range c.appeals {
				records[a.ID] = recordAt{string(a.State), a.CreatedAt, a.UpdatedAt}
			}
			for _, d := range c.documents {
				records[d.ID] = recordAt{string(d.State), d.CreatedAt, d.UpdatedAt}
			}
			for _, d := range c.deadlines {
				records[d.ID] = recordAt{state: string(d.State), updated: d.UpdatedAt}
			}
			for _, x := range c.clarifications {
				updated := x.AskedAt
				if x.AnsweredAt != nil {
					updated = *x.AnsweredAt
				}
				records[x.ID] = recordAt{string(x.State), x.AskedAt, updated}
			}
			// The newest month of the contributions is told; they have no state.
			paid := map[ref.Ref]time.Time{}
			for _, x := range c.contributions[:paying()[p.Name]*len(contribution.Kinds())] {
				require.Equal(t, c.contributions[0].Period, x.Period)
				paid[x.ID] = x.UpdatedAt
			}
			ofPerson := func(e *feed.Event) bool { return e.Subject == ref.Of(ref.Person, personOf(ctx)) }
			if len(records) == 0 {
				require.False(t, slices.ContainsFunc(events, func(e *feed.Event) bool { return !ofPerson(e) }))
				return
			}

			states, began, changed := map[ref.Ref]string{}, map[ref.Ref]time.Time{}, map[ref.Ref]time.Time{}
			previous := time.Time{}
			for i, e := range events[:len(events)-1] {
				require.EqualValues(t, i+1, e.Sequence)
				require.False(t, e.OccurredAt.Before(previous), "the feed is in order")
				previous = e.OccurredAt
				if ofPerson(e) { // the fund has told of them
					continue
				}
				if e.Subject.Kind == ref.Contribution {
					require.Nil(t, e.To)
					require.Equal(t, paid[e.Subject].UTC(), e.OccurredAt.UTC())
					delete(paid, e.Subject)
					continue
				}
				state, known := states[e.Subject]
				if !known {
					require.Nil(t, e.From)
					require.NotNil(t, e.To)
					began[e.Subject] = e.OccurredAt
				} else {
					require.NotNil(t, e.From)
					require.Equal(t, state, *e.From)
				}
				if e.To != nil {
					states[e.Subject] = *e.To
				}
				changed[e.Subject] = e.OccurredAt
			}
			require.Empty(t, paid)
			require.Len(t, states, len(records))
			for r, record := range records {
				require.Equal(t, record.state, states[r])
				require.Equal(t, record.updated.UTC(), changed[r].UTC())
				if !record.created.IsZero() {
					require.Equal(t, record.created.UTC(), began[r].UTC())
				}
			}

			last := events[len(events)-1]
			require.Equal(t, ref.Of(ref.Person, personOf(ctx)), last.Subject)
			require.Equal(t, w.deps.Clock.Now(), last.OccurredAt.UTC())
		})
	}
}

func testOrganisation(t *testing.T, w *world) {
	t.Helper()
	p, ok := persona.ByName("director")
	require.True(t, ok)
	company := p.Profile.Organisations[0]
	ctx := viewer.NewSystemContext(t.Context(), "test")
	row, err := w.deps.Store.Organisation.Query().
		Where(organisation.InnHash(w.deps.Sealer.Lookup("organisations.inn_hash", string(company.Inn)))).Only(ctx)
	require.NoError(t, err)
	require.Equal(t, company.Name, row.Name)
	require.Equal(t, "LEGAL", row.Kind)
	data, err := seal.OpenJSON[map[string]string](w.deps.Sealer, "organisations.identity", row.ID, row.Identity)
	require.NoError(t, err)
	require.Equal(t, string(company.Inn), data["inn"])
	require.Equal(t, string(company.Ogrn), data["ogrn"])
	require.Regexp(t, `^\d{10}$`, data["registrationNumber"])
	kind, err := w.deps.Store.Owner.Query().Where(entowner.ID(row.ID)).Only(ctx)
	require.NoError(t, err)
	require.Equal(t, string(owner.Organisation), kind.Kind)

	// Both who work there were insured by it.
	for _, name := range []string{"director", "employee"} {
		for _, l := range w.cabinet(w.as(t, name), t).leaves {
			require.Equal(t, company.Name, l.Employer.Name)
			require.Equal(t, data["registrationNumber"], *l.Employer.RegistrationNumber)
		}
	}
}

func testJournal(t *testing.T, w *world) {
	t.Helper()
	entries, breaks, err := audit.Verify(t.Context(), w.deps.Store)
	require.NoError(t, err)
	require.Empty(t, breaks)
	require.Equal(t, len(persona.All()), entries)
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		row, err := w.deps.Store.AuditEntry.Query().Only(ctx)
		require.NoError(t, err)
		require.Equal(t, "demo.seed", row.Action)
		require.Equal(t, "system:demo seed", row.Actor)
		require.Equal(t, ref.Of(ref.Person, personOf(ctx)).String(), row.Subject)
	}
}

func testAgain(t *testing.T, w *world) {
	t.Helper()
	before := dump(t, w.deps.Store)
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	require.Equal(t, before, dump(t, w.deps.Store))
}

// dump is the content of every table.
func dump(t *testing.T, s *storage.Store) map[string][]string {
	t.Helper()
	tables := []string{
		"owners", "persons", "organisations", "sick_leaves", "treatment_periods", "benefits", "accruals", "documents",
		"document_versions", "appeals", "appeal_steps", "appeal_messages", "appeal_attachments", "feed_events", "audit_entries",
		"contributions", "deadlines", "clarifications", "commands", "announcements", "system_status", "maintenances",
	}
	content := make(map[string][]string, len(tables))
	for _, table := range tables {
		rows, err := s.DB().QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY id")
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, places := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				places[i] = &values[i]
			}
			require.NoError(t, rows.Scan(places...))
			content[table] = append(content[table], fmt.Sprintf("%v", values))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.NotEmpty(t, content[table], table)
	}
	return content
}

// failing is a store of blobs that fails once a number of them are kept.
type failing struct {
	blob.Store
	left atomic.Int64
}

var errFull = errors.New("the disk is full")

func (f *failing) Put(ctx context.Context, key string, content io.Reader) error {
	if f.left.Add(-1) < 0 {
		return errFull
	}
	return f.Store.Put(ctx, key, content)
}

// What was cut short is completed, and nobody has half of it.
func TestSeedIsCompletedByTheNextRun(t *testing.T) {
	w := newWorld(t, storagetest.OpenSQLite(t), noon())
	whole := w.deps.Blobs
	full := &failing{Store: whole}
	full.left.Store(16) // ivanova's 14 fit, petrov's do not
	w.deps.Blobs = full
	require.ErrorIs(t, seed.Seed(t.Context(), w.deps), errFull)
	require.Len(t, w.cabinet(w.as(t, "ivanova"), t).leaves, 20)
	petrov := w.cabinet(w.as(t, "petrov"), t)
	require.Zero(t, len(petrov.leaves)+len(petrov.benefits)+len(petrov.appeals)+len(petrov.documents))
	require.Zero(t, len(petrov.contributions)+len(petrov.deadlines)+len(petrov.clarifications))
	system := viewer.NewSystemContext(t.Context(), "test")
	require.Zero(t, w.deps.Store.Announcement.Query().CountX(system))
	require.Empty(t, w.events(w.as(t, "petrov"), t))
	before := w.events(w.as(t, "ivanova"), t)

	w.deps.Blobs = whole
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	require.Equal(t, before, w.events(w.as(t, "ivanova"), t), "who was whole is left alone")
	require.Len(t, w.cabinet(w.as(t, "petrov"), t).leaves, 2)
	require.Len(t, w.cabinet(w.as(t, "director"), t).documents, 2)
	require.Equal(t, 6, w.deps.Store.Announcement.Query().CountX(system))
}

// Somebody who has logged in before the seed is the same person afterwards.
func TestSeedFindsWhoIsThere(t *testing.T) {
	w := newWorld(t, storagetest.OpenSQLite(t), noon())
	before := personOf(w.as(t, "ivanova"))
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	ctx := w.as(t, "ivanova")
	require.Equal(t, before, personOf(ctx))
	require.Len(t, w.cabinet(ctx, t).leaves, 20)
}

// The content does not depend on the day, apart from its dates, and nothing lies in the future.
func TestSeedOnAnyDay(t *testing.T) {
	moscow := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour-3, minute, 0, 0, time.UTC)
	}
	reference := shapeOf(t, noon())
	for name, now := range map[string]time.Time{
		"Saturday":             moscow(2026, time.March, 21, 15, 0),
		"midnight to Sunday":   moscow(2026, time.March, 22, 0, 0),
		"Monday before dawn":   moscow(2026, time.March, 23, 4, 30),
		"Friday night":         moscow(2026, time.March, 27, 23, 59),
		"first of a month":     moscow(2026, time.March, 1, 0, 1),
		"leap day":             moscow(2028, time.February, 29, 12, 0),
		"New Year":             moscow(2027, time.January, 1, 0, 0),
		"last day of 31":       moscow(2026, time.August, 31, 18, 0),
		"the first of January": moscow(2029, time.January, 1, 10, 0),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, reference, shapeOf(t, now)) })
	}
}

// shapeOf tells what the demo people have, without dates and what is made of them.
func shapeOf(t *testing.T, now time.Time) []string {
	t.Helper()
	w := seededWorld(t, storagetest.OpenSQLite(t), now)
	var shape []string
	add := func(format string, values ...any) { shape = append(shape, fmt.Sprintf(format, values...)) }
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		c := w.cabinet(ctx, t)
		for _, l := range c.leaves {
			add("%s leave %s %s %s %d", p.Name, l.Number, l.State, l.Reason, *l.Days())
			require.False(t, l.IssuedOn.After(w.today()))
			if l.Payment != nil {
				add("paid %s", l.Payment.Total())
			}
		}
		// What goes by months or working days may change places with what goes by days.
		var papers []string
		for _, b := range c.benefits {
			papers = append(papers, fmt.Sprintf("%s benefit %s %s %s %v", p.Name, b.Number, b.Type, b.State, b.Amount))
			require.False(t, b.StartsOn.After(w.today()))
			accruals, err := w.benefits.Accruals(ctx, b)
			require.NoError(t, err)
			for _, a := range accruals {
				require.True(t, a.AccruedOn.Before(w.today()))
				require.True(t, a.PaidOn.IsZero() || a.PaidOn.Before(w.today()))
				require.False(t, a.PaidOn.Before(a.AccruedOn) && !a.PaidOn.IsZero())
			}
		}
		for _, a := range c.appeals {
			papers = append(papers, fmt.Sprintf("%s appeal %s %s %q", p.Name, a.Kind, a.State, a.Subject))
			if !a.DueOn.IsZero() && !slices.Contains([]appeal.State{appeal.Done, appeal.Refused, appeal.Withdrawn}, a.State) {
				require.False(t, a.DueOn.Before(w.today().AddDays(-3)), "hardly anything open is overdue: %s", a.Subject)
			}
		}
		for _, d := range c.documents {
			v, err := w.documents.CurrentVersion(ctx, d)
			require.NoError(t, err)
			papers = append(papers, fmt.Sprintf("%s document %s %s %q %d %s %x", p.Name, d.Kind, d.State, d.Title, v.Number, v.FileName, v.Checksum))
		}
		for _, d := range c.deadlines {
			papers = append(papers, fmt.Sprintf("%s deadline %s %s %q %s", p.Name, d.Number, d.State, d.Title, d.Subject.Kind))
		}
		for _, x := range c.clarifications {
			question, err := w.clarifications.Question(x)
			require.NoError(t, err)
			papers = append(papers, fmt.Sprintf("%s clarification %s %s %q", p.Name, x.Addressee, x.State, *question))
		}
		for _, x := range c.contributions {
			papers = append(papers, fmt.Sprintf("%s contribution %s %s %s %s", p.Name, x.Number, x.Kind, x.Base, x.Amount))
		}
		requireSubjects(t, c, w.events(ctx, t))
		slices.Sort(papers)
		shape = append(shape, papers...)
		events := w.events(ctx, t)
		add("%s events %d", p.Name, len(events))
		for _, e := range events {
			require.False(t, e.OccurredAt.After(now), "something happens tomorrow")
		}
	}
	first := everything
	shown, err := w.notices.List(w.as(t, "ivanova"), &first, nil, nil, nil)
	require.NoError(t, err)
	for _, a := range shown.Nodes {
		add("announcement %s %s %q", a.Number, a.Importance, a.Title.Ru)
	}
	works, err := w.notices.Maintenances(w.as(t, "ivanova"))
	require.NoError(t, err)
	for _, m := range works {
		add("maintenance %s %v", m.Number, m.Systems)
	}
	return shape
}

// Seeding is part of starting the demonstration, so its cost is watched: statements, for time is no measure.
func TestSeedIsCheap(t *testing.T) {
	var statements, bulks atomic.Int64
	s := storagetest.OpenSQLite(t, storage.OnStatement(func(_ context.Context, query string) {
		statements.Add(1)
		if strings.HasPrefix(query, "INSERT INTO `sick_leaves`") {
			bulks.Add(1)
		}
	}))
	w := seededWorld(t, s, noon())
	require.EqualValues(t, 6, bulks.Load(), "one for a person who has any")
	events := int64(0)
	for _, p := range persona.All() {
		events += int64(len(w.events(w.as(t, p.Name), t)))
	}
	before := statements.Load()
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	require.LessOrEqual(t, statements.Load()-before, int64(len(persona.All())+2), "a look, when all is there")
	// Two statements for an event; the rest is little.
	require.Less(t, events, int64(500))
	t.Logf("%d events, %d statements", events, before)
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := storagetest.OpenSQLite(b)
		w := newWorld(b, s, noon())
		b.StartTimer()
		require.NoError(b, seed.Seed(b.Context(), w.deps))
	}
}
