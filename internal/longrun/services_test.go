//go:build longrun

package longrun_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"kabinet/internal/loopback"
)

// server is a PostgreSQL or a Redis of the test's own, which it may stop, kill and start again at the same address.
type server struct {
	name      string
	address   string
	arguments []string
	account   *syscall.Credential // whom it runs as; nil: as the test
	log       *os.File
	process   *exec.Cmd
	answers   func(ctx context.Context) error
}

func (s *server) start(t testing.TB) {
	t.Helper()
	s.process = exec.Command(s.arguments[0], s.arguments[1:]...)
	s.process.Dir = "/"
	s.process.Stdout, s.process.Stderr = s.log, s.log
	// A group of its own: a Ctrl-C is for the test, which then ends it.
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.account, Pdeathsig: syscall.SIGQUIT}
	require.NoError(t, s.process.Start())
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return s.answers(ctx) == nil
	}, soon, 10*time.Millisecond, "%s does not answer", s.name)
}

// end ends it by a signal.
func (s *server) end(t testing.TB, by syscall.Signal) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(by))
	_ = s.process.Wait() // not every signal is a good end
}

// restart ends it by a signal and starts it again after a pause.
func (s *server) restart(t testing.TB, by syscall.Signal, away time.Duration) {
	t.Helper()
	s.end(t, by)
	pause(t, away)
	s.start(t)
}

// hang stops it for a while without ending it: connections stand, and nobody answers.
func (s *server) hang(t testing.TB, d time.Duration) {
	t.Helper()
	require.NoError(t, s.process.Process.Signal(syscall.SIGSTOP))
	pause(t, d)
	require.NoError(t, s.process.Process.Signal(syscall.SIGCONT))
}

// pause lets the trouble last.
func pause(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(d):
	}
}

func newServer(t testing.TB, name string) *server {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	require.NoError(t, err)
	s := &server{name: name, address: loopback.FreeAddress(t), log: log}
	t.Cleanup(func() {
		_ = s.process.Process.Signal(syscall.SIGCONT)
		_ = s.process.Process.Signal(syscall.SIGQUIT)
		_ = s.process.Wait()
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s said at last:\n%s", name, tail(log.Name()))
		}
	})
	return s
}

// startRedis starts a Redis that keeps nothing over its end.
func startRedis(t testing.TB) *server {
	t.Helper()
	s := newServer(t, "redis")
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	program, err := exec.LookPath("redis-server")
	require.NoError(t, err)
	s.arguments = []string{program, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--appendonly", "no"}
	client := s.redis(t)
	s.answers = func(ctx context.Context) error { return client.Ping(ctx).Err() }
	s.start(t)
	return s
}

func (s *server) redis(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.address})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// startPostgres starts a PostgreSQL that keeps what was committed over its own death, though not over the machine's.
func startPostgres(t testing.TB) *server {
	t.Helper()
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	require.NoError(t, err)
	require.NotEmpty(t, programs, "PostgreSQL is not installed: run `make longrun`")
	programs = slices.SortedFunc(slices.Values(programs), func(a, b string) int { return version(a) - version(b) })
	program := programs[len(programs)-1]
	s := newServer(t, "postgres")
	// Its account must be able to reach the directory, as it is not in one of the test's.
	directory, err := os.MkdirTemp("", "kabinet-longrun-") //nolint:usetesting // that of the test is closed to other accounts
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(directory)) })
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		s.account = accountOf(t, "postgres", "nobody")
		require.NoError(t, os.Chown(directory, int(s.account.Uid), int(s.account.Gid)))
	}
	data := filepath.Join(directory, "data")
	initialise := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(program), "initdb"), "--pgdata="+data,
		"--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initialise.Dir, initialise.SysProcAttr = "/", &syscall.SysProcAttr{Credential: s.account}
	output, err := initialise.CombinedOutput()
	require.NoError(t, err, string(output))

	_, port, err := net.SplitHostPort(s.address)
	require.NoError(t, err)
	s.arguments = []string{program, "-D", data, "-p", port}
	for _, parameter := range []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=" + directory, "fsync=off", "full_page_writes=off",
		"max_connections=200", "shared_buffers=128MB", "timezone=UTC",
	} {
		s.arguments = append(s.arguments, "-c", parameter)
	}
	s.answers = func(ctx context.Context) error {
		c, err := pgx.Connect(ctx, s.postgresURL())
		if err != nil {
			return err
		}
		return c.Close(ctx)
	}
	s.start(t)
	return s
}

func (s *server) postgresURL() string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", s.address)
}

// version is that of the directory in which a program of PostgreSQL stands.
func version(program string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	return n
}

// accountOf is the first of some users that there is.
func accountOf(t testing.TB, names ...string) *syscall.Credential {
	t.Helper()
	for _, name := range names {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		require.NoError(t, err)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	require.FailNow(t, "no account for PostgreSQL")
	return nil
}
