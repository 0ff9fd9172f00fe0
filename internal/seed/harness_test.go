package seed_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/persona"
	"kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/page"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/seed"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// noon is an ordinary Wednesday.
func noon() time.Time { return time.Date(2026, time.March, 18, 9, 0, 0, 0, time.UTC) }

// everything is as much as a page holds, and more than anybody has of most.
const everything = 100

// world is a seeded store with the services that read it.
type world struct {
	deps      seed.Deps
	leaves    *sickleave.Service
	benefits  *benefit.Service
	appeals   *appeal.Service
	documents *document.Service
	hub       *feed.Hub

	contributions  *contribution.Service
	deadlines      *deadline.Service
	clarifications *clarification.Service
	notices        *notice.Service
}

func newWorld(tb testing.TB, s *storage.Store, now time.Time) *world {
	tb.Helper()
	keys, err := seal.GenerateKeyset()
	require.NoError(tb, err)
	sealer, err := seal.New(keys)
	require.NoError(tb, err)
	blobs, err := blob.NewDirectory(tb.TempDir())
	require.NoError(tb, err)
	c := clock.NewFixed(now)
	log := slog.New(slog.DiscardHandler)
	bus := signal.NewBus(nil, log)
	hub := feed.NewHub(s, bus, c, log)
	recorder, journal := feed.NewRecorder(c, hub), audit.NewJournal(c)
	w := &world{
		deps: seed.Deps{
			Store: s, Sealer: sealer, Blobs: blobs, People: person.New(s, sealer, recorder, journal, c), Feed: recorder, Journal: journal, Clock: c,
		},
		leaves:    sickleave.New(s, sealer, recorder, c),
		appeals:   appeal.New(s, sealer, recorder, journal, c),
		documents: document.New(s, blobs, recorder, c),
		hub:       hub,

		contributions:  contribution.New(s, recorder, c),
		deadlines:      deadline.New(s, recorder, c),
		clarifications: clarification.New(s, sealer, outbox.New(s, sealer, recorder, c), recorder, journal, c),
		notices:        notice.New(s, bus, c, log),
	}
	w.benefits = benefit.New(s, w.leaves, recorder, c)
	return w
}

func seededWorld(t *testing.T, s *storage.Store, now time.Time) *world {
	t.Helper()
	w := newWorld(t, s, now)
	require.NoError(t, seed.Seed(t.Context(), w.deps))
	return w
}

// as logs a demo person in, as the identity provider would.
func (w *world) as(t *testing.T, name string) context.Context {
	t.Helper()
	p, ok := persona.ByName(name)
	require.True(t, ok)
	id, err := w.deps.People.Admit(t.Context(), identity.Login{
		Provider: esia.ProviderName, Subject: p.Subject(), Trusted: p.Trusted, Profile: p.Profile,
	})
	require.NoError(t, err)
	return viewer.NewContext(t.Context(), viewer.Viewer{PersonID: id, Level: viewer.Extended})
}

func (w *world) today() calendar.Date {
	return calendar.DateOf(w.deps.Clock.Now(), calendar.Moscow())
}

// cabinet is everything that a person sees in lists.
type cabinet struct {
	leaves    []*sickleave.SickLeave
	benefits  []*benefit.Benefit
	appeals   []*appeal.Appeal
	documents []*document.Document

	contributions  []*contribution.Contribution
	deadlines      []*deadline.Deadline
	clarifications []*clarification.Clarification
}

func (w *world) cabinet(ctx context.Context, t *testing.T) cabinet {
	t.Helper()
	first := everything
	leaves, err := w.leaves.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	benefits, err := w.benefits.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	appeals, err := w.appeals.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	documents, err := w.documents.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	deadlines, err := w.deadlines.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	clarifications, err := w.clarifications.List(ctx, &first, nil, nil, nil)
	require.NoError(t, err)
	var contributions []*contribution.Contribution
	var after *page.Cursor
	for more := true; more; { // two years take more than a page
		paid, err := w.contributions.List(ctx, &first, after, nil, nil)
		require.NoError(t, err)
		contributions = append(contributions, paid.Nodes...)
		more, after = paid.PageInfo.HasNextPage, paid.PageInfo.EndCursor
	}
	return cabinet{leaves.Nodes, benefits.Nodes, appeals.Nodes, documents.Nodes, contributions, deadlines.Nodes, clarifications.Nodes}
}

// events replays the person's feed from its start.
func (w *world) events(ctx context.Context, t *testing.T) []*feed.Event {
	t.Helper()
	end, err := w.hub.Position(ctx)
	require.NoError(t, err)
	start := feed.CursorAt(0)
	if end == start {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream := make(chan *feed.Event)
	require.NoError(t, w.hub.Subscribe(ctx, &start, nil, func(e *feed.Event) bool {
		select {
		case stream <- e:
			return true
		case <-ctx.Done():
			return false
		}
	}))
	var events []*feed.Event
	for e := range stream {
		require.Nil(t, e.Gap)
		events = append(events, e)
		if e.Cursor() == end {
			break
		}
	}
	return events
}

func personOf(ctx context.Context) uuid.UUID { return viewer.FromContext(ctx).PersonID }

// seen counts values.
func seen[T comparable, V any](values []V, of func(V) T) map[T]int {
	counts := make(map[T]int)
	for _, v := range values {
		counts[of(v)]++
	}
	return counts
}
