package web_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"kabinet/internal/audit"
	"kabinet/internal/blob"
	"kabinet/internal/clock"
	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/fund"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/person"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ratelimit"
	"kabinet/internal/session"
	"kabinet/internal/signal"
	"kabinet/internal/signal/signaltest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/viewer"
	"kabinet/internal/web"
)

const (
	idle     = 15 * time.Minute
	absolute = 12 * time.Hour

	plainAddress  = "http://127.0.0.1:8080"
	secureAddress = "https://lk.example.ru"
)

// Key generation is slow; the keys of one test run are shared and never changed.
var (
	serverKey = sync.OnceValue(makeKey)
	clientKey = sync.OnceValue(makeKey)
)

func makeKey() *rsa.PrivateKey {
	key, err := emulator.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

// cabinet is the edge with real parts behind it: SQLite, Redis in the process, the emulator of ESIA. In place of the
// API stands a handler that tells who the viewer is.
type cabinet struct {
	http.Handler

	clock    *clock.Fixed
	store    *storage.Store
	mini     *miniredis.Miniredis
	blobs    blob.Store
	sessions *session.Service
	metrics  *prometheus.Registry
	log      *syncBuffer
	secret   string // of the fund
	address  string // public
	api      http.HandlerFunc
	asked    int // how often the API was reached

	statements atomic.Int64 // sent to the database

	cookie    string
	loginName string
	faces     *faces // of a provider that tells of logouts
}

// syncBuffer is a log that handlers of several goroutines write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

// newCabinet makes a cabinet of production, over TLS, unless the options are changed.
func newCabinet(t *testing.T, change ...func(*web.Options)) *cabinet {
	t.Helper()
	mini, redis := signaltest.Miniredis(t)
	c := &cabinet{
		clock: clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)), mini: mini, metrics: prometheus.NewRegistry(), log: &syncBuffer{},
		secret: "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32)),
	}
	c.store = storagetest.OpenSQLite(t, storage.OnStatement(func(context.Context, string) { c.statements.Add(1) }))
	log := slog.New(slog.NewJSONHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	sealer := persontest.Sealer(t)
	var err error
	c.blobs, err = blob.NewDirectory(t.TempDir())
	require.NoError(t, err)
	documents := document.New(c.store, c.blobs, feed.NewRecorder(c.clock, nobodyToTell{}), c.clock)
	verifier, err := fund.NewVerifier(c.clock, c.secret)
	require.NoError(t, err)
	fundService, err := fund.New(c.store, sealer, c.clock, verifier, fund.Rooms{Documents: documents})
	require.NoError(t, err)

	o := web.Options{
		Log: log, Clock: c.clock, Metrics: c.metrics, PublicURL: secureAddress, Secure: true,
		Sealer: sealer, Documents: documents, Fund: fundService, Limiter: ratelimit.New(redis, c.clock, log),
		People:     person.New(c.store, sealer, feed.NewRecorder(c.clock, nobodyToTell{}), audit.NewJournal(c.clock), c.clock),
		SDL:        "type Query { ok: Boolean }",
		Playground: web.Playground(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}}),
		Home:       http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "home") }),
		GraphQL:    http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.asked++; c.api(w, r) }),
	}
	mini.SetTime(c.clock.Now()) // limits are counted by it
	for _, f := range change {
		f(&o)
	}
	c.address, c.api = o.PublicURL, tellViewer
	c.cookie, c.loginName = "kabinet-8080", "kabinet-login-8080"
	if o.Secure {
		c.cookie, c.loginName = "__Host-kabinet", "__Host-kabinet-login"
	}
	provider := c.esia(t)
	if f, ok := o.Provider.(*faces); ok { // what is missing of it is ESIA's
		f.Provider, c.faces = provider, f
	} else {
		o.Provider = provider
	}
	c.sessions = session.New(session.Options{
		Store: c.store, Redis: redis, Bus: signal.NewBus(redis, log), Journal: audit.NewJournal(c.clock), Sealer: sealer, Clock: c.clock,
		Limits: session.Limits{Idle: idle, Absolute: absolute}, Log: log, Renewer: provider,
	})
	o.Sessions = c.sessions
	c.Handler = web.NewHandler(o)
	return c
}

// faces is a provider that logs people in as ESIA does and tells of its logouts as a plain one does.
type faces struct {
	identity.Provider
	identity.LogoutListener

	logins []identity.Login
}

// Complete implements identity.Provider, and remembers.
func (f *faces) Complete(ctx context.Context, tx identity.Transaction, callback url.Values) (identity.Login, error) {
	login, err := f.Provider.Complete(ctx, tx, callback)
	if err == nil {
		f.logins = append(f.logins, login)
	}
	return login, err
}

// demo is the demo on plain HTTP.
func demo(o *web.Options) { o.PublicURL, o.Secure, o.Demo = plainAddress, false, true }

// esia starts the emulator and gives a relying party that talks to it.
func (c *cabinet) esia(t *testing.T) *esia.RelyingParty {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	hash, err := emulator.CertificateHash(&clientKey().PublicKey)
	require.NoError(t, err)
	e, err := emulator.New(emulator.Options{
		Issuer: base + "/", Clock: c.clock, Key: serverKey(),
		Clients: []emulator.Client{{
			ID: "KABINET", Key: &clientKey().PublicKey, CertificateHash: hash,
			RedirectURIs: []string{c.address + "/auth/callback"}, LogoutURIs: []string{c.address + "/"},
		}},
	})
	require.NoError(t, err)
	server.Config.Handler = e
	server.Start()
	t.Cleanup(server.Close)
	signer, err := esia.NewRSASigner(clientKey(), hash)
	require.NoError(t, err)
	rp, err := esia.New(esia.Config{
		Portal: base, ClientID: "KABINET", RedirectURI: c.address + "/auth/callback", Signer: signer,
		TokenKeys: []crypto.PublicKey{e.PublicKey()}, AllowPlainHTTP: true, Clock: c.clock,
	})
	require.NoError(t, err)
	return rp
}

