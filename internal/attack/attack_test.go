//go:build attack

package attack_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// needle is in every hostile request and must be in no answer.
const needle = "112-233-445 95"

// target is the server, and somebody who is signed in at it.
type target struct {
	t      *testing.T
	url    string
	client *http.Client
}

func signedIn(t *testing.T) *target {
	t.Helper()
	address := os.Getenv("KABINET_E2E_URL")
	require.NotEmpty(t, address, "KABINET_E2E_URL is not set: run `make attack`")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: nil}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/auth/login?return_to=/auth/session", nil)
	require.NoError(t, err)
	r.Header.Set("X-Demo-Persona", "petrov")
	response, err := client.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	return &target{t: t, url: address, client: client}
}

func (a *target) do(method, path string, body io.Reader, header map[string]string) (status int, answer string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, body)
	require.NoError(a.t, err)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := a.client.Do(r)
	require.NoError(a.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	return response.StatusCode, string(text)
}

func json200() map[string]string {
	return map[string]string{"Content-Type": "application/json", "X-CSRF": "1"}
}

// refused sends a body to /graphql and wants it refused with one of the codes.
func (a *target) refused(name, body string, codes ...string) {
	a.t.Run(name, func(t *testing.T) {
		a := &target{t: t, url: a.url, client: a.client}
		_, answer := a.do(http.MethodPost, "/graphql", strings.NewReader(body), json200())
		require.LessOrEqual(t, len(answer), 1024)
		require.NotContains(t, answer, needle)
		var decoded struct {
			Errors []struct{ Extensions struct{ Code string } }
		}
		require.NoError(t, json.Unmarshal([]byte(answer), &decoded), answer)
		require.NotEmpty(t, decoded.Errors, answer)
		for _, e := range decoded.Errors {
			require.Contains(t, codes, e.Extensions.Code, answer)
		}
	})
}

func query(document string) string {
	body, _ := json.Marshal(map[string]string{"query": document})
	return string(body)
}

func TestSize(t *testing.T) {
	a := signedIn(t)
	const tooMuch, wrong = "LIMIT_EXCEEDED", "BAD_INPUT"
	var aliases strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&aliases, "a%d: __typename ", i)
	}
	a.refused("10,000 aliases", query("{ "+aliases.String()+" }"), tooMuch)
	a.refused("16,000 __typename", query("{ "+strings.Repeat("__typename ", 16_000)+" }"), tooMuch)
	a.refused("10,000 directives", query("{ __typename "+strings.Repeat("@x ", 10_000)+" }"), tooMuch)
	a.refused("depth 4,000", query(strings.Repeat("{ a ", 4_000)+strings.Repeat("}", 4_000)), tooMuch)
	a.refused("a fragment cycle", query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"), tooMuch, wrong)
	doubling := "{ ...f0 } "
	for i := range 40 {
		doubling += fmt.Sprintf("fragment f%d on Query { ...f%d ...f%d } ", i, i+1, i+1)
	}
	a.refused("fragments doubling", query(doubling+"fragment f40 on Query { __typename }"), tooMuch, wrong)
	a.refused("first: 2147483647", query("{ viewer { sickLeaves(first: 2147483647) { nodes { id } } } }"), tooMuch, wrong)
	a.refused("a batch", "["+query("{ __typename }")+"]", wrong)
	a.refused("64 MB of variables", `{"query":"{ __typename }","variables":{"a":"`+strings.Repeat("a", 64<<20)+`"}}`, tooMuch)
}

func TestValues(t *testing.T) {
	a := signedIn(t)
	const first = "query($n: Int) { viewer { sickLeaves(first: $n) { nodes { id } } } }"
	for _, n := range []string{"2147483648", "9223372036854775808", "1e400", "1.5", `"20"`, "true", "[20]", "{}"} {
		a.refused("Int "+n, `{"query":"`+first+`","variables":{"n":`+n+`}}`, "BAD_INPUT")
	}
	a.refused("NUL", query(`mutation { saveAppealDraft(input: {kind: INQUIRY, body: "a\u0000b", idempotencyKey: "0123456789"}) { appeal { id } } }`), "BAD_INPUT")
	a.refused("half a pair", query(`mutation { saveAppealDraft(input: {kind: INQUIRY, body: "\ud800", idempotencyKey: "0123456789"}) { appeal { id } } }`), "BAD_INPUT")
	a.refused("a SNILS for an id", query(`{ node(id: "`+needle+`") { id } }`), "BAD_INPUT")
	a.refused("broken JSON with a SNILS", `{"query": "`+needle+`", `, "BAD_INPUT")
	a.refused("a doubled key", `{"query":"{ __typename }","query":"`+needle+`"}`, "BAD_INPUT")
}

