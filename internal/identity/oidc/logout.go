package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"kabinet/internal/clock"
	"kabinet/internal/identity"
)

// logoutAge is how old a logout token may be. Providers send them at once.
const logoutAge = 5 * time.Minute

// logoutEvent is the member of `events` that makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

var (
	errEvent  = errors.New("oidc: the event is not an object")
	errReplay = errors.New("oidc: the logout token was seen before")
	errMemory = errors.New("oidc: the memory of logout tokens does not answer")
)

// Replay remembers which logout tokens have served. Several instances share one.
type Replay interface {
	// Seen tells whether the key is remembered.
	Seen(ctx context.Context, key string) (bool, error)
	// Remember remembers the key until the time given.
	Remember(ctx context.Context, key string, until time.Time) error
}

// VerifyLogoutToken implements identity.LogoutListener (OpenID Connect Back-Channel Logout, section 2.6).
func (rp *RelyingParty) VerifyLogoutToken(ctx context.Context, token string) (identity.Logout, error) {
	m, err := rp.discovered(ctx)
	if err != nil {
		return identity.Logout{}, err
	}
	verified, err := verify(ctx, rp, m, token, (*oidc.IDTokenVerifier).VerifyLogout)
	if err != nil {
		return identity.Logout{}, err
	}
	var told struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	var event map[string]any
	if verified.Claims(&told) != nil || json.Unmarshal(told.Events[logoutEvent], &event) != nil || event == nil {
		return identity.Logout{}, identity.ErrToken.Because(errEvent)
	}
	if err := rp.checkIssuedAt(verified.IssuedAt, logoutAge); err != nil {
		return identity.Logout{}, identity.ErrToken.Because(err)
	}
	seen, err := rp.config.Replay.Seen(ctx, rp.replayKey(verified.TokenID))
	switch {
	case err != nil:
		return identity.Logout{}, identity.ErrUnavailable.Because(errors.Join(errMemory, err))
	case seen:
		return identity.Logout{}, identity.ErrToken.Because(errReplay)
	}
	return identity.Logout{
		Subject: verified.Subject, ProviderSession: verified.SessionID, ID: verified.TokenID,
		ServesUntil: verified.IssuedAt.Add(logoutAge + 2*rp.config.Leeway), // after that the age alone refuses it
	}, nil
}

// LogoutDone implements identity.LogoutListener.
func (rp *RelyingParty) LogoutDone(ctx context.Context, done identity.Logout) error {
	if err := rp.config.Replay.Remember(ctx, rp.replayKey(done.ID), done.ServesUntil); err != nil {
		return identity.ErrUnavailable.Because(errors.Join(errMemory, err))
	}
	return nil
}

// replayKey keeps the tokens of providers apart.
func (rp *RelyingParty) replayKey(id string) string { return rp.config.Issuer + "\n" + id }

// Memory is a Replay of one process. It is safe for concurrent use.
type Memory struct {
	clock clock.Clock
	mu    sync.Mutex
	seen  map[string]time.Time
}

var _ Replay = (*Memory)(nil)

// NewMemory makes an empty memory.
func NewMemory(c clock.Clock) *Memory { return &Memory{clock: c, seen: make(map[string]time.Time)} }

// Seen implements Replay.
func (m *Memory) Seen(_ context.Context, key string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, seen := m.seen[key]
	return seen && until.After(m.clock.Now()), nil
}

// Remember implements Replay. What has run out is forgotten on the way: only tokens with a good
// signature come here, so there are never many.
func (m *Memory) Remember(_ context.Context, key string, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	for k, t := range m.seen {
		if !t.After(now) {
			delete(m.seen, k)
		}
	}
	m.seen[key] = until
	return nil
}
