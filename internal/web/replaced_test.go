package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/person/persontest"
)

// TestALoginDoesNotFailWithTheSessionBeforeIt: that one is ended if it can be; the browser forgets its token anyway.
func TestALoginDoesNotFailWithTheSessionBeforeIt(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	before := b.query(t)
	address := b.visit(t, b.begin(t, "/"), "persona=ivanova")

	// The row of the session before does not open any more: its check fails, and not for being ended.
	c.mini.FlushAll()
	require.NoError(t, c.store.Session.Update().SetSealed([]byte("spoilt")).Exec(persontest.System(t)))
	answer := b.get(t, address)
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	after := b.query(t)
	require.Equal(t, before.Person, after.Person)
	require.NotEqual(t, before.Session, after.Session)
	require.Contains(t, c.log.String(), "the session before a login was not ended")
}
