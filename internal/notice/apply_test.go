package notice_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/ent/announcement"
	"kabinet/internal/locale"
	"kabinet/internal/notice"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/transition"
)

func TestAnAnnouncementIsPublishedChangedAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann, began := someone(t), p.clock.Now()
		expires := began.Add(24 * time.Hour)
		require.NoError(t, p.publish(t, notice.Publication{
			Number: "Н-1", Sequence: 1, Importance: notice.Important, Title: locale.Text{Ru: "Название", En: "Title"}, Text: text("Текст"),
			ExpiresAt: &expires,
		}))
		c, err := p.List(ann, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Len(t, c.Nodes, 1)
		a := c.Nodes[0]
		require.Equal(t, &notice.Announcement{
			ID: a.ID, Number: "Н-1", Sequence: 1, Importance: notice.Important, Title: locale.Text{Ru: "Название", En: "Title"},
			Text: text("Текст"), PublishedAt: began, ExpiresAt: &expires, UpdatedAt: began,
		}, a)
		require.Equal(t, ref.Announcement, a.ID.Kind)

		p.clock.Advance(time.Hour)
		changed := notice.Publication{Number: "Н-1", Sequence: 2, Importance: notice.Urgent, Title: text("Другое"), Text: text("Иное")}
		require.NoError(t, p.publish(t, changed))
		now, err := p.Get(ann, a.ID.ID)
		require.NoError(t, err)
		require.Equal(t, &notice.Announcement{
			ID: a.ID, Number: "Н-1", Sequence: 2, Importance: notice.Urgent, Title: text("Другое"), Text: text("Иное"),
			PublishedAt: began, UpdatedAt: p.clock.Now(),
		}, now, "it was published when it was, and stays")

		for name, sequence := range map[string]int64{"older": 1, "again": 2} {
			changed.Sequence = sequence
			require.ErrorIs(t, p.publish(t, changed), transition.ErrStale, name)
		}
		changed.Sequence, changed.PublishedAt, changed.ExpiresAt = 3, march(3, 9), &began
		require.NoError(t, p.publish(t, changed))
		row, err := p.store.Announcement.Query().Where(announcement.ID(a.ID.ID)).Only(ann)
		require.NoError(t, err)
		require.Equal(t, march(3, 9), row.PublishedAt)
		c, err = p.List(ann, nil, nil, nil, nil)
		require.NoError(t, err)
		require.Empty(t, c.Nodes, "taken back")
	})
}

// TestTheSequenceRisesOverAllAnnouncements: whatever the number of writers, so that who reads behind a number misses none.
func TestTheSequenceRisesOverAllAnnouncements(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		const writers, each = 4, 5
		var wg sync.WaitGroup
		failures := make([]error, writers)
		for w := range writers {
			wg.Go(func() {
				for n := range each {
					if err := p.publish(t, notice.Publication{
						Number: fmt.Sprint(w), Sequence: int64(n + 1), Importance: notice.Important, Title: text("а"), Text: text("б"),
					}); err != nil {
						failures[w] = err
					}
				}
			})
		}
		wg.Wait()
		for _, err := range failures {
			require.NoError(t, err)
		}
		newest, err := p.store.Announcement.Query().Order(announcement.BySequence()).All(persontest.System(t))
		require.NoError(t, err)
		require.Len(t, newest, writers)
		require.EqualValues(t, writers*each, newest[writers-1].Sequence)
	})
}

func TestWorkIsPlannedMovedAndCancelled(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		ann := someone(t)
		work := notice.Work{
			Number: "Р-1", Sequence: 1, Systems: []notice.System{notice.ESIA, notice.ESIA}, Text: text("Обновление"),
			StartsAt: march(5, 1), EndsAt: march(5, 3),
		}
		require.NoError(t, p.plan(t, work))
		work.Sequence, work.Systems, work.Text = 2, []notice.System{notice.Fund}, locale.Text{Ru: "Замена", En: "Replacement"}
		work.StartsAt, work.EndsAt = march(6, 1), march(6, 2)
		require.NoError(t, p.plan(t, work))
		shown, err := p.Maintenances(ann)
		require.NoError(t, err)
		require.Equal(t, []*notice.Maintenance{{
			Number: "Р-1", Systems: []notice.System{notice.Fund}, Text: locale.Text{Ru: "Замена", En: "Replacement"},
			StartsAt: march(6, 1), EndsAt: march(6, 2),
		}}, shown)
		require.ErrorIs(t, p.plan(t, work), transition.ErrStale)
		work.Sequence, work.Cancelled = 3, true
		require.NoError(t, p.plan(t, work))
		shown, err = p.Maintenances(ann)
		require.NoError(t, err)
		require.Empty(t, shown)
	})
}

func TestWorkThatMakesNoSenseIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		good := notice.Work{
			Number: "Р-1", Sequence: 1, Systems: []notice.System{notice.ESIA}, Text: text("а"), StartsAt: march(5, 1), EndsAt: march(5, 3),
		}
		for name, change := range map[string]func(*notice.Work){
			"no system":             func(w *notice.Work) { w.Systems = nil },
			"an unknown one":        func(w *notice.Work) { w.Systems = append(w.Systems, "SOMETHING") },
			"no time":               func(w *notice.Work) { w.EndsAt = w.StartsAt },
			"ends before it begins": func(w *notice.Work) { w.EndsAt = march(5, 0) },
			"no end":                func(w *notice.Work) { w.EndsAt = time.Time{} },
		} {
			work := good
			change(&work)
			require.ErrorIs(t, p.plan(t, work), notice.ErrWork, name)
		}
		shown, err := p.Maintenances(someone(t))
		require.NoError(t, err)
		require.Empty(t, shown)
	})
}

func TestASystemFailsAndComesBack(t *testing.T) {
	each(t, func(t *testing.T, p *place) {
		sms := func() *notice.Status {
			statuses, err := p.Systems(someone(t))
			require.NoError(t, err)
			for _, s := range statuses {
				if s.System == notice.SMS {
					return s
				}
			}
			require.FailNow(t, "no such system")
			return nil
		}
		began := p.clock.Now()
		require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: 1, State: notice.Degraded, Note: text("Задержки")}))
		require.Equal(t, began, *sms().Since, "since it was told")

		p.clock.Advance(time.Hour)
		require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: 2, State: notice.Degraded}))
		status := sms()
		require.Equal(t, began, *status.Since, "as before: the state is the same")
		require.Equal(t, p.clock.Now(), *status.UpdatedAt)
		require.Zero(t, status.Note)

		require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: 3, State: notice.Unavailable}))
		require.Equal(t, p.clock.Now(), *sms().Since)
		require.NoError(t, p.report(t, notice.Health{System: notice.SMS, Sequence: 4, State: notice.Operational, Since: march(4, 7)}))
		require.Equal(t, march(4, 7), *sms().Since)

		for name, c := range map[string]struct {
			health notice.Health
			want   error
		}{
			"older":             {notice.Health{System: notice.SMS, Sequence: 3, State: notice.Degraded}, transition.ErrStale},
			"again":             {notice.Health{System: notice.SMS, Sequence: 4, State: notice.Degraded}, transition.ErrStale},
			"an unknown state":  {notice.Health{System: notice.SMS, Sequence: 5, State: "SOMETHING"}, transition.ErrImpossible},
			"an unknown system": {notice.Health{System: "SOMETHING", Sequence: 5, State: notice.Degraded}, transition.ErrImpossible},
		} {
			require.ErrorIs(t, p.report(t, c.health), c.want, name)
		}
		require.Equal(t, notice.Operational, sms().State)
	})
}
