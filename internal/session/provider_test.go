package session_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"kabinet/internal/clock"
	"kabinet/internal/identity"
)

// provider is an identity provider that renews tokens as ESIA does: each refresh token serves once.
type provider struct {
	clock *clock.Fixed
	life  time.Duration

	mu      sync.Mutex
	current map[string]int // number of the refresh token that is good, by subject
	calls   int
	refused int
	fails   error                 // given instead of an answer
	before  func(context.Context) // done before each answer, without the lock
}

func newProvider(c *clock.Fixed) *provider {
	return &provider{clock: c, life: 10 * time.Minute, current: make(map[string]int)}
}

// login gives the tokens that a login of the subject ends with.
func (p *provider) login(subject string) identity.Tokens {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current[subject] = 0
	return p.tokens(subject)
}

func (p *provider) tokens(subject string) identity.Tokens {
	n := p.current[subject]
	return identity.Tokens{
		Access: fmt.Sprintf("access-%s-%d", subject, n), Refresh: fmt.Sprintf("refresh-%s-%d", subject, n),
		ID: idTokenOf(subject, n), ExpiresAt: p.clock.Now().Add(p.life),
	}
}

func idTokenOf(subject string, n int) string { return fmt.Sprintf("id-%s-%d", subject, n) }

// Refresh implements session.Renewer.
func (p *provider) Refresh(ctx context.Context, subject, refreshToken string) (identity.Tokens, error) {
	p.mu.Lock()
	before := p.before
	p.mu.Unlock()
	if before != nil {
		before(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.fails != nil {
		return identity.Tokens{}, p.fails
	}
	n, err := strconv.Atoi(strings.TrimPrefix(refreshToken, "refresh-"+subject+"-"))
	if err != nil || n != p.current[subject] {
		p.refused++
		return identity.Tokens{}, identity.ErrRefresh
	}
	p.current[subject]++
	return p.tokens(subject), nil
}

// answer sets what is answered instead of tokens, nil for tokens.
func (p *provider) answer(fails error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = fails
}

// counted tells how often it was asked, and how often with a token that was dead.
func (p *provider) counted() (calls, refused int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, p.refused
}

// hook has something done before each answer.
func (p *provider) hook(f func(context.Context)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = f
}

// logout has the provider refuse the subject's refresh token; loginAgain has it take the n-th one again.
func (p *provider) logout(subject string) { p.loginAgain(subject, -1) }

func (p *provider) loginAgain(subject string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current[subject] = n
}
