package notice

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/announcement"
	"kabinet/ent/maintenance"
	"kabinet/internal/batch"
	"kabinet/internal/clock"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
)

// Service reads what the fund tells everybody, applies what it reports, and brings changes to those who listen.
type Service struct {
	store *storage.Store
	bus   *signal.Bus
	clock clock.Clock
	log   *slog.Logger
	every time.Duration // between looks unasked

	woken chan struct{} // there may be something new to read
	owed  chan struct{} // other instances are to be woken

	reading  sync.Mutex      // guards what follows; held while the database is asked
	read     int64           // sequence behind which announcements are new
	upcoming []*Announcement // read, and to be published later

	mu            sync.Mutex // guards what follows; never held for long
	begun         bool
	told          []*Status
	announcements *tail[*Announcement]
	statuses      *tail[[]*Status]
}

// Option changes a Service.
type Option func(*Service)

// New makes the service, which listens on the bus. Run has to be running for the streams to say anything.
func New(s *storage.Store, bus *signal.Bus, c clock.Clock, log *slog.Logger, options ...Option) *Service {
	service := &Service{
		store: s, bus: bus, clock: c, log: log, every: lookEvery,
		woken: make(chan struct{}, 1), owed: make(chan struct{}, 1),
		announcements: newTail[*Announcement](), statuses: newTail[[]*Status](),
	}
	for _, o := range options {
		o(service)
	}
	wake := func() { nudge(service.woken) }
	bus.Listen(signal.Listener{Topic: topic, Heard: func(string) { wake() }, Connected: wake})
	return service
}

// ByIDs gives those of the announcements that are to be shown.
func (s *Service) ByIDs(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*Announcement, error) {
	rows, err := s.store.Announcement.Query().Where(announcement.IDIn(ids...)).Where(shown(s.clock.Now())...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get announcements: %w", err)
	}
	return batch.Index(fromRows(rows), func(a *Announcement) uuid.UUID { return a.ID.ID }), nil
}

// Get gives one announcement, fault.ErrNotFound when there is none to be shown.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Announcement, error) {
	return batch.One(ctx, id, s.ByIDs)
}

// Systems gives how every system does, in the order of Systems.
func (s *Service) Systems(ctx context.Context) ([]*Status, error) {
	rows, err := s.store.SystemStatus.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get systems: %w", err)
	}
	return statusesOf(rows), nil
}

// maxMaintenances bounds what is shown of planned work.
const maxMaintenances = 100

// Maintenances gives the planned work that goes on or is to come, the soonest end first.
func (s *Service) Maintenances(ctx context.Context) ([]*Maintenance, error) {
	now := s.clock.Now()
	rows, err := s.store.Maintenance.Query().Where(maintenance.EndsAtGT(now), maintenance.Cancelled(false)).
		Order(maintenance.ByEndsAt(), maintenance.ByID()).Limit(maxMaintenances).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get planned maintenance: %w", err)
	}
	planned := make([]*Maintenance, len(rows))
	for i, row := range rows {
		planned[i] = fromMaintenanceRow(row, now)
	}
	return planned, nil
}
