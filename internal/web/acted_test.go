package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/web"
)

// TestAnActOnAStreamExtendsTheSession: opening one does not, what the person does on it does, and not at every stroke.
func TestAnActOnAStreamExtendsTheSession(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	acted := web.Acted(c.sessions, c.clock)
	left := func() time.Duration { return time.Duration(b.state(t).IdleSecondsLeft) * time.Second }
	var seen []time.Duration // what is left of the idle time, after each step
	look := func() { seen = append(seen, left()) }
	c.api = func(_ http.ResponseWriter, r *http.Request) {
		look()
		acted(r.Context())
		look()
		c.pass(2 * time.Second)
		acted(r.Context())
		look()
		c.pass(10 * time.Second)
		acted(r.Context())
		look()
	}
	c.pass(10 * time.Minute)
	b.do(t, http.MethodPost, "/graphql", `{}`, append(header{"Accept", "text/event-stream"}, csrf...)...)
	require.Len(t, seen, 4)
	require.Equal(t, idle-10*time.Minute, seen[0], "to open a stream is no action")
	require.Equal(t, idle, seen[1], "the first act extends")
	require.Equal(t, idle-2*time.Second, seen[2], "another right after it need not")
	require.Equal(t, idle, seen[3], "one later does")

	// Nobody's request has nothing to extend.
	c.api = func(_ http.ResponseWriter, r *http.Request) { acted(r.Context()) }
	c.browser().do(t, http.MethodPost, "/graphql", `{}`, csrf...)
}
