package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/web"
)

func TestWhatNoRouteTakes(t *testing.T) {
	c := newCabinet(t)
	for _, test := range []struct {
		method, target string
		status         int
		allow          string
	}{
		{http.MethodGet, "/auth/logout", 405, "POST"},
		{http.MethodHead, "/auth/logout", 405, "POST"},
		{http.MethodPost, "/auth/login", 405, "GET, HEAD"},
		{http.MethodPost, "/auth/callback", 405, "GET, HEAD"},
		{http.MethodPut, "/auth/session", 405, "GET, HEAD"},
		{http.MethodGet, "/fund/events", 405, "POST"},
		{http.MethodDelete, "/documents/marker/versions/1", 405, "GET, HEAD"},
		{"MARKER", "/auth/logout", 405, "POST"},
		{http.MethodGet, "/", 404, ""},
		{http.MethodGet, "/marker", 404, ""},
		{http.MethodPost, "/marker?marker=1", 404, ""},
		{"MARKER", "/marker", 404, ""},
		{http.MethodGet, "/graphql/marker", 404, ""},
		{http.MethodGet, "/graphql/", 404, ""},
		{http.MethodGet, "/auth", 404, ""},
		{http.MethodGet, "/documents/marker", 404, ""},
		{http.MethodGet, "/.git/config", 404, ""},
		// Another spelling of an address is none, and is not redirected to it.
		{http.MethodGet, "//graphql?marker", 404, ""},
		{http.MethodPost, "/marker/../graphql", 404, ""},
		{http.MethodGet, "/auth//session?marker", 404, ""},
		{http.MethodGet, "/auth/./session?marker", 404, ""},
		{http.MethodGet, "//marker.example/%2e%2e", 404, ""},
		{http.MethodConnect, "/marker", 404, ""},
		// The demo's.
		{http.MethodGet, "/playground/", 404, ""},
		{http.MethodGet, "/schema.graphql", 404, ""},
		{http.MethodGet, "/dev", 404, ""},
		{http.MethodGet, "/metrics", 404, ""},
		{http.MethodGet, "/debug/pprof/", 404, ""},
		{http.MethodGet, "/readyz", 404, ""},
	} {
		t.Run(test.method+" "+test.target, func(t *testing.T) {
			answer := c.browser().do(t, test.method, test.target, "")
			code := fault.NotFound
			if test.status == http.StatusMethodNotAllowed {
				code = fault.BadInput
			}
			r := requireRefused(t, answer, test.status, code)
			require.Equal(t, test.allow, answer.Header.Get("Allow"))
			require.NotContains(t, fmt.Sprint(r, answer.Header), "marker")
		})
	}
	require.Zero(t, c.asked)
}

func TestTheDemosPages(t *testing.T) {
	c := newCabinet(t, demo)
	b := c.browser()
	require.Equal(t, "/dev", b.get(t, "/").Header.Get("Location"))
	require.Equal(t, "home", text(t, b.get(t, "/dev")))
	answer := b.get(t, "/schema.graphql")
	require.Equal(t, "application/graphql; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Contains(t, text(t, answer), "type Query")
	answer = b.get(t, "/playground/")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	policy := answer.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "script-src 'self';")
	require.Contains(t, policy, "frame-ancestors 'none'")
	require.Equal(t, http.StatusNotFound, b.get(t, "/playground/nothing.js").StatusCode)
	require.Equal(t, "/playground/", b.get(t, "/playground").Header.Get("Location"))
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	for name, change := range map[string]func(*web.Options){"production": func(*web.Options) {}, "demo": demo} {
		c := newCabinet(t, change)
		b := c.browser()
		answers := map[string]*http.Response{
			"login": b.get(t, "/auth/login"), "callback": b.get(t, "/auth/callback"), "session": b.get(t, "/auth/session"),
			"logout": b.do(t, http.MethodPost, "/auth/logout", ""), "events": b.do(t, http.MethodPost, "/fund/events", "x"),
			"api": b.get(t, "/graphql"), "none": b.get(t, "/none"), "method": b.get(t, "/auth/logout"), "download": b.get(t, "/documents/x/versions/1"),
			"foreign": b.do(t, http.MethodPost, "/graphql", "", "Sec-Fetch-Site", "cross-site"), "root": b.get(t, "/"),
			"playground": b.get(t, "/playground/"), "spelling": b.get(t, "//none"),
		}
		c.api = func(http.ResponseWriter, *http.Request) { panic("x") }
		answers["panic"] = b.get(t, "/graphql")
		ids := map[string]bool{}
		for which, answer := range answers {
			for field, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				require.Equal(t, []string{want}, answer.Header.Values(field), "%s: %s", which, field)
			}
			require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", which)
			require.Contains(t, answer.Header.Values("Vary"), "Accept-Language", which)
			ids[answer.Header.Get("X-Request-Id")] = true
			if name == "demo" {
				require.Empty(t, answer.Header.Get("Strict-Transport-Security"))
			} else {
				require.Equal(t, "max-age=63072000", answer.Header.Get("Strict-Transport-Security"), which)
			}
		}
		require.Len(t, ids, len(answers), "each request has its own id")
		require.NotContains(t, ids, "")
	}
}

