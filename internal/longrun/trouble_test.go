//go:build longrun

package longrun_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/signal"
)

// trouble makes one kind of trouble after another, in an order that its seed decides.
type trouble struct {
	t       testing.TB
	cabinet *cabinet
	crew    *crew
	random  *rand.Rand
	redis   *redis.Client
	made    map[string]int
}

func newTrouble(t testing.TB, c *cabinet, crew *crew, seed uint64) *trouble {
	t.Helper()
	return &trouble{
		t: t, cabinet: c, crew: crew, random: rand.New(rand.NewPCG(seed, 7)), made: map[string]int{},
		redis: c.redis.redis(t),
	}
}

// kind is one kind of trouble, which comes as often as its weight says.
type kind struct {
	weight int
	make   func()
}

func (m *trouble) kinds() map[string]kind {
	t, c := m.t, m.cabinet
	return map[string]kind{
		"connections reset":      {5, func() { m.someLeave(stream.cut) }},
		"clients leave":          {3, func() { m.someLeave(stream.leave) }},
		"redis dies":             {2, func() { c.redis.restart(t, syscall.SIGKILL, 0) }},
		"redis is away":          {2, func() { c.redis.restart(t, syscall.SIGTERM, m.upTo(4*time.Second)) }},
		"redis hangs":            {2, func() { c.redis.hang(t, m.upTo(2*time.Second)) }},
		"redis is flushed":       {2, func() { m.command("FLUSHALL") }},
		"redis drops its ears":   {2, func() { m.command("CLIENT", "KILL", "TYPE", "pubsub") }},
		"postgres restarts":      {2, func() { c.postgres.restart(t, syscall.SIGINT, m.upTo(time.Second)) }},
		"postgres crashes":       {1, func() { c.postgres.restart(t, syscall.SIGQUIT, 0) }},
		"postgres drops all":     {2, func() { m.dropAll() }},
		"postgres hangs":         {1, func() { c.postgres.hang(t, m.upTo(time.Second)) }},
		"an instance is killed":  {4, func() { i := m.one(); i.kill(t); pause(t, m.upTo(time.Second)); i.run(t) }},
		"an instance is drained": {2, func() { i := m.one(); i.stop(t); i.run(t) }},
		"an instance hangs":      {1, func() { m.hang(m.one()) }},
		"an instance is killed while redis is away": {2, func() {
			c.redis.end(t, syscall.SIGKILL)
			i := m.one()
			i.kill(t)
			i.run(t)
			c.redis.start(t)
		}},
		"events grow too old": {2, m.purge},
	}
}

// make makes one and tells which.
func (m *trouble) make() string {
	kinds := m.kinds()
	total := 0
	names := slices.Sorted(maps.Keys(kinds)) // the seed repeats the order
	for _, name := range names {
		total += kinds[name].weight
	}
	n := m.random.IntN(total)
	for _, name := range names {
		if n -= kinds[name].weight; n < 0 {
			m.made[name]++
			kinds[name].make()
			return name
		}
	}
	return ""
}

func (m *trouble) upTo(d time.Duration) time.Duration {
	return time.Duration(m.random.Int64N(int64(d)))
}

func (m *trouble) one() *instance {
	return m.cabinet.instances[m.random.IntN(len(m.cabinet.instances))]
}

// some are about a third of the subscribers.
func (m *trouble) some() []*subscriber {
	var chosen []*subscriber
	for _, s := range m.crew.subscribers {
		if m.random.IntN(3) == 0 {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func (m *trouble) someLeave(how func(stream)) {
	for _, s := range m.some() {
		s.breakOff(how)
	}
}

func (m *trouble) command(command ...any) {
	t := m.t
	require.Eventually(t, func() bool { return m.redis.Do(t.Context(), command...).Err() == nil }, soon, 10*time.Millisecond)
}

// dropAll ends every connection to the database.
func (m *trouble) dropAll() {
	t := m.t
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	c, err := pgx.Connect(ctx, m.cabinet.postgres.postgresURL())
	require.NoError(t, err)
	_, err = c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
	require.NoError(t, err)
	require.NoError(t, c.Close(ctx))
}

// hang stops a process for a while: connections stand, and nobody answers.
func (m *trouble) hang(i *instance) {
	t := m.t
	require.NoError(t, i.process.Process.Signal(syscall.SIGSTOP))
	pause(t, m.upTo(3*time.Second))
	require.NoError(t, i.process.Process.Signal(syscall.SIGCONT))
}

// purge deletes events while some are away, who then have to be told of a gap.
func (m *trouble) purge() {
	t := m.t
	absent := m.some()
	for _, s := range absent {
		s.stayAway(true)
	}
	const recent = 200 * time.Millisecond
	pause(t, 2*recent+m.upTo(time.Second)) // what they miss grows old
	hub := feed.NewHub(m.cabinet.store, signal.NewBus(m.redis, quiet()), clock.System{}, quiet(), feed.KeepFor(recent))
	require.Eventually(t, func() bool { _, err := hub.Purge(t.Context()); return err == nil }, soon, 10*time.Millisecond)
	for _, s := range absent {
		s.stayAway(false)
	}
}
