package office_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"kabinet/docs/commands"
	"kabinet/docs/events"
	"kabinet/internal/clock"
	"kabinet/internal/dev/office"
	"kabinet/internal/fund"
	"kabinet/internal/ref"
)

const (
	secret        = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
	commandSecret = "whsec_OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="

	// anHour is the pace at which an hour of demo time passes with every second of the tests' clock.
	anHour = 3600
	// soon is far more than anything here takes.
	soon = 30 * time.Second
)

func aTuesday() time.Time { return time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC) }

// event is an event or a command as it goes over the wire.
type event struct {
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

func (e event) field(name string) string {
	var data map[string]any
	_ = json.Unmarshal(e.Data, &data)
	value, _ := data[name].(string)
	return value
}

// fakeCabinet takes events as the cabinet does, without a store: it checks the signature by the product's own verifier
// and everything that the contract says.
type fakeCabinet struct {
	t        *testing.T
	server   *httptest.Server
	verifier *fund.Verifier
	schemas  map[string]*jsonschema.Schema

	mu     sync.Mutex
	asked  int
	taken  []event
	behave func(e event) (status int, r fund.Result) // nil takes everything
	came   chan event
}

func newFakeCabinet(t *testing.T, c clock.Clock) *fakeCabinet {
	t.Helper()
	verifier, err := fund.NewVerifier(c, secret)
	require.NoError(t, err)
	f := &fakeCabinet{t: t, verifier: verifier, schemas: schemasOf(t, events.Files), came: make(chan event, 10_000)}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func schemasOf(t *testing.T, files fs.FS) map[string]*jsonschema.Schema {
	t.Helper()
	names, err := fs.Glob(files, "*.schema.json")
	require.NoError(t, err)
	schemas := map[string]*jsonschema.Schema{}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		require.NoError(t, compiler.AddResource(name, document))
		schemas[strings.TrimSuffix(name, ".schema.json")], err = compiler.Compile(name)
		require.NoError(t, err)
	}
	return schemas
}

// ServeHTTP implements http.Handler.
func (f *fakeCabinet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.verifier.Verify(r.Header, body) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	e := f.read(r, body)
	status, result := http.StatusOK, fund.Result{ID: e.ID, Outcome: fund.Applied}
	if f.behave != nil {
		status, result = f.behave(e)
	}
	if status < 300 {
		f.taken = append(f.taken, e)
		f.came <- e
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"events": []fund.Result{result}})
}

func (f *fakeCabinet) read(r *http.Request, body []byte) (e event) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		f.t.Errorf("no event: %v", err)
	}
	schema := f.schemas[e.Type]
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
	fits := schema != nil && err == nil
	if fits {
		if err := schema.Validate(value); err != nil {
			f.t.Errorf("%s: %v", e.Type, err)
		}
	}
	for what, ok := range map[string]bool{
		"method": r.Method == http.MethodPost, "media type": r.Header.Get("Content-Type") == fund.MediaTypeEvent,
		"specversion": e.SpecVersion == "1.0", "source": e.Source == "urn:sfr:demo", "id": uuid.Validate(e.ID) == nil,
		"webhook-id": r.Header.Get("webhook-id") == e.ID, "checksum": e.Checksum == fund.Checksum(e.Data),
		"datacontenttype": e.DataContentType == "application/json", "schema": fits,
	} {
		if !ok {
			f.t.Errorf("%s is not as the contract says: %s", what, e.Type)
		}
	}
	return e
}

func (f *fakeCabinet) behaves(how func(e event) (int, fund.Result)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behave = how
}

func (f *fakeCabinet) all() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]event{}, f.taken...)
}

func (f *fakeCabinet) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// about gives the last part of the type, and the number, of what was taken about a subject: "registered 1".
func (f *fakeCabinet) about(subject string) []string {
	told := []string{}
	for _, e := range f.all() {
		if e.Subject == subject {
			told = append(told, e.Type[strings.LastIndexByte(e.Type, '.')+1:]+" "+e.Sequence)
		}
	}
	return told
}

