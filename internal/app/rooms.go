package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"kabinet/internal/appeal"
	"kabinet/internal/audit"
	"kabinet/internal/benefit"
	"kabinet/internal/blob"
	"kabinet/internal/clarification"
	"kabinet/internal/config"
	"kabinet/internal/confirm"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/entry"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/identity"
	"kabinet/internal/network"
	"kabinet/internal/notice"
	"kabinet/internal/notify"
	"kabinet/internal/outbox"
	"kabinet/internal/person"
	"kabinet/internal/ratelimit"
	"kabinet/internal/seal"
	"kabinet/internal/seed"
	"kabinet/internal/session"
	"kabinet/internal/sickleave"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/verification"
)

// rooms are the services, with what the seed of the demo needs besides.
type rooms struct {
	app     *App
	sealer  *seal.Sealer
	blobs   blob.Store
	changes *feed.Recorder
	journal *audit.Journal

	sender  notify.Sender
	limiter *ratelimit.Limiter

	people         *person.Service
	sickLeaves     *sickleave.Service
	benefits       *benefit.Service
	appeals        *appeal.Service
	documents      *document.Service
	contributions  *contribution.Service
	deadlines      *deadline.Service
	notices        *notice.Service
	sessions       *session.Service
	confirmations  *confirm.Service
	entry          *entry.Service
	networks       *network.Service
	verifications  *verification.Service
	clarifications *clarification.Service
	fund           *fund.Service
}

// makeRooms makes the services, from the leaves up. Without a provider sessions renew no tokens.
func (a *App) makeRooms(provider identity.Provider) (*rooms, error) {
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
	r := &rooms{
		app: a, sealer: sealer, blobs: blobs, changes: feed.NewRecorder(a.clock, a.hub), journal: audit.NewJournal(a.clock),
		limiter: ratelimit.New(a.redis.client, a.clock, a.log),
	}
	if r.sender, err = a.openSender(); err != nil {
		return nil, err
	}
	if err := r.makeRecords(); err != nil {
		return nil, err
	}
	if err := r.makeDoors(provider); err != nil {
		return nil, err
	}
	verifier, err := fund.NewVerifier(a.clock, revealed(a.config.FundSecrets)...)
	if err != nil {
		return nil, err
	}
	r.fund, err = fund.New(a.store, sealer, a.clock, verifier, fund.Rooms{
		SickLeaves: r.sickLeaves, Benefits: r.benefits, Appeals: r.appeals, Documents: r.documents, People: r.people,
		Verifications: r.verifications, Contributions: r.contributions, Deadlines: r.deadlines, Notices: r.notices,
		Clarifications: r.clarifications,
	}, fund.WithLog(a.log))
	a.fund, a.notices = r.fund, r.notices
	return r, err
}

// makeRecords makes the rooms of what people keep in the cabinet.
func (r *rooms) makeRecords() error {
	a := r.app
	var required []person.Option
	if len(a.config.RequiredData) > 0 {
		fields, err := fieldsOf(a.config.RequiredData)
		if err != nil {
			return err
		}
		required = append(required, person.Require(fields...))
	}
	r.people = person.New(a.store, r.sealer, r.changes, r.journal, a.clock, required...)
	r.sickLeaves = sickleave.New(a.store, r.sealer, r.changes, a.clock)
	r.benefits = benefit.New(a.store, r.sickLeaves, r.changes, a.clock)
	r.appeals = appeal.New(a.store, r.sealer, r.changes, r.journal, a.clock)
	r.documents = document.New(a.store, r.blobs, r.changes, a.clock)
	r.contributions = contribution.New(a.store, r.changes, a.clock)
	r.deadlines = deadline.New(a.store, r.changes, a.clock)
	r.notices = notice.New(a.store, a.bus, a.clock, a.log)
	r.clarifications = clarification.New(a.store, r.sealer, r.outbox(), r.changes, r.journal, a.clock)
	return nil
}

// outbox makes the list of what the fund has to be told.
func (r *rooms) outbox() *outbox.Outbox {
	return outbox.New(r.app.store, r.sealer, r.changes, r.app.clock)
}

// makeDoors makes the rooms through which people come in.
func (r *rooms) makeDoors(provider identity.Provider) (err error) {
	a := r.app
	renewer, _ := provider.(identity.Refresher) // not every provider renews its tokens
	r.sessions = session.New(session.Options{
		Store: a.store, Redis: a.redis.client, Bus: a.bus, Journal: r.journal, Sealer: r.sealer, Clock: a.clock,
		Limits: session.Limits{Idle: a.config.SessionIdle, Absolute: a.config.SessionAbsolute}, Log: a.log, Renewer: renewer,
	})
	r.confirmations = confirm.New(confirm.Options{
		Store: a.store, Sealer: r.sealer, Journal: r.journal, Clock: a.clock, Sender: r.sender, Limits: codeLimits(r.limiter), Log: a.log,
	})
	r.networks = network.New(a.store, r.sealer, r.changes, r.journal, a.clock)
	r.verifications = verification.New(a.store, r.sealer, r.people, r.changes, r.journal, a.clock)
	a.sessions, a.codes = r.sessions, r.confirmations
	r.entry, err = entry.New(entry.Options{
		Store: a.store, Sealer: r.sealer, People: r.people, Feed: r.changes, Journal: r.journal, Clock: a.clock,
		Guess: func(ctx context.Context, id uuid.UUID, check func(context.Context, *storage.Tx) (bool, error)) error {
			return r.confirmations.Guess(ctx, id, confirm.AccessCode, check)
		},
	})
	return err
}

// doors are the approved networks, which tell their person when somebody came from another.
type doors struct {
	*network.Service

	alerts network.Alerts
	log    *slog.Logger
}

func (r *rooms) doors() doors {
	return doors{Service: r.networks, alerts: network.Alerts{People: r.people, Sender: r.sender, Limit: alertLimit(r.limiter)}, log: r.app.log}
}

// Blocked implements web.Networks. Whether the message goes out changes nothing for who is blocked.
func (d doors) Blocked(ctx context.Context, id uuid.UUID) error {
	if err := d.Service.Blocked(ctx, id); err != nil {
		return err
	}
	if err := d.alerts.Send(ctx, id); err != nil {
		d.log.WarnContext(ctx, "alert not sent", "error", err)
	}
	return nil
}

// errField says what KABINET_REQUIRED_DATA can hold.
var errField = errors.New("KABINET_REQUIRED_DATA must be a list of the names that its help gives")

func fieldsOf(names []string) ([]person.Field, error) {
	fields := make([]person.Field, len(names))
	for i, name := range names {
		if fields[i] = person.Field(name); !slices.Contains(person.Fields(), fields[i]) {
			return nil, errField
		}
	}
	return fields, nil
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
