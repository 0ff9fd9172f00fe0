package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"kabinet/graph"
	"kabinet/graph/transport"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/config"
	"kabinet/internal/confirm"
	"kabinet/internal/dev/inbox"
	"kabinet/internal/dev/office"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/idempotency"
	"kabinet/internal/identity"
	"kabinet/internal/notice"
	"kabinet/internal/outbox"
	"kabinet/internal/session"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
	"kabinet/internal/web"
	playground "kabinet/web"
)

// Times of the end: streams get drainTime to close, each after a random part of drainJitter so that clients do not all
// come back at once; then requests get the rest.
const (
	drainTime    = 8 * time.Second
	drainJitter  = 2 * time.Second
	shutdownTime = 10 * time.Second
)

// App is the program, ready to run.
type App struct {
	config  *config.Config
	log     *slog.Logger
	clock   clock.Clock
	metrics *prometheus.Registry

	store    *storage.Store
	redis    *redisParts
	bus      *signal.Bus
	hub      *feed.Hub
	sessions *session.Service
	codes    *confirm.Service
	fund     *fund.Service
	notices  *notice.Service
	streams  *transport.Streams
	courier  *outbox.Courier // nil: nothing is sent to the fund
	office   *office.Office  // of the demo; nil when there is another fund, or none
	inbox    *inbox.Inbox    // of the demo; nil when messages really go out

	doors  []*door
	banner string
}

// New opens everything that the program needs; what it opened is closed again when it fails.
func New(ctx context.Context, c *config.Config, log *slog.Logger) (_ *App, err error) {
	a, err := open(ctx, c, log)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	provider, err := a.openProvider(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := a.makeRooms(provider)
	if err != nil {
		return nil, err
	}
	if c.IsDemo() {
		if err := rooms.seed(ctx); err != nil {
			return nil, err
		}
	}
	if err := rooms.openFund(); err != nil {
		return nil, err
	}
	return a, a.makeEdge(provider, rooms)
}

// open opens the database and Redis.
func open(ctx context.Context, c *config.Config, log *slog.Logger) (_ *App, err error) {
	a := &App{config: c, log: log, clock: clock.System{}, metrics: prometheus.NewRegistry(), streams: transport.NewStreams(drainJitter)}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	statements := prometheus.NewCounter(prometheus.CounterOpts{Name: "kabinet_sql_statements_total", Help: "Statements sent to the database."})
	a.metrics.MustRegister(statements)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.store, err = storage.Open(ctx, c.DatabaseURL.Reveal(),
		storage.OnStatement(func(context.Context, string) { statements.Inc() })); err != nil {
		return nil, err
	}
	if c.IsDemo() {
		_, err = a.store.Migrate(ctx)
	} else {
		err = a.store.CheckVersion(ctx)
	}
	if err != nil {
		return nil, err
	}
	a.redis, err = openRedis(c)
	return a, err
}

// makeEdge makes what faces the outside and takes the addresses.
func (a *App) makeEdge(provider identity.Provider, r *rooms) error {
	proxies, err := a.config.Proxies()
	if err != nil {
		return err
	}
	options := web.Options{
		Log: a.log, Clock: a.clock, Metrics: a.metrics,
		PublicURL: a.config.PublicURL, Secure: a.config.IsSecure(), Demo: a.config.IsDemo(),
		TrustedProxies: proxies, MobileRedirects: a.config.MobileRedirects, Limiter: r.limiter,
		Sealer: r.sealer, Provider: provider, People: r.people, Sessions: r.sessions, Documents: r.documents, Fund: r.fund,
		Entry: func(ctx context.Context, v viewer.Viewer) (viewer.Entry, error) {
			return r.entry.Reached(ctx, v.PersonID)
		},
		Networks:  r.doors(),
		Confirmed: r.verifications.Confirmed,
		GraphQL: graph.NewServer(graph.Options{
			Services: graph.Services{
				People: r.people, SickLeaves: r.sickLeaves, Benefits: r.benefits, Appeals: r.appeals, Documents: r.documents,
				Sessions: r.sessions, Feed: a.hub, Entry: r.entry, Networks: r.networks, Verifications: r.verifications,
				Confirmations: r.confirmations, Journal: audit.NewReader(a.store), Clarifications: r.clarifications,
				Deadlines: r.deadlines, Contributions: r.contributions, Notices: r.notices,
			},
			Log: a.log, Development: a.config.IsDemo(), Origins: a.config.Origins,
			Denied: audit.NewDenials(a.store, r.journal, a.clock).Write, Spend: a.spend(),
			Ended: web.Ended(r.sessions), Ending: web.Ending(r.sessions), Acted: web.Acted(r.sessions, a.clock), Streams: a.streams,
		}),
	}
	if a.config.IsDemo() {
		options.SDL = graph.SDL()
		options.Playground = web.Playground(playground.Playground())
		if options.Home, err = a.home(); err != nil {
			return err
		}
		if a.inbox != nil {
			options.Inbox = a.inbox
		}
		if a.office != nil {
			options.DemoFund = a.officeHandler()
		}
	}
	return errors.Join(
		a.listen("public", a.config.Addr, web.NewHandler(options)),
		a.listen("admin", a.config.AdminAddr, web.NewAdminHandler(a.log, a.metrics, a.checks())),
	)
}

func (a *App) checks() []web.Check {
	return []web.Check{
		{Name: "database", Probe: a.store.DB().PingContext},
		// Without Redis sessions are checked by their rows and changes are swept up: slower, not wrong.
		{Name: "redis", Probe: func(ctx context.Context) error { return a.redis.client.Ping(ctx).Err() }, Optional: true},
	}
}

// listen takes an address. A server is run by Run.
func (a *App) listen(name, address string, h http.Handler) error {
	socket, err := net.Listen("tcp", address) //nolint:noctx // taking a port does not wait
	if err != nil {
		return fmt.Errorf("%s address: %w", name, err)
	}
	a.doors = append(a.doors, newDoor(name, socket, web.NewServer(h, a.log)))
	return nil
}

// Run serves until the context ends, then drains: streams are told to come back, requests are finished.
func (a *App) Run(ctx context.Context) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	group, ctx := errgroup.WithContext(ctx)
	var rest errgroup.Group
	rest.Go(func() error { a.bus.Run(background); return nil })
	rest.Go(func() error { a.hub.Run(background); return nil })
	rest.Go(func() error { a.sessions.Run(background); return nil })
	rest.Go(func() error { a.notices.Run(background); return nil })
	rest.Go(func() error { a.fund.Run(background); return nil })
	rest.Go(func() error { a.purge(background); return nil })
	if a.courier != nil {
		rest.Go(func() error { a.courier.Run(background); return nil })
	}
	if a.office != nil {
		rest.Go(func() error { a.office.Run(background); return nil })
	}
	for _, d := range a.doors {
		group.Go(func() error {
			if err := d.server.Serve(d.socket); !errors.Is(err, http.ErrServerClosed) && !d.closing.Load() {
				return fmt.Errorf("serve %s: %w", d.name, err)
			}
			return nil
		})
	}
	if a.banner != "" {
		fmt.Fprint(os.Stderr, a.banner)
	}
	a.log.InfoContext(ctx, "ready", "public", a.config.Addr, "admin", a.config.AdminAddr)
	group.Go(func() error {
		<-ctx.Done()
		return a.drain(context.WithoutCancel(ctx))
	})
	err := group.Wait()
	stopBackground()
	return errors.Join(err, rest.Wait(), a.close())
}

