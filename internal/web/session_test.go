package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
)

// left is how long the session's copy in Redis lives on.
func (c *cabinet) left(t *testing.T) time.Duration {
	t.Helper()
	for _, key := range c.mini.Keys() {
		if strings.HasPrefix(key, "kabinet:session:") && !strings.HasSuffix(key, ":row") {
			return c.mini.TTL(key)
		}
	}
	return 0
}

func TestOnlyActionsExtendASession(t *testing.T) {
	for name, test := range map[string]struct {
		ask    func(t *testing.T, b *browser) *http.Response
		extend bool
	}{
		"asking for the session": {func(t *testing.T, b *browser) *http.Response { return b.get(t, "/auth/session") }, false},
		"opening SSE": {func(t *testing.T, b *browser) *http.Response {
			return b.do(t, http.MethodPost, "/graphql", "{}", append(header{"Accept", "text/event-stream"}, csrf...)...)
		}, false},
		"opening a WebSocket": {func(t *testing.T, b *browser) *http.Response {
			return b.get(t, "/graphql", "Upgrade", "WebSocket", "Connection", "Upgrade")
		}, false},
		"a forged request": {func(t *testing.T, b *browser) *http.Response { return b.do(t, http.MethodPost, "/graphql", "{}") }, false},
		"something public": {func(t *testing.T, b *browser) *http.Response { return b.get(t, "/auth/login") }, false},
		"a query": {func(t *testing.T, b *browser) *http.Response {
			return b.do(t, http.MethodPost, "/graphql", "{}", csrf...)
		}, true},
		"a query by GET": {func(t *testing.T, b *browser) *http.Response { return b.get(t, "/graphql", csrf...) }, true},
		"a download":     {func(t *testing.T, b *browser) *http.Response { return b.get(t, "/documents/x/versions/1") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t)
			b := c.browser()
			b.login(t, "ivanova")
			c.pass(10 * time.Minute)
			require.Equal(t, 5*time.Minute, c.left(t))
			require.NotEqual(t, http.StatusInternalServerError, test.ask(t, b).StatusCode)
			want := 5 * time.Minute
			if test.extend {
				want = idle
			}
			require.Equal(t, want, c.left(t))
			require.Equal(t, state{true, "EXTENDED", int(want.Seconds()), int((absolute - 10*time.Minute).Seconds())}, b.state(t))
			c.pass(want)
			require.Equal(t, state{}, b.state(t))
			require.Zero(t, b.query(t))
		})
	}
}

func TestASessionEndsAbsolutely(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	for passed := time.Duration(0); passed < absolute-10*time.Minute; passed += 10 * time.Minute {
		require.NotZero(t, b.query(t))
		c.pass(10 * time.Minute)
	}
	require.NotZero(t, b.query(t))
	require.Equal(t, state{true, "EXTENDED", 600, 600}, b.state(t), "the idle end is never after the absolute one")
	c.pass(10 * time.Minute)
	require.Equal(t, state{}, b.state(t))
	require.Zero(t, b.query(t))
}

func TestSecondsAreNotRoundedUp(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	c.pass(time.Millisecond)
	require.Equal(t, state{true, "EXTENDED", 15*60 - 1, 12*3600 - 1}, b.state(t))
}

func TestWhenTheDatabaseIsGoneNobodyIsTakenForSomebody(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	require.NoError(t, c.store.Close())
	c.mini.FlushAll()
	const secret = "sql: database is closed"
	for _, answer := range []*http.Response{
		b.get(t, "/auth/session"), b.do(t, http.MethodPost, "/graphql", "{}", csrf...), b.get(t, "/documents/x/versions/1"),
		b.do(t, http.MethodPost, "/auth/logout", "", "X-CSRF", "1"),
	} {
		require.NotContains(t, requireRefused(t, answer, http.StatusInternalServerError, fault.Internal).Message, secret)
	}
	require.Zero(t, c.asked)
	require.NotEmpty(t, b.cookies, "a logout that did not happen is not pretended")
	require.Contains(t, c.log.String(), secret, "the log tells")
}
