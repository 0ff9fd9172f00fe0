package session_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
)

const (
	idle     = 15 * time.Minute
	absolute = 12 * time.Hour
	// soon is far more than anything here takes.
	soon = 10 * time.Second
)

// tokens are recognisable wherever they should not be.
func tokens() session.Tokens {
	return session.Tokens{Access: "esia-access-clear", Refresh: "esia-refresh-clear", ID: "esia-id-clear"}
}

// place is one instance of the program with a person who may sign in.
type place struct {
	*session.Service

	store  *storage.Store
	seen   *storagetest.Statements
	redis  redis.UniversalClient
	clock  *clock.Fixed
	mini   *miniredis.Miniredis // nil with the real Redis
	person uuid.UUID
}

// eachDatabase runs a test on both databases with a Redis whose time the test moves.
func eachDatabase(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		mini, client := signaltest.Miniredis(t)
		p := newPlace(t, s, client)
		p.seen, p.mini = seen, mini
		test(t, p)
	})
}

// eachRedis runs a test on both kinds of Redis.
func eachRedis(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	signaltest.EachRedis(t, func(t *testing.T, client redis.UniversalClient) {
		test(t, newPlace(t, storagetest.OpenSQLite(t), client))
	})
}

func newPlace(t *testing.T, s *storage.Store, client redis.UniversalClient) *place {
	t.Helper()
	p := &place{
		store: s, redis: client, person: persontest.New(t, s),
		clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
	}
	p.Service = p.instance(t, client)
	return p
}

// instance starts a further instance of the program on the same database.
func (p *place) instance(t *testing.T, client redis.UniversalClient) *session.Service {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	bus := signal.NewBus(client, log)
	connected := make(chan struct{}, 1)
	bus.Listen(signal.Listener{Topic: "session-ended", Heard: func(string) {}, Connected: func() {
		select {
		case connected <- struct{}{}:
		default:
		}
	}})
	service := session.New(p.store, client, bus, audit.NewJournal(p.clock), p.clock, session.Limits{Idle: idle, Absolute: absolute}, log)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { bus.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	await(t, connected)
	return service
}

// await waits for a channel to give or to be closed.
func await[T any](t *testing.T, c <-chan T) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(soon):
		require.FailNow(t, "it did not happen")
	}
}

// pass lets time pass, for the clock and for Redis.
func (p *place) pass(d time.Duration) {
	p.clock.Advance(d)
	p.mini.FastForward(d)
}

// signIn begins a session of the person.
func (p *place) signIn(t *testing.T) string {
	t.Helper()
	token, err := p.Begin(t.Context(), session.Start{
		Person: p.person, Level: viewer.Extended, Kind: session.Browser, Device: "Firefox", Tokens: tokens(),
	})
	require.NoError(t, err)
	return token
}

// open checks a token that must be good.
func (p *place) open(t *testing.T, token string, act bool) session.Open {
	t.Helper()
	open, err := p.Check(t.Context(), token, act)
	require.NoError(t, err)
	return open
}
