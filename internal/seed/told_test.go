package seed_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/docs/commands/commandstest"
	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/appeal"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/persona"
	"kabinet/internal/feed"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/seed"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

// errUndone takes back what was only tried.
var errUndone = errors.New("undone")

// paying are the employers that each of those who work has.
func paying() map[string]int {
	return map[string]int{"ivanova": 2, "petrov": 1, "director": 1, "employee": 1}
}

func testContributions(t *testing.T, w *world) {
	t.Helper()
	rates := map[contribution.Kind]int64{
		contribution.Pension: 2184, contribution.HealthInsurance: 549, contribution.SocialInsurance: 267, contribution.WorkInjury: 20,
	}
	numbers := map[string]bool{}
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		c := w.cabinet(ctx, t)
		require.Len(t, c.contributions, paying()[p.Name]*24*4, p.Name)
		present := calendar.NewDate(w.today().Year(), w.today().Month(), 1)
		sums, earned := map[string]int64{}, map[string]int64{}
		for _, x := range c.contributions {
			require.False(t, numbers[x.Number])
			numbers[x.Number] = true
			require.Equal(t, calendar.NewDate(x.Period.Year(), x.Period.Month(), 1), x.Period)
			require.True(t, x.Period.Before(calendar.NewDate(present.Year(), present.Month()-1, 1)))
			require.False(t, x.Period.Before(calendar.NewDate(present.Year(), present.Month()-25, 1)))
			require.Positive(t, int64(x.Base.Kopecks))
			require.EqualValues(t, nearest(int64(x.Base.Kopecks)*rates[x.Kind], 10_000), x.Amount.Kopecks)
			require.Regexp(t, `^\d{10}$`, *x.Employer.RegistrationNumber)
			sums[string(x.Kind)+x.Employer.Name] += int64(x.Base.Kopecks)
		}
		months := seen(c.contributions, func(x *contribution.Contribution) string { return x.Period.String() + x.Employer.Name + string(x.Kind) })
		require.Len(t, months, len(c.contributions), "one of a kind for a month")
		// What was earned is what the certificates say.
		for _, l := range c.leaves {
			if l.Employer != nil {
				earned[l.Employer.Name] = int64(l.Employer.AverageEarnings.Kopecks)
			}
		}
		if paying()[p.Name] == 0 {
			continue
		}
		for employer, twoYears := range earned {
			for _, kind := range contribution.Kinds() {
				require.Equal(t, twoYears, sums[string(kind)+employer], "%s %s", p.Name, employer)
			}
		}
	}
}

func testDeadlines(t *testing.T, w *world) {
	t.Helper()
	numbers := map[string]bool{}
	counts := map[string]int{}
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		c := w.cabinet(ctx, t)
		counts[p.Name] = len(c.deadlines)
		if p.Name == "empty" || p.Newcomer {
			continue
		}
		states := seen(c.deadlines, func(d *deadline.Deadline) deadline.State { return d.State })
		for _, s := range deadline.States() {
			require.NotZero(t, states[s], "%s %s", p.Name, s)
		}
		soon := func(d *deadline.Deadline) bool {
			return d.State == deadline.Open && d.DueOn.After(w.today()) && d.DueOn.Before(w.today().AddDays(15))
		}
		require.True(t, slices.ContainsFunc(c.deadlines, soon), p.Name)
		for _, d := range c.deadlines {
			require.False(t, numbers[d.Number])
			numbers[d.Number] = true
			require.NotEmpty(t, d.Title)
		}
	}
	require.Equal(t, map[string]int{
		"ivanova": 6, "petrov": 3, "sidorov": 3, "empty": 0, "director": 3, "employee": 3, "agent": 3, "child": 3, "newcomer": 0,
	}, counts)

	mine := w.cabinet(w.as(t, "ivanova"), t).deadlines
	late := func(d *deadline.Deadline) bool { return d.State == deadline.Open && d.DueOn.Before(w.today()) }
	require.True(t, slices.ContainsFunc(mine, late), "one is late")
	kinds := seen(mine, func(d *deadline.Deadline) ref.Kind { return d.Subject.Kind })
	require.NotZero(t, kinds[ref.Appeal])
	require.NotZero(t, kinds[ref.Benefit])
}

