package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"
)

// change is an item of statusChanged.
type change struct {
	Cursor  string
	Subject struct {
		Typename string `json:"__typename"`
		ID       string
	}
	From, To, Comment string
}

const watch = `subscription($after: Cursor) { statusChanged(after: $after) { cursor occurredAt subject { __typename id } from to comment } }`

// stream is a subscription; it gives items until the test ends.
type stream <-chan change

func (s stream) next(t *testing.T) change {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	select {
	case c, ok := <-s:
		require.True(t, ok, "the stream ended")
		return c
	case <-ctx.Done():
		require.Fail(t, "nothing came")
		return change{}
	}
}

// overWebSocket subscribes by graphql-transport-ws.
func (c *citizen) overWebSocket(ctx context.Context, after string) stream {
	c.t.Helper()
	socket, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.p.url, "http")+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Cookie": {c.cookies()}, "Origin": {c.p.url}},
	})
	require.NoError(c.t, err)
	if response.Body != nil {
		_ = response.Body.Close()
	}
	require.NoError(c.t, wsjson.Write(ctx, socket, map[string]any{"type": "connection_init"}))
	var message struct {
		Type    string
		Payload struct {
			Data struct{ StatusChanged change }
		}
	}
	require.NoError(c.t, wsjson.Read(ctx, socket, &message))
	require.Equal(c.t, "connection_ack", message.Type)
	require.NoError(c.t, wsjson.Write(ctx, socket, map[string]any{
		"id": "1", "type": "subscribe", "payload": map[string]any{"query": watch, "variables": map[string]any{"after": after}},
	}))
	items := make(chan change)
	go func() {
		defer close(items)
		defer func() { _ = socket.CloseNow() }()
		for {
			if wsjson.Read(ctx, socket, &message) != nil {
				return
			}
			if message.Type == "ping" {
				_ = wsjson.Write(ctx, socket, map[string]any{"type": "pong"})
				continue
			}
			select {
			case items <- message.Payload.Data.StatusChanged:
			case <-ctx.Done():
				return
			}
		}
	}()
	return items
}

// overEvents subscribes by server-sent events.
func (c *citizen) overEvents(ctx context.Context, after string) stream {
	c.t.Helper()
	r := c.request(ctx, watch, map[string]any{"after": after})
	r.Header.Set("Accept", "text/event-stream")
	client := &http.Client{Jar: c.client.Jar} // no time limit: the stream lives as long as the test wants
	response, err := client.Do(r)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, response.StatusCode)
	items := make(chan change)
	go func() {
		defer close(items)
		defer func() { _ = response.Body.Close() }()
		var id string
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			if value, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = value
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var payload struct {
				Data struct{ StatusChanged change }
			}
			if json.Unmarshal([]byte(data), &payload) != nil || payload.Data.StatusChanged.Cursor != id {
				return // the test sees the stream end
			}
			select {
			case items <- payload.Data.StatusChanged:
			case <-ctx.Done():
				return
			}
		}
	}()
	return items
}

type leaves struct {
	Viewer struct {
		FeedCursor string
		SickLeaves struct {
			Nodes []struct{ ID, Number, State string }
		}
	}
}

const openLeaf = `{ viewer { feedCursor sickLeaves(first: 1, filter: {states: [OPENED]}) { nodes { id number state } } } }`

// The main job: a citizen logs in, sees their cabinet, and a change at the fund arrives in two streams and in a repeated
// query; nothing is missed over a kill and a restart.
func TestAChangeAtTheFundReachesTheCitizen(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		citizen := p.login(t, "ivanova")
		var before leaves
		citizen.query(openLeaf, nil, &before)
		leaf := before.Viewer.SickLeaves.Nodes[0]

		ctx, leave := context.WithCancel(t.Context())
		socket := citizen.overWebSocket(ctx, before.Viewer.FeedCursor)
		events := citizen.overEvents(ctx, before.Viewer.FeedCursor)

		answer, ok := p.event(t, "ru.sfr.sickleave.changed", leaf.Number, "1001",
			map[string]any{"number": leaf.Number, "state": "030", "comment": "Лечение окончено."})
		require.True(t, ok, answer)
		first := socket.next(t)
		require.Equal(t, first, events.next(t))
		require.Equal(t, "SickLeave", first.Subject.Typename)
		require.Equal(t, leaf.ID, first.Subject.ID)
		require.Equal(t, []string{"OPENED", "CLOSED", "Лечение окончено."}, []string{first.From, first.To, first.Comment})

		var after struct{ Node struct{ State string } }
		citizen.query(`query($id: ID!) { node(id: $id) { ... on SickLeave { state } } }`, map[string]any{"id": leaf.ID}, &after)
		require.Equal(t, "CLOSED", after.Node.State)

		// The citizen's connection breaks; the fund goes on; the program is killed and started again.
		leave()
		answer, ok = p.event(t, "ru.sfr.sickleave.changed", leaf.Number, "1002", map[string]any{"number": leaf.Number, "state": "060"})
		require.True(t, ok, answer)
		p.kill(t)
		p.run(t)
		answer, ok = p.event(t, "ru.sfr.sickleave.changed", leaf.Number, "1003",
			map[string]any{"number": leaf.Number, "state": "080", "paidByFund": "1234.56"})
		require.True(t, ok, answer)

		again := p.login(t, "ivanova") // the in-process Redis is gone; rows keep the old session, a new login is fine too
		resumed := again.overWebSocket(t.Context(), first.Cursor)
		require.Equal(t, "FILLED_BY_EMPLOYER", resumed.next(t).To)
		require.Equal(t, "BENEFIT_PAID", resumed.next(t).To)
		p.stop(t)
	})
}

