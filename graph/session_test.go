package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/ref"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
)

func (c *cabinet) begin(t *testing.T, v viewer.Viewer, kind session.Kind, device string) string {
	t.Helper()
	token, err := c.sessions.Begin(t.Context(), session.Start{Person: v.PersonID, Level: v.Level, Kind: kind, Device: device})
	require.NoError(t, err)
	return token
}

func TestSessionsAreTheirOwnersOnly(t *testing.T) {
	const list = `{ viewer { sessions { id kind device current } } }`
	const both = `query($id: ID!) { node(id: $id) { id ... on Session { device current } } nodes(ids: [$id]) { id } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova, petrov := c.as("ivanova"), c.as("petrov")
		browser := c.begin(t, ivanova, session.Browser, "a browser")
		c.begin(t, ivanova, session.Mobile, "a telephone")
		c.begin(t, petrov, session.Browser, "a stranger's")

		open, err := c.sessions.Check(t.Context(), browser, false)
		require.NoError(t, err)
		ivanova.SessionID = open.Viewer.SessionID
		id := ref.Of(ref.Session, ivanova.SessionID).String()
		devices := map[string]bool{}
		for _, s := range at[[]any](t, c.query(ivanova, list, nil), "viewer", "sessions") {
			device := at[string](t, s, "device")
			devices[device] = at[bool](t, s, "current")
			require.Equal(t, device == "a browser", at[string](t, s, "kind") == "BROWSER")
			require.Equal(t, device == "a browser", at[string](t, s, "id") == id)
		}
		require.Equal(t, map[string]bool{"a browser": true, "a telephone": false}, devices)

		data := c.query(ivanova, both, map[string]any{"id": id})
		require.Equal(t, "a browser", at[string](t, data, "node", "device"))
		require.True(t, at[bool](t, data, "node", "current"))
		require.Equal(t, id, at[string](t, data, "nodes", 0, "id"))

		foreign := c.ask(petrov, both, map[string]any{"id": id})
		require.Len(t, foreign.Errors, 2, foreign.text)
		for _, e := range foreign.Errors {
			require.Equal(t, "NOT_FOUND", e.Extensions.Code)
		}
		require.Nil(t, foreign.Data["node"])
		require.Equal(t, []any{nil}, foreign.Data["nodes"])

		require.NoError(t, c.sessions.End(t.Context(), open, session.ReasonLogout))
		require.Len(t, at[[]any](t, c.query(ivanova, list, nil), "viewer", "sessions"), 1)
		ended := c.ask(ivanova, both, map[string]any{"id": id})
		require.Len(t, ended.Errors, 2, "what has ended is there no more")
	})
}