// seen is what the API is told of a request.
type seen struct {
	Person  uuid.UUID
	Session uuid.UUID
	Level   viewer.Level
	Entry   viewer.Entry
}

func tellViewer(w http.ResponseWriter, r *http.Request) {
	v := viewer.FromContext(r.Context())
	_ = json.NewEncoder(w).Encode(seen{Person: v.PersonID, Session: v.SessionID, Level: v.Level, Entry: v.Entry})
}

// pass lets time pass, for the clock and for Redis.
func (c *cabinet) pass(d time.Duration) {
	c.clock.Advance(d)
	c.mini.FastForward(d)
	c.mini.SetTime(c.clock.Now())
}

// browser keeps cookies, as one person's browser does.
type browser struct {
	*cabinet

	cookies map[string]string
	through string // the address that a proxy tells of; empty: there is no proxy
}

func (c *cabinet) browser() *browser { return &browser{cabinet: c, cookies: map[string]string{}} }

// header are header fields, name and value by turns.
type header []string

var csrf = header{"X-CSRF", "1", "Content-Type", "application/json"}

// do sends a request and keeps the cookies of the answer.
func (b *browser) do(t *testing.T, method, target, body string, fields ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
	}
	r.Host = strings.SplitN(b.address, "://", 2)[1]
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	if b.through != "" {
		r.Header.Set("X-Forwarded-For", b.through)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	recorder := httptest.NewRecorder()
	b.ServeHTTP(recorder, r)
	answer := recorder.Result()
	for _, cookie := range answer.Cookies() {
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		} else {
			b.cookies[cookie.Name] = cookie.Value
		}
	}
	return answer
}

func (b *browser) get(t *testing.T, target string, fields ...string) *http.Response {
	t.Helper()
	return b.do(t, http.MethodGet, target, "", fields...)
}

// begin begins a login and gives the address at ESIA.
func (b *browser) begin(t *testing.T, returnTo string) string {
	t.Helper()
	answer := b.get(t, "/auth/login?return_to="+url.QueryEscape(returnTo))
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.NotEmpty(t, b.cookies[b.loginName])
	return answer.Header.Get("Location")
}

// visit opens the address at ESIA, where the person logs in, and gives the path and query of the callback.
func (c *cabinet) visit(t *testing.T, address string, more ...string) string {
	t.Helper()
	client := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Get(address + "&" + strings.Join(more, "&"))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusFound, answer.StatusCode)
	back, found := strings.CutPrefix(answer.Header.Get("Location"), c.address)
	require.True(t, found, "back to the cabinet")
	return back
}

// login logs a demo person in.
func (b *browser) login(t *testing.T, persona string) *http.Response {
	t.Helper()
	answer := b.get(t, b.visit(t, b.begin(t, "/"), "persona="+persona))
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	require.NotEmpty(t, b.cookies[b.cookie])
	return answer
}

// query asks the API who is asking.
func (b *browser) query(t *testing.T) seen {
	t.Helper()
	answer := b.do(t, http.MethodPost, "/graphql", `{"query":"{ok}"}`, csrf...)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	return decode[seen](t, answer)
}

// state is the answer of /auth/session.
type state struct {
	Authenticated       bool
	AccessLevel         string
	IdleSecondsLeft     int
	AbsoluteSecondsLeft int
}

func (b *browser) state(t *testing.T) state {
	t.Helper()
	answer := b.get(t, "/auth/session")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	return decode[state](t, answer)
}

func decode[T any](t *testing.T, answer *http.Response) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text(t, answer)), &v))
	return v
}

func text(t *testing.T, answer *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(b)
}

// refusal is the body of a refusal.
type refusal struct {
	Error     string // OAuth's
	Code      fault.Code
	Message   string
	RequestID string

	RetryAfterSeconds int
}

// requireRefused checks the shape of a refusal, which is the same everywhere.
func requireRefused(t *testing.T, answer *http.Response, status int, code fault.Code) refusal {
	t.Helper()
	body := text(t, answer)
	require.Equal(t, status, answer.StatusCode, body)
	require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.LessOrEqual(t, len(body), 1024)
	var r refusal
	require.NoError(t, json.Unmarshal([]byte(body), &r))
	require.Equal(t, code, r.Code, body)
	require.NotEmpty(t, r.Message)
	require.Len(t, r.RequestID, 16)
	require.Equal(t, answer.Header.Get("X-Request-Id"), r.RequestID)
	return r
}

// requireNobody checks that an answer has opened no session, and that there is none but the given number.
func (b *browser) requireNobody(t *testing.T, answer *http.Response, sessions int) {
	t.Helper()
	for _, cookie := range answer.Cookies() {
		require.NotEqual(t, b.cookie, cookie.Name)
	}
	n, err := b.store.Session.Query().Count(persontest.System(t))
	require.NoError(t, err)
	require.Equal(t, sessions, n)
}
