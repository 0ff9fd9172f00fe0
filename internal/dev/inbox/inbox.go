// Package inbox is the page of the demo that shows the messages which would have reached people's phones and mailboxes.
//
// It is a notify.Sender that keeps the newest messages in memory and sends none. What it shows is secret anywhere but in
// a demo: it belongs to no production.
package inbox

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"kabinet/internal/clock"
	"kabinet/internal/notify"
)

// capacity is how many messages are kept.
const capacity = 200

//go:embed inbox.html
var page string

// policy lets the page carry its style and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Inbox captures messages. It is safe for concurrent use.
type Inbox struct {
	clock clock.Clock
	page  func() (*template.Template, error)

	mu       sync.Mutex
	messages []captured // oldest first
	failing  int        // how many sends are still to fail
}

type captured struct {
	notify.Message

	at time.Time
}

// New makes an empty inbox.
func New(c clock.Clock) *Inbox {
	return &Inbox{clock: c, page: sync.OnceValues(func() (*template.Template, error) {
		return template.New("inbox").Parse(page)
	})}
}

// Send implements notify.Sender.
func (i *Inbox) Send(ctx context.Context, m notify.Message) error {
	if err := m.Check(notify.SMS, notify.Email); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failing > 0 {
		i.failing--
		return notify.ErrUnavailable
	}
	if len(i.messages) == capacity {
		i.messages = slices.Delete(i.messages, 0, 1)
	}
	i.messages = append(i.messages, captured{Message: m, at: i.clock.Now()})
	return nil
}

// Fail makes the next n sends fail with notify.ErrUnavailable.
func (i *Inbox) Fail(n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.failing = n
}

// Messages are those that are kept, oldest first.
func (i *Inbox) Messages() []notify.Message {
	kept := i.kept()
	messages := make([]notify.Message, len(kept))
	for n, c := range kept {
		messages[n] = c.Message
	}
	return messages
}

func (i *Inbox) kept() []captured {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.messages)
}

// entry is a message as it is shown.
type entry struct {
	Channel notify.Channel `json:"channel"`
	To      string         `json:"to"`
	Subject string         `json:"subject"`
	Text    string         `json:"text"`
	At      time.Time      `json:"at"`
}

// Clock is the hour of the message.
func (e entry) Clock() string { return e.At.Format("15:04:05 UTC") }

// ServeHTTP shows the messages, newest first: a page that renews itself, or JSON to who accepts that.
func (i *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	kept := i.kept()
	entries := make([]entry, 0, len(kept))
	for _, c := range slices.Backward(kept) {
		entries = append(entries, entry{c.Channel, c.Address, c.Subject, c.Text, c.at})
	}
	var body bytes.Buffer
	write, kind := i.writePage, "text/html; charset=utf-8"
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		write, kind = writeJSON, "application/json"
	}
	if err := write(&body, entries); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept")
	_, _ = w.Write(body.Bytes()) // the client has gone
}

func (i *Inbox) writePage(w io.Writer, entries []entry) error {
	t, err := i.page()
	if err != nil {
		return err
	}
	return t.Execute(w, entries)
}

func writeJSON(w io.Writer, entries []entry) error { return json.NewEncoder(w).Encode(entries) }
