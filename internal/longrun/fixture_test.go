package longrun_test

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/loopback"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// soon is how long anything may take that is only waited for.
const soon = time.Minute

// setting reads a size from the environment.
func setting(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

// settings are what the instances of one cabinet have in common.
type settings struct {
	binary          string
	database, redis string
	keyset          seal.Keyset
	fundSecret      string
}

// newSettings builds the program and makes keys.
func newSettings(t testing.TB, database, redis string) settings {
	t.Helper()
	s := settings{binary: filepath.Join(t.TempDir(), "kabinet"), database: database, redis: redis}
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", s.binary, "kabinet/cmd/kabinet").CombinedOutput()
	require.NoError(t, err, string(output))
	s.keyset, err = seal.GenerateKeyset()
	require.NoError(t, err)
	var secret [32]byte
	_, _ = rand.Read(secret[:])
	s.fundSecret = "whsec_" + base64.StdEncoding.EncodeToString(secret[:])
	return s
}

// open opens the database and Redis as a process beside the instances does.
func (s settings) open(t testing.TB) (*storage.Store, redis.UniversalClient) {
	t.Helper()
	store, err := storage.Open(t.Context(), s.database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	options, err := redis.ParseURL(s.redis)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return store, client
}

// instance is a process of the program, which may be ended and started again at the same addresses.
type instance struct {
	url, admin  string
	binary      string
	environment []string
	log         *os.File
	process     *exec.Cmd
}

// start starts an instance. All instances of a test have one keyset and one secret of the fund.
func (s settings) start(t testing.TB) *instance {
	t.Helper()
	public, admin, emulator := loopback.FreeAddress(t), loopback.FreeAddress(t), loopback.FreeAddress(t)
	directory := t.TempDir()
	keys, err := s.keyset.MarshalText()
	require.NoError(t, err)
	log, err := os.Create(filepath.Join(directory, "log"))
	require.NoError(t, err)
	i := &instance{url: "http://" + public, admin: "http://" + admin, binary: s.binary, log: log}
	i.environment = append(os.Environ(),
		"KABINET_MODE=demo", "KABINET_ADDR="+public, "KABINET_ADMIN_ADDR="+admin, "KABINET_ESIA_EMULATOR_ADDR="+emulator,
		"KABINET_DATA_DIR="+directory, "KABINET_DATABASE_URL="+s.database, "KABINET_REDIS_URL="+s.redis,
		"KABINET_KEYSET="+string(keys), "KABINET_FUND_SECRETS="+s.fundSecret, "KABINET_LOG_LEVEL=warn",
		"KABINET_DEMO_FUND=off", "KABINET_SESSION_IDLE=12h", "KABINET_SESSION_ABSOLUTE=12h",
	)
	t.Cleanup(func() {
		if i.process != nil {
			_ = i.process.Process.Kill()
			_ = i.process.Wait()
		}
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s said at last:\n%s", i.url, tail(log.Name()))
		}
	})
	i.run(t)
	return i
}

// tail is the end of a file.
func tail(name string) string {
	const most = 4000
	text, _ := os.ReadFile(name)
	return string(text[max(0, len(text)-most):])
}

// run starts the process and waits until it is ready.
func (i *instance) run(t testing.TB) {
	t.Helper()
	process := exec.Command(i.binary, "serve")
	process.Env, process.Stderr = i.environment, i.log
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, process.Start())
	i.process = process
	require.Eventually(t, func() bool {
		response, err := http.Get(i.admin + "/readyz")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, soon, 10*time.Millisecond, "the instance is not ready")
}

// stop ends the process as an operator does, wants it to end well, and tells how long it took.
func (i *instance) stop(t testing.TB) time.Duration {
	t.Helper()
	began := time.Now()
	require.NoError(t, i.process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, i.process.Wait())
	i.process = nil
	return time.Since(began)
}

// kill ends the process as a power cut does.
func (i *instance) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, i.process.Process.Kill())
	_ = i.process.Wait() // it says that it was killed
	i.process = nil
}

// metric reads one number of the process.
func (i *instance) metric(t testing.TB, name string) float64 {
	t.Helper()
	text := i.get(t, "/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	require.NotNil(t, found, "%s is not among the metrics", name)
	value, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	return value
}

// get asks at the operators' address.
func (i *instance) get(t testing.TB, path string) string {
	t.Helper()
	response, err := http.Get(i.admin + path)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	text := make([]byte, 0, 64<<10)
	buffer := make([]byte, 16<<10)
	for {
		n, err := response.Body.Read(buffer)
		text = append(text, buffer[:n]...)
		if err != nil {
			return string(text)
		}
	}
}

// quiet is a log that nobody reads.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
