package session_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/session"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/viewer"
)

// slowRedis is a client of a Redis whose answers come too late.
func slowRedis(t *testing.T) redis.UniversalClient {
	t.Helper()
	server, _ := signaltest.Miniredis(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { forwardSlowly(ctx, client, server.Addr()) })
		}
	})
	slow := redis.NewClient(&redis.Options{
		Addr: listener.Addr().String(), ContextTimeoutEnabled: true, DialerRetries: 1, MaxRetries: -1,
	})
	t.Cleanup(func() {
		_ = slow.Close()
		_ = listener.Close()
		stop()
		wg.Wait()
	})
	return slow
}

// forwardSlowly passes on what a client says at once, and what it is answered after three times as long as is waited.
func forwardSlowly(ctx context.Context, client net.Conn, address string) {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })()
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-time.After(3 * session.CacheTimeout):
		case <-ctx.Done():
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// attempts counts what a Redis is asked, and sees that nobody would wait for it longer than once.
type attempts struct{ made, patient atomic.Int64 }

func (a *attempts) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *attempts) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (a *attempts) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if name := cmds[0].Name(); name != "hello" && name != "client" { // which are how each connection begins
			a.made.Add(1)
			deadline, limited := ctx.Deadline()
			if !limited || time.Until(deadline) > session.CacheTimeout {
				a.patient.Add(1)
			}
		}
		return next(ctx, cmds)
	}
}

// TestTheCitizenStaysWithoutRedis, whatever is wrong with it: everything works, and waits for it once at most.
func TestTheCitizenStaysWithoutRedis(t *testing.T) {
	for name, connect := range map[string]func(*testing.T) redis.UniversalClient{
		"hung": hungRedis, "slow": slowRedis, "refusing": refusingRedis,
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, p *place) {
				client, counted := connect(t), &attempts{}
				client.AddHook(counted)
				s := p.service(client, signal.NewBus(client, p.log))
				atMost := func(n int64, do func()) {
					t.Helper()
					p.clock.Advance(2 * time.Second) // so that Redis is asked again
					before := counted.made.Load()
					do()
					require.LessOrEqual(t, counted.made.Load()-before, n)
				}
				start := p.start()
				start.Entry, start.Subject, start.Tokens = viewer.Incomplete, "1", p.provider.login("1")
				var token string
				var err error
				atMost(1, func() { token, err = s.Begin(t.Context(), start); require.NoError(t, err) })
				var open session.Open
				for i := range 4 {
					atMost(1, func() { open, err = s.Check(t.Context(), token, i%2 == 0); require.NoError(t, err) })
				}
				atMost(1, func() { open, err = s.Promote(t.Context(), token, open, viewer.Complete); require.NoError(t, err) })
				atMost(1, func() { s.Touch(t.Context(), open) })
				p.clock.Advance(9 * time.Minute)
				atMost(1, func() { open, err = s.Check(t.Context(), token, true); require.NoError(t, err) })
				atMost(1, func() { require.NoError(t, s.Renew(t.Context(), token, open)) })
				atMost(1, func() { open, err = s.Check(t.Context(), token, false); require.NoError(t, err) })
				require.Equal(t, idTokenOf("1", 1), open.IDToken())
				require.Equal(t, viewer.Complete, open.Viewer.Entry)

				code, verifier := p.beginMobile(t, p.start())
				var pair session.Pair
				atMost(1, func() { pair, err = s.Exchange(t.Context(), code, verifier, redirectURI); require.NoError(t, err) })
				old := pair.Access
				atMost(1, func() { pair, err = s.Refresh(t.Context(), pair.Refresh); require.NoError(t, err) })
				atMost(1, func() { _, err = s.Check(t.Context(), old, true); require.ErrorIs(t, err, fault.ErrUnauthenticated) })
				atMost(1, func() { _, err = s.Check(t.Context(), pair.Access, true); require.NoError(t, err) })

				// The copies, and the news to the other instances.
				atMost(2, func() { require.NoError(t, s.End(t.Context(), open, session.ReasonLogout)) })
				atMost(1, func() { _, err = s.Check(t.Context(), token, false); require.ErrorIs(t, err, fault.ErrUnauthenticated) })
				require.LessOrEqual(t, counted.patient.Load(), int64(1), "only the news may take longer")
			}, sqliteMini)
		})
	}
}

// TestAFlushedRedisLosesNobody: not even in the middle.
func TestAFlushedRedisLosesNobody(t *testing.T) {
	eachCached(t, func(t *testing.T, p *place) {
		start := p.start()
		start.Subject, start.Tokens = "1", p.provider.login("1")
		code, verifier := p.beginMobile(t, start)
		pair, err := p.Exchange(t.Context(), code, verifier, redirectURI)
		require.NoError(t, err)
		for n := range 5 {
			p.flush(t)
			p.open(t, pair.Access, n%2 == 0)
			p.pass(t, 10*time.Minute)
			open := p.open(t, pair.Access, true)
			p.flush(t)
			require.NoError(t, p.Renew(t.Context(), pair.Access, open))
			p.flush(t)
			before := pair.Access
			pair = p.refresh(t, p.Service, pair.Refresh)
			p.flush(t)
			p.dead(t, p.Service, before)
			require.Equal(t, idTokenOf("1", n+1), p.open(t, pair.Access, true).IDToken())
		}
		require.Empty(t, p.reasons(t))
	})
}

// TestATokenReplacedWhileRedisWasAway: its copy comes back with Redis, and is found out by a sweep, or by an act.
func TestATokenReplacedWhileRedisWasAway(t *testing.T) {
	eachDatabase(t, func(t *testing.T, p *place) {
		elsewhere := p.instance(t, p.redis)
		pair := p.signInMobile(t)
		p.open(t, pair.Access, true)
		p.mini.SetError("LOADING")
		next := p.refresh(t, p.Service, pair.Refresh)
		p.dead(t, p.Service, pair.Access)
		require.Error(t, p.Sweep(t.Context()), "it cannot be done yet")
		p.mini.SetError("")
		p.pass(t, time.Second)
		require.NoError(t, p.Sweep(t.Context()))
		p.seen.Take()
		p.dead(t, elsewhere, pair.Access)
		require.Empty(t, p.seen.Take(), "the copy itself says so")
		p.open(t, next.Access, true)

		// The instance that replaced it is gone.
		p.open(t, next.Access, true)
		p.mini.SetError("LOADING")
		last := p.refresh(t, p.Service, next.Refresh)
		p.mini.SetError("")
		p.pass(t, time.Minute)
		_, err := elsewhere.Check(t.Context(), next.Access, true)
		require.ErrorIs(t, err, fault.ErrUnauthenticated, "an act asks the row")
		p.dead(t, elsewhere, next.Access)
		p.open(t, last.Access, true)
	})
}

// TestWithoutARenewerNothingIsDue: an identity provider that cannot renew its tokens.
func TestWithoutARenewerNothingIsDue(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		s := session.New(session.Options{
			Store: p.store, Redis: p.redis, Bus: signal.NewBus(p.redis, p.log), Sealer: p.sealer, Clock: p.clock,
			Limits: session.Limits{Idle: idle, Absolute: absolute}, Log: p.log,
		})
		start := p.start()
		start.Tokens = identity.Tokens{Access: "a", Refresh: "r", ExpiresAt: p.clock.Now()}
		token, err := p.Begin(t.Context(), start)
		require.NoError(t, err)
		p.pass(t, 10*time.Minute)
		_, err = renew(t.Context(), s, token)
		require.NoError(t, err)
	}, sqliteMini)
}