func TestForgedRequests(t *testing.T) {
	a := signedIn(t)
	mutation := query(`mutation { saveAppealDraft(input: {kind: INQUIRY, idempotencyKey: "forged-request"}) { appeal { id } } }`)
	for name, test := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
	}{
		"cookie without the header": {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json"}, 403},
		"GET with the cookie only":  {"GET", "/graphql?query=" + url.QueryEscape("{ viewer { accessLevel } }"), "", nil, 403},
		"a mutation by GET":         {"GET", "/graphql?query=" + url.QueryEscape(`mutation { saveAppealDraft(input: {kind: INQUIRY, idempotencyKey: "forged-request"}) { appeal { id } } }`), "", map[string]string{"X-CSRF": "1"}, 405},
		"an upgrade header":         {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json", "Upgrade": "websocket"}, 403},
		"text/plain":                {"POST", "/graphql", mutation, map[string]string{"Content-Type": "text/plain", "X-CSRF": "1"}, 415},
		"a form":                    {"POST", "/graphql", "query=%7B__typename%7D", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "X-CSRF": "1"}, 415},
		"multipart":                 {"POST", "/graphql", "--x--", map[string]string{"Content-Type": "multipart/form-data; boundary=x", "X-CSRF": "1"}, 415},
		"application/graphql":       {"POST", "/graphql", "{ __typename }", map[string]string{"Content-Type": "application/graphql", "X-CSRF": "1"}, 415},
		"another charset":           {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json; charset=utf-7", "X-CSRF": "1"}, 415},
		"a foreign origin":          {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json", "X-CSRF": "1", "Origin": "https://evil.example"}, 403},
		"a cross-site fetch":        {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json", "X-CSRF": "1", "Sec-Fetch-Site": "cross-site"}, 403},
		"GET /auth/logout":          {"GET", "/auth/logout", "", nil, 405},
		"a token beside the cookie": {"POST", "/graphql", mutation, map[string]string{"Content-Type": "application/json", "X-CSRF": "1", "Authorization": "Bearer abc"}, 400},
		"a callback of nobody":      {"GET", "/auth/callback?code=" + url.QueryEscape(needle) + "&state=x", "", nil, 400},
	} {
		t.Run(name, func(t *testing.T) {
			a := &target{t: t, url: a.url, client: a.client}
			status, answer := a.do(test.method, test.path, strings.NewReader(test.body), test.header)
			require.Equal(t, test.status, status, answer)
			require.Contains(t, answer, `"code":`)
			require.NotContains(t, answer, needle)
			require.LessOrEqual(t, len(answer), 1024)
		})
	}
	status, answer := a.do("POST", "/graphql", strings.NewReader(query(`{ viewer { appeals(filter: {states: [DRAFT]}) { nodes { subject } totalCount } } }`)), json200())
	require.Equal(t, 200, status)
	require.NotContains(t, answer, "forged-request")
}

func TestCompression(t *testing.T) {
	a := signedIn(t)
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	for range 100 {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	header := json200()
	header["Content-Encoding"] = "gzip"
	status, _ := a.do("POST", "/graphql", &bomb, header)
	require.Equal(t, http.StatusUnsupportedMediaType, status)
}

// What arrives byte by byte is cut off, whoever would have read it.
func TestSlowness(t *testing.T) {
	t.Parallel()
	address := strings.TrimPrefix(os.Getenv("KABINET_E2E_URL"), "http://")
	require.NotEmpty(t, address)
	for name, head := range map[string]string{
		"headers":             "GET /auth/session HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"a body":              "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
		"a body nobody reads": "POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"a body of a GET":     "GET /auth/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection, err := net.Dial("tcp", address)
			require.NoError(t, err)
			defer func() { _ = connection.Close() }()
			_, err = io.WriteString(connection, head)
			require.NoError(t, err)
			stop := make(chan struct{})
			defer close(stop)
			go func() {
				drip := time.NewTicker(500 * time.Millisecond)
				defer drip.Stop()
				for {
					select {
					case <-stop:
						return
					case <-drip.C:
						if _, err := connection.Write([]byte("a")); err != nil {
							return
						}
					}
				}
			}()
			require.NoError(t, connection.SetReadDeadline(time.Now().Add(20*time.Second)))
			_, err = io.Copy(io.Discard, connection)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the connection is still open")
		})
	}
}

func TestRedirects(t *testing.T) {
	a := signedIn(t)
	for _, to := range []string{"//e.example", `/\e.example`, "/%09/e.example", "https:e.example", "javascript:alert(1)", "https://e.example/", "/\t/e.example"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/auth/login?return_to="+url.QueryEscape(to), nil)
		require.NoError(t, err)
		r.Header.Set("X-Demo-Persona", "petrov")
		response, err := a.client.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, strings.TrimPrefix(a.url, "http://"), response.Request.URL.Host, to)
		require.Equal(t, "/dev", response.Request.URL.Path, "%s goes to /, which is the start page", to)
	}
}
