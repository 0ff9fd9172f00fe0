package graph_test

import (
	"testing"

	"github.com/google/uuid"
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

func TestASessionIsEndedOnceForAKey(t *testing.T) {
	const end = `mutation($input: EndSessionInput!) { endSession(input: $input) { session userErrors { field code message } } }`
	const endAll = `mutation($input: EndAllSessionsInput!) { endAllSessions(input: $input) { ended userErrors { code } } }`
	each(t, func(t *testing.T, c *cabinet) {
		ivanova, petrov := c.as("ivanova"), c.as("petrov")
		idOf := func(token string) string {
			open, err := c.sessions.Check(t.Context(), token, false)
			require.NoError(t, err)
			return ref.Of(ref.Session, open.Viewer.SessionID).String()
		}
		one, other := idOf(c.begin(t, ivanova, session.Browser, "")), idOf(c.begin(t, ivanova, session.Mobile, ""))
		theirs := idOf(c.begin(t, petrov, session.Browser, ""))
		input := func(id, key string) map[string]any {
			return map[string]any{"input": map[string]any{"session": id, "idempotencyKey": key}}
		}

		first := c.ask(ivanova, end, input(one, "end-the-first"))
		require.Equal(t, one, at[string](t, first.Data, "endSession", "session"))
		require.Equal(t, first, c.ask(ivanova, end, input(one, "end-the-first")), "the same key with the same input answers the same")
		reused := c.ask(ivanova, end, input(other, "end-the-first"))
		require.Equal(t, "CONFLICT", reused.Errors[0].Extensions.Code)

		gone := c.ask(ivanova, end, input(one, "end-it-again"))
		require.Empty(t, gone.Errors, gone.text)
		require.Equal(t, "UNKNOWN", at[string](t, gone.Data, "endSession", "userErrors", 0, "code"))
		require.Equal(t, []any{"session"}, at[[]any](t, gone.Data, "endSession", "userErrors", 0, "field"))
		require.Nil(t, at[map[string]any](t, gone.Data, "endSession")["session"])
		require.Equal(t, gone.text, c.ask(ivanova, end, input(theirs, "end-a-strangers")).text, "nobody learns whether there is one")
		require.Equal(t, gone.text, c.ask(ivanova, end, input(ref.Of(ref.Session, uuid.New()).String(), "end-no-session")).text)

		all := map[string]any{"input": map[string]any{"exceptCurrent": false, "idempotencyKey": "end-all-of-them"}}
		ended := c.ask(ivanova, endAll, all)
		require.InDelta(t, 1, at[float64](t, ended.Data, "endAllSessions", "ended"), 0)
		later := c.begin(t, ivanova, session.Browser, "")
		require.Equal(t, ended, c.ask(ivanova, endAll, all))
		_, err := c.sessions.Check(t.Context(), later, false)
		require.NoError(t, err, "what began since goes on")
	})
}