// house is an office with the cabinet to which it reports.
type house struct {
	*office.Office

	t         *testing.T
	clock     *clock.Fixed
	cabinet   *fakeCabinet
	directory string
	options   office.Options
	door      *httptest.Server // where commands go
	log       *bytes.Buffer
	waits     chan time.Duration // how long a slow answer is to take
	goOn      chan time.Time     // and its end
	numbers   map[string]int
}

func newHouse(t *testing.T, change ...func(*office.Options)) *house {
	t.Helper()
	h := &house{
		t: t, clock: clock.NewFixed(aTuesday()), directory: t.TempDir(), log: &bytes.Buffer{},
		waits: make(chan time.Duration, 10), goOn: make(chan time.Time), numbers: map[string]int{},
	}
	h.cabinet = newFakeCabinet(t, h.clock)
	h.options = office.Options{
		Directory: h.directory, CabinetURL: h.cabinet.server.URL, Secret: secret, CommandSecrets: []string{commandSecret},
		Clock: h.clock, Log: slog.New(slog.NewJSONHandler(h.log, nil)), Pace: anHour, Quiet: true,
		After: func(d time.Duration) <-chan time.Time { h.waits <- d; return h.goOn },
	}
	for _, c := range change {
		c(&h.options)
	}
	// The address outlives a restart.
	h.door = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.Commands().ServeHTTP(w, r) }))
	t.Cleanup(h.door.Close)
	h.restart()
	return h
}

// restart begins anew with what is on the disk.
func (h *house) restart() {
	h.t.Helper()
	o, err := office.New(h.options)
	require.NoError(h.t, err)
	h.Office = o
}

// pass lets so many hours of demo time go by.
func (h *house) pass(hours int) {
	h.t.Helper()
	for range hours {
		h.clock.Advance(time.Second)
		require.NoError(h.t, h.Work(h.t.Context()))
	}
}

func newAppeal() string { return ref.Of(ref.Appeal, uuid.New()).String() }

// command is the published example of a command, about a subject; change alters its data.
func (h *house) command(kind, subject string, change map[string]any) event {
	h.t.Helper()
	file, err := commands.Files.ReadFile(kind + ".example.json")
	require.NoError(h.t, err)
	var e event
	require.NoError(h.t, json.Unmarshal(file, &e))
	var data map[string]any
	require.NoError(h.t, json.Unmarshal(e.Data, &data))
	for key, value := range change {
		data[key] = value
		if value == nil {
			delete(data, key)
		}
	}
	if _, of := data["appeal"]; of {
		data["appeal"] = subject
	} else {
		data["clarification"] = subject
	}
	e.Data, err = json.Marshal(data)
	require.NoError(h.t, err)
	h.numbers[subject]++
	e.ID, e.Subject, e.Sequence, e.Checksum = uuid.NewString(), subject, strconv.Itoa(h.numbers[subject]), fund.Checksum(e.Data)
	return e
}

// post posts a command as the cabinet does and gives the status of the answer.
func (h *house) post(e event) int {
	h.t.Helper()
	return h.postWith(e, nil)
}

func (h *house) postWith(e event, change func(r *http.Request)) int {
	h.t.Helper()
	body, err := json.Marshal(e)
	require.NoError(h.t, err)
	return h.postBody(e.ID, body, change)
}

func (h *house) postBody(id string, body []byte, change func(r *http.Request)) int {
	h.t.Helper()
	request := h.signed(id, body)
	if change != nil {
		change(request)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(h.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(h.t, err)
	require.Empty(h.t, text)
	return answer.StatusCode
}

// signed is the request that the cabinet would make.
func (h *house) signed(id string, body []byte) *http.Request {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.door.URL, bytes.NewReader(body))
	require.NoError(h.t, err)
	request.Header.Set("Content-Type", fund.MediaTypeEvent)
	require.NoError(h.t, fund.Sign(request.Header, commandSecret, id, h.clock.Now(), body))
	return request
}

// submit submits a new appeal with a subject line.
func (h *house) submit(line string) (appeal string) {
	h.t.Helper()
	appeal = newAppeal()
	h.submitAs(appeal, line)
	return appeal
}

func (h *house) submitAs(appeal, line string) {
	h.t.Helper()
	require.Equal(h.t, http.StatusAccepted, h.post(h.command("ru.kabinet.appeal.submitted", appeal, map[string]any{"subject": line})))
}