func TestARequestIDOfTheClientIsNotTaken(t *testing.T) {
	require.NotEqual(t, "mine", newCabinet(t).browser().get(t, "/none", "X-Request-Id", "mine").Header.Get("X-Request-Id"))
}

func TestRefusalsSpeakTheLanguageOfTheReader(t *testing.T) {
	c := newCabinet(t)
	c.api = func(http.ResponseWriter, *http.Request) { panic("x") }
	const ru, en = "По этому адресу ничего нет.", "There is nothing at this address."
	for header, want := range map[string]string{
		"": ru, "ru": ru, "en": en, "en-GB,en;q=0.9": en, "de, en;q=0.5": en, "de": ru, "ru;q=0.1, en;q=0.9": en, "en;q=0, ru": ru,
		strings.Repeat("en,", 1000): ru, "\xff": ru,
	} {
		b := c.browser()
		require.Equal(t, want, decode[refusal](t, b.get(t, "/none", "Accept-Language", header)).Message, header)
		russian := strings.Contains(decode[refusal](t, b.get(t, "/graphql", "Accept-Language", header)).Message, "ошибка")
		require.Equal(t, want == ru, russian, "a panic is told in the same language: %s", header)
	}
}

var errPersonal = errors.New("marker 112-233-445 95")

func TestAPanicTellsNothing(t *testing.T) {
	for name, value := range map[string]any{
		"a text": errPersonal.Error(), "an error": errPersonal, "wrapped": fmt.Errorf("resolve: %w", errPersonal),
		"a structure": struct{ Snils string }{errPersonal.Error()}, "a pointer": &fault.Error{Code: fault.BadInput, Cause: errPersonal},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t)
			c.api = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "3")
				w.Header().Set("Content-Encoding", "br")
				panic(value)
			}
			answer := c.browser().do(t, http.MethodPost, "/graphql?marker", `{"marker":1}`)
			r := requireRefused(t, answer, http.StatusInternalServerError, fault.Internal)
			require.NotContains(t, r.Message, "marker")
			require.Empty(t, answer.Header.Get("Content-Encoding"), "of the answer that was meant")
			require.NotEqual(t, "3", answer.Header.Get("Content-Length"))
			require.NotContains(t, c.log.String(), "marker")
			require.NotContains(t, c.log.String(), "112-233")
			for _, line := range c.lines(t, "panic") {
				require.Equal(t, r.RequestID, line["request_id"])
				require.Contains(t, line["stack"], "edge_test.go")
			}
			require.Len(t, c.lines(t, "panic"), 1)
			require.EqualValues(t, 500, c.lines(t, "request")[0]["status"])
		})
	}
}

// lines are the log's with a message.
func (c *cabinet) lines(t *testing.T, message string) (found []map[string]any) {
	t.Helper()
	for line := range strings.Lines(c.log.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		if fields["msg"] == message {
			found = append(found, fields)
		}
	}
	return found
}

func TestAnAnswerThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	for name, write := range map[string]func(w http.ResponseWriter){
		"after the body began": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"data":`) },
		"after the status":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"on purpose":           func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t)
			c.api = func(w http.ResponseWriter, _ *http.Request) { write(w); panic("x") }
			server := httptest.NewUnstartedServer(nil)
			server.Config = web.NewServer(c, slog.New(slog.DiscardHandler))
			server.Start()
			t.Cleanup(server.Close)
			answer, err := server.Client().Post(server.URL+"/graphql", "application/json", strings.NewReader("{}"))
			if err == nil {
				var body []byte
				body, err = io.ReadAll(answer.Body)
				require.NotContains(t, string(body), "INTERNAL")
			}
			require.Error(t, err, "the client sees that it is cut")
			server.Close() // returns when the handler has
			require.Len(t, c.lines(t, "request"), 1, "it counts all the same")
		})
	}
}

func TestTheAccessLogKnowsRoutesAndNobody(t *testing.T) {
	const marker = "marker"
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	token, person := b.cookies[c.cookie], b.query(t).Person
	where := c.addDocument(t, person, marker+".pdf", marker)
	b.get(t, where, "User-Agent", marker, "Referer", "https://x/"+marker)
	b.get(t, "/documents/"+marker+"/versions/"+marker+"?"+marker)
	b.get(t, "/"+marker, "X-Marker", marker)
	b.do(t, strings.ToUpper(marker), "/graphql", "", csrf...)
	b.do(t, http.MethodPost, "/graphql?"+marker, marker, csrf...)
	b.do(t, http.MethodPost, "/fund/events", marker)
	b.do(t, http.MethodConnect, "/"+marker, "")
	b.get(t, "/auth/login?return_to=/"+marker)
	b.get(t, "/auth/callback?code="+marker+"&state="+marker)
	bearer := c.browser()
	bearer.do(t, http.MethodPost, "/graphql", "{}", "Authorization", "Bearer "+token)

	log := c.log.String()
	require.NotContains(t, strings.ToLower(log), marker)
	require.NotContains(t, log, token)
	require.NotContains(t, log, person.String())
	require.NotContains(t, log, strings.Split(where, "/")[2])
	require.NotContains(t, log, "Иванова")

	routes := map[string]bool{}
	for _, line := range c.lines(t, "request") {
		keys := make([]string, 0, len(line))
		for key := range line {
			keys = append(keys, key)
		}
		require.ElementsMatch(t, []string{"time", "level", "msg", "method", "route", "status", "took", "request_id"}, keys)
		routes[fmt.Sprint(line["method"], ": ", line["route"], ": ", line["status"])] = true
	}
	for _, want := range []string{
		"GET: GET /auth/login: 303", "GET: GET /auth/callback: 303", "GET: GET /auth/callback: 400", "POST: /graphql: 200", "other: /graphql: 200",
		"GET: GET /documents/{id}/versions/{n}: 200", "GET: GET /documents/{id}/versions/{n}: 404", "GET: none: 404", "other: none: 404",
		"POST: POST /fund/events: 401",
	} {
		require.Contains(t, routes, want)
	}

	families, err := c.metrics.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	require.Equal(t, "kabinet_http_request_duration_seconds", families[0].GetName())
	require.NotContains(t, strings.ToLower(families[0].String()), marker)
}

// deadlines is a writer that keeps the deadlines it was given.
type deadlines struct {
	*httptest.ResponseRecorder

	read []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = append(d.read, t)
	return nil
}

func TestEveryBodyHasATimeToArrive(t *testing.T) {
	c := newCabinet(t)
	for _, target := range []string{"/none", "/auth/logout", "/auth/session", "/graphql", "/fund/events"} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		before := time.Now()
		c.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader("x")))
		require.NotEmpty(t, w.read, target)
		require.WithinRange(t, w.read[0], before, before.Add(time.Minute))
		require.Equal(t, target == "/fund/events", w.read[len(w.read)-1].IsZero(), "work after the body has no deadline of the body: %s", target)
	}
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", nil)
	r.Body = http.NoBody
	c.ServeHTTP(w, r)
	require.Empty(t, w.read, "a stream without body has none")
}

func TestTheServerHasLimits(t *testing.T) {
	s := web.NewServer(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	require.LessOrEqual(t, s.ReadHeaderTimeout, 10*time.Second)
	require.Positive(t, s.ReadHeaderTimeout)
	require.Positive(t, s.IdleTimeout)
	require.LessOrEqual(t, s.MaxHeaderBytes, 64<<10)
	require.Positive(t, s.MaxHeaderBytes)
	require.Zero(t, s.WriteTimeout, "streams live long")
}
