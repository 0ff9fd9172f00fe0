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

// Replay remembers what may be seen once. Several instances share one.
type Replay interface {
	// Once tells whether the key is seen for the first time, and remembers it until the time given.
	Once(ctx context.Context, key string, until time.Time) (bool, error)
}

// VerifyLogoutToken implements identity.LogoutListener (OpenID Connect Back-Channel Logout, section 2.6).
func (rp *RelyingParty) VerifyLogoutToken(ctx context.Context, token string) (subject, sessionID string, err error) {
	m, err := rp.discovered(ctx)
	if err != nil {
		return "", "", err
	}
	verified, err := verify(ctx, rp, m, token, (*oidc.IDTokenVerifier).VerifyLogout)
	if err != nil {
		return "", "", err
	}
	var told struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	var event map[string]any
	if verified.Claims(&told) != nil || json.Unmarshal(told.Events[logoutEvent], &event) != nil || event == nil {
		return "", "", identity.ErrToken.Because(errEvent)
	}
	if err := rp.checkIssuedAt(verified.IssuedAt, logoutAge); err != nil {
		return "", "", identity.ErrToken.Because(err)
	}
	// After that the age alone refuses it.
	until := verified.IssuedAt.Add(logoutAge + 2*rp.config.Leeway)
	first, err := rp.config.Replay.Once(ctx, rp.config.Issuer+"\n"+verified.TokenID, until)
	switch {
	case err != nil:
		return "", "", identity.ErrUnavailable.Because(errors.Join(errMemory, err))
	case !first:
		return "", "", identity.ErrToken.Because(errReplay)
	}
	return verified.Subject, verified.SessionID, nil
}

// Memory is a Replay of one process. It is safe for concurrent use.
type Memory struct {
	clock clock.Clock
	mu    sync.Mutex
	seen  map[string]time.Time
}

var _ Replay = (*Memory)(nil)

// NewMemory makes an empty memory.
func NewMemory(c clock.Clock) *Memory { return &Memory{clock: c, seen: make(map[string]time.Time)} }

// Once implements Replay. What has run out is forgotten on the way: only tokens with a good
// signature come here, so there are never many.
func (m *Memory) Once(_ context.Context, key string, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	for k, t := range m.seen {
		if !t.After(now) {
			delete(m.seen, k)
		}
	}
	if _, seen := m.seen[key]; seen {
		return false, nil
	}
	m.seen[key] = until
	return true, nil
}
