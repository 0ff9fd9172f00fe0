package longrun_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"

	"github.com/coder/websocket"

	"kabinet/internal/feed"
)

const watch = `subscription($after: Cursor) { statusChanged(after: $after) { cursor subjectId gap { missed } } }`

// item is what a subscriber gets.
type item struct {
	sequence int64
	missed   int64 // of a gap; 0 with an event
}

// answer is an item as it comes.
type answer struct {
	Data struct {
		StatusChanged struct {
			Cursor    string
			SubjectID *string `json:"subjectId"`
			Gap       *struct{ Missed int64 }
		}
	}
	Errors []struct{ Message string }
}

var (
	errEnded  = errors.New("the stream has ended")
	errAnswer = errors.New("the answer is not what was asked for")
)

func (a answer) item() (item, error) {
	changed := a.Data.StatusChanged
	if len(a.Errors) > 0 {
		return item{}, fmt.Errorf("%w: %s", errAnswer, a.Errors[0].Message)
	}
	sequence, err := sequenceOf(changed.Cursor)
	if err != nil {
		return item{}, err
	}
	if changed.Gap != nil {
		return item{sequence: sequence, missed: changed.Gap.Missed}, nil
	}
	if changed.SubjectID == nil {
		return item{}, fmt.Errorf("%w: an event without a subject", errAnswer)
	}
	return item{sequence: sequence}, nil
}

// sequenceOf reads what no client may know: the number in a cursor.
func sequenceOf(cursor string) (int64, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != 9 {
		return 0, fmt.Errorf("%w: no cursor", errAnswer)
	}
	return int64(binary.BigEndian.Uint64(b[1:])), nil
}

// stream is an open subscription.
type stream interface {
	// next waits for an item; any error means that the stream has ended.
	next() (item, error)
	// leave ends it as a client does who goes.
	leave()
	// cut ends it as a broken network does: nothing is said, and what is under way is lost.
	cut()
}

// way is how a subscriber connects.
type way int

const (
	overSocket way = iota
	overEvents
)

// client opens streams; one serves any number of them.
type client struct{ http *http.Client }

func newClient() *client {
	return &client{&http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}}
}

// subscribe opens a stream behind a position. The context lives as long as the stream.
func (c *client) subscribe(ctx context.Context, w way, url, token string, after int64) (stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	l := &line{cancel: cancel}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { l.conn = i.Conn }})
	var s stream
	var err error
	if w == overSocket {
		s, err = c.socket(ctx, l, url, token, after)
	} else {
		s, err = c.events(ctx, l, url, token, after)
	}
	if err != nil {
		l.cut()
		return nil, err
	}
	return s, nil
}

// line is the connection of a stream.
type line struct {
	cancel context.CancelFunc
	conn   net.Conn
}

func (l *line) cut() {
	if tcp, ok := l.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of a farewell
		_ = tcp.Close()
	}
	l.cancel()
}

// socket subscribes by graphql-transport-ws.
type socket struct {
	*line

	ctx  context.Context //nolint:containedctx // that of the stream, which is an object here
	conn *websocket.Conn
}

func (c *client) socket(ctx context.Context, l *line, url, token string, after int64) (stream, error) {
	conn, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/graphql", &websocket.DialOptions{
		HTTPClient: c.http, Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		if response != nil && response.Body != nil {
			_ = response.Body.Close()
		}
		return nil, err
	}
	s := &socket{line: l, ctx: ctx, conn: conn}
	subscribe, err := json.Marshal(map[string]any{"id": "1", "type": "subscribe", "payload": query(after)})
	if err != nil {
		return nil, err
	}
	if err := conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init"}`)); err != nil {
		return nil, err
	}
	if m, err := s.read(); err != nil || m.Type != "connection_ack" {
		return nil, errors.Join(errEnded, err)
	}
	return s, conn.Write(ctx, websocket.MessageText, subscribe)
}

type message struct {
	Type    string
	Payload json.RawMessage
}

func (s *socket) read() (m message, err error) {
	_, text, err := s.conn.Read(s.ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

func (s *socket) next() (item, error) {
	for {
		m, err := s.read()
		if err != nil {
			return item{}, err
		}
		switch m.Type {
		case "ping":
			if err := s.conn.Write(s.ctx, websocket.MessageText, []byte(`{"type":"pong"}`)); err != nil {
				return item{}, err
			}
		case "next":
			var a answer
			if err := json.Unmarshal(m.Payload, &a); err != nil {
				return item{}, err
			}
			return a.item()
		default:
			return item{}, fmt.Errorf("%w: %s %s", errEnded, m.Type, m.Payload)
		}
	}
}

func (s *socket) leave() {
	_ = s.conn.Close(websocket.StatusNormalClosure, "")
	s.cancel()
}

// eventStream subscribes by server-sent events.
type eventStream struct {
	*line

	response *http.Response
	lines    *bufio.Reader
}

func query(after int64) map[string]any {
	return map[string]any{"query": watch, "variables": map[string]any{"after": feed.CursorAt(after)}}
}

func (c *client) events(ctx context.Context, l *line, url, token string, after int64) (stream, error) {
	q := query(after)
	if after%2 == 0 { // both ways of saying where to begin
		delete(q, "variables")
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+token)
	if after%2 == 0 {
		r.Header.Set("Last-Event-ID", string(feed.CursorAt(after)))
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%w: %s", errEnded, response.Status)
	}
	return &eventStream{line: l, response: response, lines: bufio.NewReaderSize(response.Body, 512)}, nil
}

func (s *eventStream) next() (item, error) {
	var id string
	for {
		text, err := s.lines.ReadString('\n')
		if err != nil {
			return item{}, err // what was not read to its end does not count
		}
		text = strings.TrimSuffix(text, "\n")
		switch {
		case text == "event: complete":
			return item{}, errEnded
		case strings.HasPrefix(text, "id: "):
			id = text[len("id: "):]
		case strings.HasPrefix(text, "data: "):
			var a answer
			if err := json.Unmarshal([]byte(text[len("data: "):]), &a); err != nil {
				return item{}, err
			}
			if len(a.Errors) == 0 && a.Data.StatusChanged.Cursor != id {
				return item{}, fmt.Errorf("%w: the id of the event is not its cursor", errAnswer)
			}
			return a.item()
		}
	}
}

func (s *eventStream) leave() {
	_ = s.response.Body.Close()
	s.cancel()
}