// A session is a row: it outlives the process and everything that Redis holds.
func TestASessionOutlivesTheProcess(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		citizen := p.login(t, "petrov")
		p.stop(t)
		p.run(t)
		var data struct {
			Viewer struct{ Person struct{ FullName string } }
		}
		citizen.query(`{ viewer { person { fullName } } }`, nil, &data)
		require.NotEmpty(t, data.Viewer.Person.FullName)

		logout, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/auth/logout", nil)
		require.NoError(t, err)
		logout.Header.Set("X-Csrf", "1")
		held := citizen.cookies()
		status, body := citizen.do(logout)
		require.Equal(t, http.StatusOK, status, body)

		replay := citizen.request(t.Context(), `{ viewer { accessLevel } }`, nil)
		replay.Header.Set("Cookie", held)
		_, body = citizen.do(replay)
		require.Contains(t, body, "UNAUTHENTICATED")
	})
}

func TestEventsAreRefusedWithAReason(t *testing.T) {
	each(t, func(t *testing.T, p *program) {
		citizen := p.login(t, "ivanova")
		var before, after leaves
		citizen.query(openLeaf, nil, &before)
		number := before.Viewer.SickLeaves.Nodes[0].Number

		unsigned, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/fund/events",
			strings.NewReader(`{"specversion":"1.0","type":"ru.sfr.sickleave.changed","data":{"number":"`+number+`"}}`))
		require.NoError(t, err)
		unsigned.Header.Set("Content-Type", "application/cloudevents+json")
		unsigned.Header.Set("Webhook-Id", "msg_1")
		unsigned.Header.Set("Webhook-Timestamp", "1")
		unsigned.Header.Set("Webhook-Signature", "v1,AAAA")
		status, body := citizen.do(unsigned)
		require.Equal(t, http.StatusUnauthorized, status)
		require.Contains(t, body, `"code":"UNAUTHENTICATED"`)
		require.NotContains(t, body, number)

		for name, test := range map[string]struct {
			kind, subject, sequence string
			data                    map[string]any
			want                    string
		}{
			"unknown type":    {"ru.sfr.unknown", number, "1", map[string]any{}, `"outcome":"REFUSED","reason":"TYPE"`},
			"wrong schema":    {"ru.sfr.sickleave.changed", number, "2", map[string]any{"number": number, "state": "777"}, `"outcome":"REFUSED","reason":"SCHEMA"`},
			"no such day":     {"ru.sfr.sickleave.changed", number, "3", map[string]any{"number": number, "state": "030", "endsOn": "2026-02-31"}, `"outcome":"REFUSED","reason":"CONTENTS"`},
			"impossible":      {"ru.sfr.sickleave.changed", number, "4", map[string]any{"number": number, "state": "080"}, `"outcome":"REFUSED","reason":"TRANSITION"`},
			"unknown subject": {"ru.sfr.sickleave.changed", "000000000000", "5", map[string]any{"number": "000000000000", "state": "030"}, `"outcome":"PARKED"`},
		} {
			answer, ok := p.event(t, test.kind, test.subject, test.sequence, test.data)
			require.Contains(t, answer, test.want, name)
			require.Equal(t, strings.Contains(test.want, "PARKED"), ok, name)
		}
		citizen.query(openLeaf, nil, &after)
		require.Equal(t, before, after, "nothing changed")

		data := map[string]any{"number": number, "state": "020"}
		for _, want := range []string{"APPLIED", "DUPLICATE"} {
			answer, ok := p.event(t, "ru.sfr.sickleave.changed", number, "10", data)
			require.True(t, ok, answer)
			require.Contains(t, answer, want)
		}
		answer, ok := p.event(t, "ru.sfr.sickleave.changed", number, "9", data)
		require.True(t, ok, answer)
		require.Contains(t, answer, "STALE")
	})
}
