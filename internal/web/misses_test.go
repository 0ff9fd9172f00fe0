package web_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/web"
)

// invented is a token that has the form of one.
func invented() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:])
	return base64.RawURLEncoding.EncodeToString(secret[:])
}

// guess shows an invented token to the API.
func (b *browser) guess(t *testing.T) *http.Response {
	t.Helper()
	return b.do(t, http.MethodPost, "/graphql", "{}", "Authorization", "Bearer "+invented())
}

// exhaust guesses from an address until that is refused.
func (c *cabinet) exhaust(t *testing.T, address string) {
	t.Helper()
	b := c.browser().from(address)
	for range 1000 {
		if b.guess(t).StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	require.Fail(t, "nobody stops it")
}

func proxied(o *web.Options) {
	withApp(o)
	o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
}

func TestInventedTokensAreNotLookedUpForEver(t *testing.T) {
	c := newCabinet(t, proxied)
	c.exhaust(t, abroad)
	for name, ask := range map[string]func(b *browser) *http.Response{
		"the API": func(b *browser) *http.Response { return b.guess(t) },
		"a download": func(b *browser) *http.Response {
			return b.get(t, "/documents/x/versions/1", "Authorization", "Bearer "+invented())
		},
		"session": func(b *browser) *http.Response {
			return b.get(t, "/auth/session", "Authorization", "Bearer "+invented())
		},
		"logout": func(b *browser) *http.Response {
			return b.do(t, http.MethodPost, "/auth/logout", "", "Authorization", "Bearer "+invented())
		},
		"a cookie": func(b *browser) *http.Response {
			b.cookies[b.cookie] = invented()
			return b.do(t, http.MethodPost, "/graphql", "{}", csrf...)
		},
	} {
		asked, commands, statements := c.asked, c.mini.CommandCount(), c.statements.Load()
		answer := ask(c.browser().from(abroad))
		requireRefused(t, answer, http.StatusTooManyRequests, fault.RateLimited)
		require.Equal(t, "1", answer.Header.Get("Retry-After"), name)
		require.Equal(t, asked, c.asked, name)
		require.Equal(t, commands, c.mini.CommandCount(), "%s: Redis is not asked", name)
		require.Equal(t, statements, c.statements.Load(), "%s: the database is not asked", name)
	}
	require.Equal(t, http.StatusOK, c.browser().from(home).guess(t).StatusCode, "others are not stopped")
	require.Equal(t, http.StatusOK, c.browser().from(abroad).do(t, http.MethodPost, "/graphql", "{}", csrf...).StatusCode, "nor who shows none")
	c.clock.Advance(time.Second)
	require.Equal(t, http.StatusOK, c.browser().from(abroad).guess(t).StatusCode, "it ends")
}

// TestWhoSharesAnAddressWithAnAttackerGoesOn as long as their token is known to be good.
func TestWhoSharesAnAddressWithAnAttackerGoesOn(t *testing.T) {
	c := newCabinet(t, proxied)
	before := c.browser().from(abroad)
	before.login(t, "ivanova")
	c.exhaust(t, abroad)
	require.NotZero(t, before.query(t).Person)

	b := c.browser().from(abroad)
	b.login(t, "petrov")
	require.NotZero(t, b.query(t).Person, "and who signs in now")
	a := newApp()
	phone := c.browser().from(abroad)
	code := told(t, phone.get(t, phone.visit(t, phone.beginApp(t, a), "persona=ivanova")), a.redirect).Get("code")
	p := requirePair(t, c.exchange(t, a, code))
	asApp := func() *http.Response {
		return c.browser().from(abroad).do(t, http.MethodPost, "/graphql", "{}", "Authorization", "Bearer "+p.AccessToken)
	}
	require.NotZero(t, decode[seen](t, asApp()).Person, "in the app, too")

	ended := b.cookies[b.cookie]
	require.Equal(t, http.StatusOK, b.do(t, http.MethodPost, "/auth/logout", "", csrf...).StatusCode)
	b.cookies[b.cookie] = ended
	require.Equal(t, http.StatusOK, b.get(t, "/auth/session").StatusCode, "it is looked up once more")
	requireRefused(t, b.get(t, "/auth/session"), http.StatusTooManyRequests, fault.RateLimited)
}

// TestMissesOfAHomeCountTogether: whoever changes their address of IPv6 with every request is stopped all the same, and
// the neighbours are not.
func TestMissesOfAHomeCountTogether(t *testing.T) {
	c := newCabinet(t, proxied)
	stopped := false
	for i := range 2000 {
		if c.browser().from(fmt.Sprintf("2001:db8:1:2%02x::%x", i%256, i)).guess(t).StatusCode == http.StatusTooManyRequests {
			stopped = true
			break
		}
	}
	require.True(t, stopped)
	require.Equal(t, http.StatusOK, c.browser().from("2001:db8:1:300::1").guess(t).StatusCode)
}
