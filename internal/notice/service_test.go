package notice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/locale"
	"kabinet/internal/notice"
)

// inEnglish is a context in which somebody asks to be answered in English.
func inEnglish(ctx context.Context) context.Context { return locale.NewContext(ctx, locale.English) }

func TestAllSystemsAreToldOfEvenIfTheFundHasSaidNothing(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := someone(t)
		statuses, err := p.Systems(ann)
		require.NoError(t, err)
		require.Len(t, statuses, len(notice.Systems()))
		for i, system := range notice.Systems() {
			require.Equal(t, &notice.Status{System: system, State: notice.Operational}, statuses[i])
			require.Nil(t, statuses[i].NoteText(ann))
		}

		since := march(4, 8)
		require.NoError(t, p.report(t, notice.Health{
			System: notice.SMS, Sequence: 1, State: notice.Degraded, Note: locale.Text{Ru: "Задержки", En: "Delays"}, Since: since,
		}))
		statuses, err = p.Systems(ann)
		require.NoError(t, err)
		require.Len(t, statuses, len(notice.Systems()))
		now := p.clock.Now()
		for i, system := range notice.Systems() {
			want := &notice.Status{System: system, State: notice.Operational}
			if system == notice.SMS {
				want = &notice.Status{
					System: system, State: notice.Degraded, Note: locale.Text{Ru: "Задержки", En: "Delays"}, Since: &since, UpdatedAt: &now,
				}
			}
			require.Equal(t, want, statuses[i])
		}
	})
}

func TestPlannedWorkIsShownUntilItIsOver(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann, now := someone(t), p.clock.Now()
		work := func(number string, starts, ends time.Duration, cancelled bool) {
			require.NoError(t, p.plan(t, notice.Work{
				Number: number, Sequence: 1, Systems: []notice.System{notice.Fund, notice.SMS}, Text: text("Обновление"),
				StartsAt: now.Add(starts), EndsAt: now.Add(ends), Cancelled: cancelled,
			}))
		}
		work("over", -2*time.Hour, -time.Hour, false)
		work("just over", -time.Hour, 0, false)
		work("planned", time.Microsecond, 3*time.Hour, false)
		work("running", -time.Hour, 2*time.Hour, false)
		work("beginning", 0, time.Hour, false)
		work("cancelled", -time.Hour, time.Hour, true)

		shown, err := p.Maintenances(ann)
		require.NoError(t, err)
		require.Equal(t, []string{"beginning true", "running true", "planned false"}, told(shown), "the soonest end first")
		require.Equal(t, []notice.System{notice.Fund, notice.SMS}, shown[0].Systems)
		require.Equal(t, now, shown[0].StartsAt)
		require.Equal(t, now.Add(time.Hour), shown[0].EndsAt)

		p.clock.Advance(2 * time.Hour)
		shown, err = p.Maintenances(ann)
		require.NoError(t, err)
		require.Equal(t, []string{"planned true"}, told(shown))
	})
}

// told is what is to be told of planned work: which, and whether it has begun.
func told(shown []*notice.Maintenance) []string {
	words := make([]string, len(shown))
	for i, m := range shown {
		words[i] = fmt.Sprint(m.Number, " ", m.Running)
	}
	return words
}

func TestWhatTheFundSaysInRussianOnlyIsToldInRussian(t *testing.T) {
	ctx := inEnglish(t.Context())
	both, russian := locale.Text{Ru: "По-русски", En: "In English"}, text("По-русски")

	a := &notice.Announcement{Title: both, Text: russian}
	require.Equal(t, "In English", a.TitleText(ctx))
	require.Equal(t, "По-русски", a.BodyText(ctx))
	a = &notice.Announcement{Title: russian, Text: both}
	require.Equal(t, "По-русски", a.TitleText(ctx))
	require.Equal(t, "In English", a.BodyText(ctx))
	require.Equal(t, "По-русски", a.BodyText(t.Context()), "who asks for no language is answered in Russian")

	require.Equal(t, "In English", (&notice.Maintenance{Text: both}).DescriptionText(ctx))
	require.Equal(t, "По-русски", (&notice.Maintenance{Text: russian}).DescriptionText(ctx))

	require.Equal(t, "In English", *(&notice.Status{Note: both}).NoteText(ctx))
	require.Equal(t, "По-русски", *(&notice.Status{Note: russian}).NoteText(ctx))
	require.Nil(t, (&notice.Status{}).NoteText(ctx))
}

func TestSystemsAndStatesHaveTheirNames(t *testing.T) {
	seen := map[string]bool{}
	for _, language := range []locale.Language{locale.Russian, locale.English} {
		ctx := locale.NewContext(t.Context(), language)
		for _, system := range notice.Systems() {
			require.True(t, system.Known())
			name := (&notice.Status{System: system}).SystemText(ctx)
			require.NotEmpty(t, name)
			require.False(t, seen[name])
			seen[name] = true
		}
		for _, state := range notice.States() {
			require.True(t, state.Known())
			name := (&notice.Status{State: state}).StateText(ctx)
			require.NotEmpty(t, name)
			require.False(t, seen[name])
			seen[name] = true
		}
	}
	require.False(t, notice.System("SOMETHING").Known())
	require.False(t, notice.State("SOMETHING").Known())
}
