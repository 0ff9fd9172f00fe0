package session_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/identity"
	"kabinet/internal/person/persontest"
	"kabinet/internal/seal"
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
	soon = 30 * time.Second
)

// tokens are recognisable wherever they should not be.
func tokens() identity.Tokens {
	return identity.Tokens{Access: "esia-access-clear", Refresh: "esia-refresh-clear", ID: "esia-id-clear"}
}

// place is one instance of the program with a person who may sign in.
type place struct {
	*session.Service

	store    *storage.Store
	seen     *statements
	redis    redis.UniversalClient
	clock    *clock.Fixed
	mini     *miniredis.Miniredis // nil but with miniredis
	alone    bool                 // Redis never answers
	person   uuid.UUID
	sealer   *seal.Sealer
	provider *provider
	log      *slog.Logger
}

// setting is what a place stands on.
type setting struct{ database, cache string }

// The settings, each of which proves something of its own.
var (
	rowsAlone    = setting{"sqlite", "none"}
	sqliteMini   = setting{"sqlite", "miniredis"}
	postgresMini = setting{"postgres", "miniredis"}
	postgresReal = setting{"postgres", "redis"}
)

// each runs a test in every setting: on both databases, and with rows alone, a Redis whose time the test moves, and the
// real one.
func each(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	in(t, test, rowsAlone, sqliteMini, postgresMini, postgresReal)
}

// eachCached runs a test wherever Redis answers.
func eachCached(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	in(t, test, sqliteMini, postgresMini, postgresReal)
}

// eachDatabase runs a test on both databases with a Redis that the test may break.
func eachDatabase(t *testing.T, test func(t *testing.T, p *place)) {
	t.Helper()
	in(t, test, sqliteMini, postgresMini)
}

func in(t *testing.T, test func(t *testing.T, p *place), settings ...setting) {
	t.Helper()
	for _, s := range settings {
		t.Run(s.database+" "+s.cache, func(t *testing.T) { test(t, s.place(t)) })
	}
}

func (s setting) place(t *testing.T) *place {
	t.Helper()
	p := &place{seen: &statements{}, log: slog.New(slog.DiscardHandler)}
	if s.database == "postgres" {
		p.store = storagetest.OpenPostgres(t, storage.OnStatement(p.seen.add))
	} else {
		p.store = storagetest.OpenSQLite(t, storage.OnStatement(p.seen.add))
	}
	switch s.cache {
	case "miniredis":
		p.mini, p.redis = signaltest.Miniredis(t)
	case "redis":
		p.redis = signaltest.Redis(t)
	default:
		p.alone, p.redis = true, refusingRedis(t)
	}
	p.person, p.sealer = persontest.New(t, p.store), persontest.Sealer(t)
	p.clock = clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	p.provider = newProvider(p.clock)
	p.Service = p.instance(t, p.redis)
	p.seen.Take()
	return p
}

// refusingRedis is a client of a server that is not there.
func refusingRedis(t *testing.T) redis.UniversalClient {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true, DialerRetries: 1, MaxRetries: -1})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// statements remembers what was sent to the database.
type statements struct {
	mu   sync.Mutex
	seen []string
}

func (s *statements) add(_ context.Context, query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, query)
}

// Take gives the statements since the last call.
func (s *statements) Take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.seen
	s.seen = nil
	return taken
}

// service makes a service on the place's database, which hears nothing.
func (p *place) service(client redis.UniversalClient, bus *signal.Bus) *session.Service {
	return session.New(session.Options{
		Store: p.store, Redis: client, Bus: bus, Journal: audit.NewJournal(p.clock), Sealer: p.sealer, Clock: p.clock,
		Limits: session.Limits{Idle: idle, Absolute: absolute}, Log: p.log, Renewer: p.provider,
	})
}

// instance starts a further instance of the program on the same database. Where Redis never answers it hears nothing.
func (p *place) instance(t *testing.T, client redis.UniversalClient) *session.Service {
	t.Helper()
	bus := signal.NewBus(client, p.log)
	if p.alone {
		return p.service(client, bus)
	}
	connected := make(chan struct{}, 1)
	bus.Listen(signal.Listener{Topic: "session-ended", Heard: func(string) {}, Connected: func() {
		select {
		case connected <- struct{}{}:
		default:
		}
	}})
	service := p.service(client, bus)
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

// goesOn tells that a channel has given nothing.
func goesOn[T any](t *testing.T, c <-chan T) {
	t.Helper()
	select {
	case <-c:
		require.Fail(t, "it goes on")
	default:
	}
}

// pass lets time pass, for the clock and for Redis.
func (p *place) pass(t *testing.T, d time.Duration) {
	t.Helper()
	p.clock.Advance(d)
	switch {
	case p.mini != nil:
		p.mini.FastForward(d)
	case !p.alone:
		p.age(t, d)
	}
}

// age brings every key of a real Redis nearer to its end. What it has aged by itself meanwhile, while the clock stood
// still, is given back.
func (p *place) age(t *testing.T, d time.Duration) {
	t.Helper()
	keys, err := p.redis.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		left, err := p.redis.PTTL(t.Context(), key).Result()
		require.NoError(t, err)
		if left < 0 { // no key any more; all of ours end
			continue
		}
		left = (left + time.Second - 1).Truncate(time.Second)
		if left <= d {
			require.NoError(t, p.redis.Del(t.Context(), key).Err())
			continue
		}
		require.NoError(t, p.redis.PExpire(t.Context(), key, left-d).Err())
	}
}

// flush makes Redis forget everything.
func (p *place) flush(t *testing.T) {
	t.Helper()
	if !p.alone {
		require.NoError(t, p.redis.FlushDB(t.Context()).Err())
	}
}

// start is how the person begins a session.
func (p *place) start() session.Start {
	return session.Start{
		Person: p.person, Level: viewer.Extended, Entry: viewer.Complete, Kind: session.Browser, Device: "Firefox",
		Method: identity.Signature, Provider: "esia", Subject: "1000", Tokens: tokens(),
	}
}

// signIn begins a session of the person.
func (p *place) signIn(t *testing.T) string {
	t.Helper()
	token, err := p.Begin(t.Context(), p.start())
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

// reasons are those for which sessions of the person have ended, in the order in which the journal tells them.
func (p *place) reasons(t *testing.T) []string {
	t.Helper()
	var reasons []string
	for _, e := range p.journal(t) {
		if e.Action == "session.end" {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

// copies are the keys under which Redis holds sessions, ended ones included.
func copies(t *testing.T, r redis.UniversalClient) []string {
	t.Helper()
	keys, err := r.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	var found []string
	for _, key := range keys {
		if !strings.HasSuffix(key, ":row") {
			found = append(found, key)
		}
	}
	return found
}