// What a deadline is about is the person's own, and was there before the deadline.
func requireSubjects(t *testing.T, c cabinet, events []*feed.Event) {
	t.Helper()
	began := map[ref.Ref]time.Time{}
	for _, e := range events {
		if _, known := began[e.Subject]; !known {
			began[e.Subject] = e.OccurredAt
		}
	}
	for _, d := range c.deadlines {
		if subject := d.SubjectID(); subject != nil {
			require.Contains(t, began, *subject, d.Title)
			require.True(t, began[*subject].Before(began[d.ID]), d.Title)
		}
	}
}

func testClarifications(t *testing.T, w *world) {
	t.Helper()
	addressees := map[clarification.Addressee]int{}
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		c := w.cabinet(ctx, t)
		// Who has not come yet, or may only look, has asked nothing.
		if len(c.leaves) == 0 || p.Newcomer || !p.Trusted {
			require.Empty(t, c.clarifications)
			continue
		}
		require.Len(t, c.clarifications, 2)
		require.Equal(t, clarification.Asked, c.clarifications[0].State, "the newest is open")
		require.Equal(t, clarification.Answered, c.clarifications[1].State)
		for _, x := range c.clarifications {
			addressees[x.Addressee]++
			require.Equal(t, c.leaves[0].ID, x.SickLeave, "it is about the newest leave")
			require.True(t, x.AskedAt.After(c.leaves[0].IssuedOn.Time(calendar.Moscow())))
			question, err := w.clarifications.Question(x)
			require.NoError(t, err)
			require.NotEmpty(t, *question)
			answer, err := w.clarifications.Answer(x)
			require.NoError(t, err)
			require.Equal(t, x.State == clarification.Answered, answer != nil)
			require.Equal(t, answer != nil, x.AnsweredAt != nil)
			if x.AnsweredAt != nil {
				require.True(t, x.AnsweredAt.After(x.AskedAt))
				require.NotEmpty(t, *answer)
			}
			delivery, err := w.clarifications.Delivery(ctx, x)
			require.NoError(t, err)
			require.Equal(t, outbox.Delivered, delivery.State)
		}
	}
	for _, x := range clarification.Addressees() {
		require.NotZero(t, addressees[x], x)
	}
}

// Everything that was sent has reached the fund, and is what would have been sent.
func testDeliveries(t *testing.T, w *world) {
	t.Helper()
	system := viewer.NewSystemContext(t.Context(), "test")
	rows, err := w.deps.Store.Command.Query().Order(command.BySubject(), command.BySequence()).All(system)
	require.NoError(t, err)
	sequence, previous := map[string]int64{}, map[string]time.Time{}
	for _, row := range rows {
		sequence[row.Subject]++
		require.Equal(t, sequence[row.Subject], row.Sequence)
		require.True(t, row.CreatedAt.After(previous[row.Subject]))
		previous[row.Subject] = row.CreatedAt
		require.Equal(t, string(outbox.Delivered), row.State)
		require.True(t, row.DeliveredAt.After(row.CreatedAt))
		require.True(t, row.DeliveredAt.Before(w.deps.Clock.Now()))
		require.Nil(t, row.NextAttemptAt, "nothing is sent when the demo starts")
		data, err := w.deps.Sealer.Open("commands.payload", row.ID, row.Payload)
		require.NoError(t, err)
		commandstest.RequireFits(t, row.Type, data)
	}
	kinds := seen(rows, func(c *ent.Command) string { return c.Type })
	for _, kind := range []string{appeal.TypeSubmitted, appeal.TypeCommented, appeal.TypeWithdrawn, clarification.TypeAsked} {
		require.NotZero(t, kinds[kind], kind)
	}

	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, a := range w.cabinet(ctx, t).appeals {
			delivery, err := w.appeals.Delivery(ctx, a)
			require.NoError(t, err)
			require.Equal(t, a.State == appeal.Draft, delivery == nil, a.Subject)
			steps, err := w.appeals.Timeline(ctx, a)
			require.NoError(t, err)
			messages, err := w.appeals.Messages(ctx, a)
			require.NoError(t, err)
			acts := int64(0)
			for _, s := range steps {
				if s.Actor == appeal.Citizen && s.To != appeal.Draft {
					acts++
				}
			}
			for _, m := range messages {
				if m.Author == appeal.Citizen {
					acts++
				}
			}
			require.Equal(t, acts, sequence[a.ID.String()], a.Subject)
		}
	}
}

