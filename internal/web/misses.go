package web

import (
	"context"
	"hash/maphash"
	"net/netip"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"kabinet/internal/clientaddr"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/ratelimit"
	"kabinet/internal/session"
)

const (
	// missesRemembered bounds the addresses and networks whose misses are counted; they take some 20 MB.
	missesRemembered = 100_000
	// tokensRemembered bounds the tokens that are known to have been good; they take some 10 MB.
	tokensRemembered = 100_000
)

// missPace is how many requests with tokens that open nothing are looked up. A browser or an app whose session has ended
// makes a few; whoever makes more invents tokens, each of which would cost a question to Redis and one to the database.
// What all together miss is not bounded: somebody could shut out everybody.
var missPace = pace{"miss", 10, 300}

// misses bounds, on this instance, the requests with tokens that open nothing. Where too many of them come from, tokens
// are refused without being looked up, but for those that this instance has found good before. So whoever shares an
// address with an attacker goes on, while a session that comes to this instance for the first time waits, a second or
// so at a time.
type misses struct {
	memory *ratelimit.Memory

	seed maphash.Seed
	mu   sync.Mutex
	// good are hashes of tokens that opened something when they came last. Two that share one share a place in the queue,
	// no more.
	good *simplelru.LRU[uint64, struct{}]
}

func newMisses(c clock.Clock) *misses {
	good, _ := simplelru.NewLRU[uint64, struct{}](tokensRemembered, nil) // fails for no size above zero
	return &misses{memory: ratelimit.NewMemory(c, missesRemembered), seed: maphash.MakeSeed(), good: good}
}

// admits tells whether a token that comes from an address is to be looked up: nil, or a refusal.
func (m *misses) admits(ctx context.Context, a netip.Addr, token string) error {
	if token == "" || m.isGood(token) {
		return nil
	}
	for _, c := range missPace.counts(a) {
		if err := m.memory.Ask(ctx, c.limit, c.key); err != nil {
			return err
		}
	}
	return nil
}

func (m *misses) isGood(token string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, good := m.good.Get(maphash.String(m.seed, token))
	return good
}

// hit notes that a token opens something.
func (m *misses) hit(token string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.good.Add(maphash.String(m.seed, token), struct{}{})
}

// miss notes that it opens nothing.
func (m *misses) miss(ctx context.Context, a netip.Addr, token string) {
	if token == "" {
		return
	}
	m.mu.Lock()
	m.good.Remove(maphash.String(m.seed, token))
	m.mu.Unlock()
	for _, c := range missPace.counts(a) {
		_ = m.memory.Take(ctx, c.limit, c.key) // one that is full stays so
	}
}

// check finds the open session of a token, as session.Service does, unless too many that open nothing come from there.
func (e *edge) check(ctx context.Context, token string, act bool) (session.Open, error) {
	address := clientaddr.FromContext(ctx)
	if err := e.misses.admits(ctx, address, token); err != nil {
		return session.Open{}, err
	}
	open, err := e.Sessions.Check(ctx, token, act)
	switch {
	case err == nil:
		e.misses.hit(token)
	case fault.CodeOf(err) == fault.Unauthenticated:
		e.misses.miss(ctx, address, token)
	}
	return open, err
}