// purgeEvery is how often what is kept no more is deleted.
const purgeEvery = time.Hour

// purge deletes what is kept no more, until the context ends. Every instance does it; what one has deleted the others do
// not find.
func (a *App) purge(ctx context.Context) {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		sessions, err := a.sessions.Purge(ctx)
		keys, keysErr := idempotency.Purge(ctx, a.store, a.clock)
		codes, codesErr := a.codes.Purge(ctx)
		events, eventsErr := a.hub.Purge(ctx)
		switch err := errors.Join(err, keysErr, codesErr, eventsErr); {
		case ctx.Err() != nil:
			return
		case err != nil:
			a.log.WarnContext(ctx, "purge failed; the next one goes on", "error", err)
		case sessions+keys+codes+events > 0:
			a.log.InfoContext(ctx, "purged", "sessions", sessions, "idempotency_keys", keys, "confirmations", codes, "feed_events", events)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *App) drain(ctx context.Context) error {
	a.log.InfoContext(ctx, "draining", "streams", a.streams.Count())
	ctx, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	streams, cancelStreams := context.WithTimeout(ctx, drainTime)
	defer cancelStreams()
	var group errgroup.Group
	group.Go(func() error {
		if err := a.streams.Shutdown(streams); err != nil {
			return fmt.Errorf("close streams: %w", err)
		}
		return nil
	})
	for _, d := range a.doors {
		group.Go(func() error { return d.close(ctx) })
	}
	return group.Wait()
}

func (a *App) close() error {
	var faults []error
	for _, d := range a.doors {
		if err := d.socket.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			faults = append(faults, err)
		}
	}
	if a.redis != nil {
		faults = append(faults, a.redis.close())
	}
	if a.store != nil {
		faults = append(faults, a.store.Close())
	}
	return errors.Join(faults...)
}