func testNotices(t *testing.T, w *world) {
	t.Helper()
	system := viewer.NewSystemContext(t.Context(), "test")
	now := w.deps.Clock.Now()
	rows, err := w.deps.Store.Announcement.Query().All(system)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	expired, later, untranslated, sequences := 0, 0, 0, map[int64]bool{}
	for _, row := range rows {
		sequences[row.Sequence] = true
		require.NotEmpty(t, row.TitleRu)
		require.NotEmpty(t, row.TextRu)
		require.Equal(t, row.TitleEn == "", row.TextEn == "")
		require.False(t, row.UpdatedAt.After(now))
		if row.ExpiresAt != nil && !row.ExpiresAt.After(now) {
			expired++
		}
		if row.PublishedAt.After(now) {
			later++
			require.True(t, row.PublishedAt.Before(now.Add(time.Hour)))
		}
		if row.TextEn == "" {
			untranslated++
		}
	}
	require.Equal(t, [3]int{1, 1, 1}, [3]int{expired, later, untranslated})
	require.Equal(t, map[int64]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true}, sequences)

	ctx := w.as(t, "ivanova")
	first := everything
	shown, err := w.notices.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	require.Len(t, shown.Nodes, 4)
	degrees := seen(shown.Nodes, func(a *notice.Announcement) notice.Importance { return a.Importance })
	for _, i := range notice.Importances() {
		require.NotZero(t, degrees[i], i)
	}

	statuses, err := w.notices.Systems(ctx)
	require.NoError(t, err)
	for _, s := range statuses {
		require.NotNil(t, s.Since, "the fund has told of each")
		degraded := s.System == notice.SMS
		require.Equal(t, degraded, s.State == notice.Degraded)
		require.Equal(t, degraded, s.NoteText(ctx) != nil)
		require.Equal(t, !degraded, s.State == notice.Operational)
	}

	works, err := w.deps.Store.Maintenance.Query().All(system)
	require.NoError(t, err)
	require.Len(t, works, 2)
	coming, err := w.notices.Maintenances(ctx)
	require.NoError(t, err)
	require.Len(t, coming, 1, "the other one is over")
	require.False(t, coming[0].Running)
	require.True(t, coming[0].StartsAt.Before(now.AddDate(0, 0, 7)))

	// What the fund tells of a system itself, be it its first report, is newer than what the demo has told.
	require.ErrorIs(t, w.deps.Store.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
		require.NoError(t, w.notices.ApplyHealth(ctx, tx, notice.Health{System: notice.SMS, Sequence: 1, State: notice.Operational}))
		return errUndone
	}), errUndone)
}

// What the fund has told itself stands.
func TestSeedLeavesWhatTheFundHasTold(t *testing.T) {
	w := newWorld(t, storagetest.OpenSQLite(t), noon())
	system := viewer.NewSystemContext(t.Context(), "test")
	require.NoError(t, w.deps.Store.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
		return w.notices.ApplyHealth(ctx, tx, notice.Health{System: notice.Email, Sequence: 1, State: notice.Unavailable})
	}))
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	statuses, err := w.notices.Systems(w.as(t, "ivanova"))
	require.NoError(t, err)
	states := map[notice.System]notice.State{}
	for _, s := range statuses {
		states[s.System] = s.State
	}
	require.Equal(t, notice.Unavailable, states[notice.Email])
	require.Equal(t, notice.Degraded, states[notice.SMS])
}
