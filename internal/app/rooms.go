package app

import (
	"context"
	"fmt"

	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/config"
	"kabinet/internal/document"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/seed"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
)

// rooms are the services, with what the seed of the demo needs besides.
type rooms struct {
	app     *App
	sealer  *seal.Sealer
	blobs   blob.Store
	changes *feed.Recorder
	journal *audit.Journal

	people     *person.Service
	sickLeaves *sickleave.Service
	benefits   *benefit.Service
	appeals    *appeal.Service
	documents  *document.Service
	sessions   *session.Service
	fund       *fund.Service
}

// makeRooms makes the services, from the leaves up.
func (a *App) makeRooms() (*rooms, error) {
	sealer, err := openSealer(a.config)
	if err != nil {
		return nil, err
	}
	blobs, err := blob.Open(a.config.BlobURL.Reveal())
	if err != nil {
		return nil, err
	}
	a.bus = signal.NewBus(a.redis.client, a.log)
	a.hub = feed.NewHub(a.store, a.bus, a.clock, a.log)
	r := &rooms{app: a, sealer: sealer, blobs: blobs, changes: feed.NewRecorder(a.clock, a.hub), journal: audit.NewJournal(a.clock)}
	r.people = person.New(a.store, sealer, r.changes, r.journal, a.clock)
	r.sickLeaves = sickleave.New(a.store, sealer, r.changes, a.clock)
	r.benefits = benefit.New(a.store, r.sickLeaves, r.changes, a.clock)
	r.appeals = appeal.New(a.store, sealer, r.changes, r.journal, a.clock)
	r.documents = document.New(a.store, blobs, r.changes, a.clock)
	r.sessions = session.New(a.store, a.redis.client, a.bus, r.journal, a.clock,
		session.Limits{Idle: a.config.SessionIdle, Absolute: a.config.SessionAbsolute}, a.log)
	a.sessions = r.sessions
	verifier, err := fund.NewVerifier(a.clock, revealed(a.config.FundSecrets)...)
	if err != nil {
		return nil, err
	}
	r.fund, err = fund.New(a.store, sealer, a.clock, verifier,
		fund.Rooms{SickLeaves: r.sickLeaves, Benefits: r.benefits, Appeals: r.appeals, Documents: r.documents})
	return r, err
}

// seed writes the demo people and their records, if they are not there yet.
func (r *rooms) seed(ctx context.Context) error {
	return seed.Seed(ctx, seed.Deps{
		Store: r.app.store, Sealer: r.sealer, Blobs: r.blobs, People: r.people,
		Feed: r.changes, Journal: r.journal, Clock: r.app.clock,
	})
}

func openSealer(c *config.Config) (*seal.Sealer, error) {
	var keyset seal.Keyset
	if err := keyset.UnmarshalText([]byte(c.Keyset.Reveal())); err != nil {
		return nil, fmt.Errorf("KABINET_KEYSET: %w", err)
	}
	sealer, err := seal.New(keyset)
	if err != nil {
		return nil, fmt.Errorf("KABINET_KEYSET: %w", err)
	}
	return sealer, nil
}

func revealed(secrets []config.Secret) []string {
	texts := make([]string, len(secrets))
	for i, s := range secrets {
		texts[i] = s.Reveal()
	}
	return texts
}
