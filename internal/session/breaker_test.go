package session_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/signal"
)

// hungRedis is a client of a server that takes connections and never says a word.
func hungRedis(t *testing.T) redis.UniversalClient {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		var held []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			held = append(held, conn)
		}
		for _, conn := range held {
			_ = conn.Close()
		}
	})
	client := redis.NewClient(&redis.Options{
		Addr: listener.Addr().String(), ContextTimeoutEnabled: true, DialerRetries: 1, MaxRetries: -1,
	})
	t.Cleanup(func() {
		_ = client.Close()
		_ = listener.Close()
		wg.Wait()
	})
	return client
}

// logged is a log that a test reads.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) warnings() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), "level=WARN")
}

func TestAHungRedisIsAskedOnceASecond(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		hung, log := hungRedis(t), &logged{}
		var asked atomic.Int64
		hung.AddHook(between(func(cmds []redis.Cmder) {
			if cmds[0].Name() != "hello" { // which is how each connection begins
				asked.Add(1)
			}
		}))
		p.log = slog.New(slog.NewTextHandler(log, nil))
		s := p.service(hung, signal.NewBus(hung, p.log))

		for i := range 20 { // the row answers each of them
			open, err := s.Check(t.Context(), token, i%2 == 0)
			require.NoError(t, err)
			require.Equal(t, p.person, open.Viewer.PersonID)
		}
		require.EqualValues(t, 1, asked.Load(), "neither asked again nor written to after a failure")

		for second := range 3 {
			p.clock.Advance(time.Second)
			for range 5 {
				_, err := s.Check(t.Context(), token, false)
				require.NoError(t, err)
			}
			require.EqualValues(t, 2+second, asked.Load(), "one probe")
		}
		require.Equal(t, 1, log.warnings(), "an outage is told once")
	})
}

func TestARedisThatIsBackIsUsedAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		p.mini.SetError("LOADING")
		p.open(t, token, true)
		p.mini.SetError("")
		p.clock.Advance(time.Second)
		p.open(t, token, true)
		p.seen.Take()
		p.open(t, token, false)
		require.Empty(t, p.seen.Take(), "the copy answers")
	})
}

func TestACallerWhoLeavesDoesNotStopTheCache(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		token := p.signIn(t)
		p.open(t, token, false)
		gone, leave := context.WithCancel(t.Context())
		leave()
		_, err := p.Check(gone, token, false)
		require.Error(t, err)
		p.seen.Take()
		p.open(t, token, false)
		require.Empty(t, p.seen.Take(), "the next one is answered by the copy")
	})
}
