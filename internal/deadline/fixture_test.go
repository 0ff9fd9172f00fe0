package deadline_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/deadline"
	"kabinet/internal/feed"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// place is the service with a person whose deadlines it keeps.
type place struct {
	*deadline.Service

	store *storage.Store
	seen  *storagetest.Statements
	clock *clock.Fixed
	ann   uuid.UUID
	n     int
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		p := &place{
			store: s, seen: seen, ann: persontest.New(t, s),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		p.Service = deadline.New(s, feed.NewRecorder(p.clock, nobodyToTell{}), p.clock)
		test(t, p)
	})
}

func march(day int) calendar.Date { return calendar.NewDate(2026, time.March, day) }

// add makes a deadline; change may alter it before it is kept.
func (p *place) add(ctx context.Context, t require.TestingT, owner uuid.UUID, change func(*ent.DeadlineCreate)) *ent.Deadline {
	p.n++
	create := p.store.Deadline.Create().SetOwnerID(owner).SetNumber(fmt.Sprintf("D%06d", p.n)).SetState(string(deadline.Open)).
		SetTitle("Bring the certificate").SetDueOn(march(20)).SetCreatedAt(p.clock.Now()).SetUpdatedAt(p.clock.Now())
	if change != nil {
		change(create)
	}
	row, err := create.Save(ctx)
	require.NoError(t, err)
	return row
}

func (p *place) apply(t *testing.T, r deadline.Report) error {
	t.Helper()
	return p.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error { return p.Apply(ctx, tx, r) })
}
