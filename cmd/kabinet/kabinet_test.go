package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/loopback"
	"kabinet/internal/storage/storagetest"
)

// deadline is how long anything may take that these tests wait for.
const deadline = 30 * time.Second

// build links the program once for all tests.
var build = sync.OnceValues(func() (binary string, err error) {
	directory, err := os.MkdirTemp("", "kabinet-test-*")
	if err != nil {
		return "", err
	}
	binary = filepath.Join(directory, "kabinet")
	output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return binary, nil
})

// TestMain removes what build has made.
func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

func built(t *testing.T) string {
	t.Helper()
	binary, err := build()
	require.NoError(t, err)
	return binary
}

// each runs a test against the real program, once with nothing else and once on PostgreSQL and Redis.
func each(t *testing.T, test func(t *testing.T, p *program)) {
	t.Helper()
	binary := built(t)
	t.Run("embedded", func(t *testing.T) { test(t, start(t, binary, nil)) })
	t.Run("services", func(t *testing.T) {
		database, drop, err := storagetest.NewPostgresDatabase(t.Context())
		require.NoError(t, err)
		t.Cleanup(drop)
		redis := os.Getenv("KABINET_TEST_REDIS_URL")
		require.NotEmpty(t, redis, "KABINET_TEST_REDIS_URL is not set: run `make test`")
		test(t, start(t, binary, []string{"KABINET_DATABASE_URL=" + database, "KABINET_REDIS_URL=" + redis}))
	})
}

// program is a started kabinet.
type program struct {
	binary      string
	environment []string
	url, admin  string
	log         *bytes.Buffer
	process     *exec.Cmd
}

func start(t *testing.T, binary string, settings []string) *program {
	t.Helper()
	address, admin, emulator := loopback.FreeAddress(t), loopback.FreeAddress(t), loopback.FreeAddress(t)
	p := &program{binary: binary, url: "http://" + address, admin: "http://" + admin, log: &bytes.Buffer{}}
	p.environment = append(os.Environ(), append([]string{
		"KABINET_MODE=demo", "KABINET_ADDR=" + address, "KABINET_ADMIN_ADDR=" + admin,
		"KABINET_ESIA_EMULATOR_ADDR=" + emulator, "KABINET_DATA_DIR=" + t.TempDir(),
		"KABINET_DEMO_FUND=quiet", // nothing happens but what a test does
	}, settings...)...)
	p.run(t)
	return p
}

// run starts the process and waits until it is ready.
func (p *program) run(t *testing.T) {
	t.Helper()
	p.process = exec.Command(p.binary, "serve")
	p.process.Env, p.process.Stderr = p.environment, p.log
	require.NoError(t, p.process.Start())
	process := p.process
	t.Cleanup(func() {
		_ = process.Process.Kill()
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	require.Eventually(t, func() bool {
		response, err := http.Get(p.admin + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, deadline, 10*time.Millisecond, "not ready")
}

// stop ends the process as an operator does and wants it to end well.
func (p *program) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.process.Wait(), p.log.String())
}

// kill ends the process as a power cut does.
func (p *program) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.process.Process.Kill())
	_ = p.process.Wait() // it says that it was killed
}

// event sends a CloudEvent with the program's own command and gives its answer.
func (p *program) event(t *testing.T, kind, subject, sequence string, data map[string]any) (answer string, ok bool) {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"specversion": "1.0", "id": "test-" + subject + "-" + sequence, "source": "urn:test", "type": kind,
		"subject": subject, "sequence": sequence, "datacontenttype": "application/json", "data": data,
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "event.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	send := exec.CommandContext(t.Context(), p.binary, "event", "send", file)
	send.Env = p.environment
	output, err := send.CombinedOutput()
	return string(output), err == nil
}

// citizen is a browser with a cookie jar in which somebody is signed in.
type citizen struct {
	t      *testing.T
	p      *program
	client *http.Client
}

// stranger is a browser in which nobody is signed in.
func (p *program) stranger(t *testing.T) *citizen {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &citizen{t: t, p: p, client: &http.Client{Jar: jar, Timeout: deadline}}
}

func (p *program) login(t *testing.T, name string) *citizen {
	t.Helper()
	c := p.stranger(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/auth/login?return_to=/auth/session", nil)
	require.NoError(t, err)
	request.Header.Set("X-Demo-Persona", name)
	status, body := c.do(request)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"authenticated":true`)
	return c
}

func (c *citizen) do(r *http.Request) (status int, body string) {
	c.t.Helper()
	response, err := c.client.Do(r)
	require.NoError(c.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return response.StatusCode, string(text)
}

// request makes a GraphQL request with the headers that a browser app sends.
func (c *citizen) request(ctx context.Context, document string, variables map[string]any) *http.Request {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	require.NoError(c.t, err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.p.url+"/graphql", bytes.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Csrf", "1")
	return r
}

// query asks, wants no errors, and decodes the data.
func (c *citizen) query(document string, variables map[string]any, into any) {
	c.t.Helper()
	status, body := c.do(c.request(c.t.Context(), document, variables))
	require.Equal(c.t, http.StatusOK, status, body)
	var answer struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	require.NoError(c.t, json.Unmarshal([]byte(body), &answer))
	require.Empty(c.t, answer.Errors, body)
	require.NoError(c.t, json.Unmarshal(answer.Data, into))
}

// cookies is the Cookie header that the browser sends.
func (c *citizen) cookies() string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.p.url+"/", nil)
	require.NoError(c.t, err)
	parts := make([]string, 0, 1)
	for _, cookie := range c.client.Jar.Cookies(r.URL) {
		parts = append(parts, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(parts, "; ")
}
