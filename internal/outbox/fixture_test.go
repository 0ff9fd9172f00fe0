package outbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/outbox"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

const (
	secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	kind   = "ru.kabinet.appeal.commented"
)

// office is an outbox with a person, and the fund that it delivers to.
type office struct {
	*outbox.Outbox

	fund  *fakeFund
	store *storage.Store
	seen  *storagetest.Statements
	clock *clock.Fixed
	ann   uuid.UUID
	log   *bytes.Buffer

	sealer *seal.Sealer
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	storagetest.EachObserved(t, func(t *testing.T, s *storage.Store, seen *storagetest.Statements) {
		o := &office{
			fund: newFakeFund(t), store: s, seen: seen, ann: persontest.New(t, s), log: &bytes.Buffer{}, sealer: persontest.Sealer(t),
			clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)),
		}
		o.Outbox = outbox.New(s, o.sealer, feed.NewRecorder(o.clock, nobodyToTell{}), o.clock)
		test(t, o)
	})
}

// courier makes a courier to the fake fund.
func (o *office) courier(t *testing.T, change ...func(*outbox.Options)) *outbox.Courier {
	t.Helper()
	key, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	options := outbox.Options{
		Outbox: o.Outbox, URL: o.fund.server.URL, Source: "https://kabinet.test", Log: slog.New(slog.NewJSONHandler(o.log, nil)),
		Sign: func(header http.Header, id string, now time.Time, body []byte) error {
			signature, err := key.Sign(id, now, body)
			header.Set(standardwebhooks.HeaderWebhookID, id)
			header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
			header.Set(standardwebhooks.HeaderWebhookSignature, signature)
			return err
		},
		Metrics: prometheus.NewRegistry(), Timeout: 100 * time.Millisecond, Poll: time.Millisecond,
	}
	for _, c := range change {
		c(&options)
	}
	c, err := outbox.NewCourier(options)
	require.NoError(t, err)
	return c
}

// add has Ann do something about a subject.
func (o *office) add(t *testing.T, subject ref.Ref, text string) {
	t.Helper()
	require.NoError(t, o.addAs(persontest.As(t, o.ann), o.ann, subject, text))
}

func (o *office) addAs(ctx context.Context, owner uuid.UUID, subject ref.Ref, text string) error {
	return o.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return o.Add(ctx, tx, outbox.Command{Owner: owner, Type: kind, Subject: subject, Data: map[string]string{"text": text}})
	})
}

// deliver has everything delivered that is due now and tells how many attempts that took.
func (o *office) deliver(t *testing.T, c *outbox.Courier) int {
	t.Helper()
	n, err := c.Deliver(t.Context())
	require.NoError(t, err)
	return n
}

// latest is the delivery of the newest command about a subject.
func (o *office) latest(t *testing.T, subject ref.Ref) *outbox.Delivery {
	t.Helper()
	found, err := o.Latest(persontest.As(t, o.ann), subject.Kind, []uuid.UUID{subject.ID})
	require.NoError(t, err)
	require.Contains(t, found, subject.ID)
	return found[subject.ID]
}

// states are the states of all commands, oldest first.
func (o *office) states(t *testing.T) []outbox.State {
	t.Helper()
	all, err := o.List(t.Context(), "", 1000)
	require.NoError(t, err)
	states := make([]outbox.State, len(all))
	for i, d := range all {
		states[len(all)-1-i] = d.State
	}
	return states
}

// sequence is the number of Ann's newest event.
func (o *office) sequence(t *testing.T) int64 {
	t.Helper()
	n, err := owner.Sequence(persontest.System(t), o.store, o.ann)
	require.NoError(t, err)
	return n
}

func newAppeal() ref.Ref { return ref.Of(ref.Appeal, uuid.New()) }

// message is an event as the fund has received it.
type message struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	Sequence        string          `json:"sequence"`
	Checksum        string          `json:"checksum"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

// conduct is how the fund behaves in one exchange.
type conduct int

const (
	takes     conduct = iota
	takesSlow         // and takes too long to answer
	takesCut          // and the connection breaks
	takesFail         // and answers 500
	hangs
	cuts
	fails   // 500
	isBusy  // 503, come in two hours
	refuses // 422
)

// fakeFund takes commands as the contract says: what comes twice changes nothing and is answered 409.
type fakeFund struct {
	t      *testing.T
	server *httptest.Server
	key    *standardwebhooks.Webhook
	behave func(m message, attempt int) conduct // attempt counts from 1 within a command

	mu       sync.Mutex
	attempts map[string]int
	taken    []message
	known    map[string]bool
	came     chan message // if somebody waits for it
}

func newFakeFund(t *testing.T) *fakeFund {
	t.Helper()
	key, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	f := &fakeFund{
		t: t, key: key, attempts: map[string]int{}, known: map[string]bool{}, came: make(chan message, 1000),
		behave: func(message, int) conduct { return takes },
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// ServeHTTP implements http.Handler.
func (f *fakeFund) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	m := f.read(r, body)
	f.mu.Lock()
	f.attempts[m.ID]++
	how := f.behave(m, f.attempts[m.ID])
	again := f.known[m.ID]
	if how <= takesFail && !again {
		f.known[m.ID] = true
		f.taken = append(f.taken, m)
	}
	f.mu.Unlock()
	f.came <- m
	switch how {
	case takes:
		if again {
			w.WriteHeader(http.StatusConflict)
		}
	case takesSlow, hangs:
		<-r.Context().Done()
	case takesCut, cuts:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	case takesFail, fails:
		w.WriteHeader(http.StatusInternalServerError)
	case isBusy:
		w.Header().Set("Retry-After", "1800")
		w.WriteHeader(http.StatusServiceUnavailable)
	case refuses:
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
}

// read checks everything that the contract says of a request.
func (f *fakeFund) read(r *http.Request, body []byte) (m message) {
	if err := f.key.VerifyIgnoringTimestamp(body, r.Header); err != nil {
		f.t.Errorf("signature: %v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		f.t.Errorf("no event: %v", err)
	}
	sum := sha256.Sum256(m.Data)
	for what, ok := range map[string]bool{
		"method":          r.Method == http.MethodPost,
		"media type":      r.Header.Get("Content-Type") == "application/cloudevents+json",
		"webhook-id":      r.Header.Get("webhook-id") == m.ID && uuid.Validate(m.ID) == nil,
		"specversion":     m.SpecVersion == "1.0",
		"source":          m.Source == "https://kabinet.test",
		"datacontenttype": m.DataContentType == "application/json",
		"checksum":        m.Checksum == "sha256:"+hex.EncodeToString(sum[:]),
	} {
		if !ok {
			f.t.Errorf("%s is not as the contract says", what)
		}
	}
	return m
}

// received gives what the fund has taken, in its order.
func (f *fakeFund) received() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]message{}, f.taken...)
}

// asked tells how many requests have come.
func (f *fakeFund) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, attempts := range f.attempts {
		n += attempts
	}
	return n
}

// behaves changes how the fund behaves from now on.
func (f *fakeFund) behaves(how func(m message, attempt int) conduct) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behave = how
}

func always(how conduct) func(message, int) conduct { return func(message, int) conduct { return how } }

// requireInOrder fails unless the commands of every subject were taken once each, in their order.
func requireInOrder(t *testing.T, taken []message, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, m := range taken {
		got[m.Subject]++
		require.Equal(t, strconv.Itoa(got[m.Subject]), m.Sequence, "in the order of their numbers, none left out")
	}
	require.Equal(t, want, got)
}
