package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStart measures what README.md promises of the demo: how long from the start of the process until it is ready,
// on a fresh directory (migrations and demo people included) and on one with data, and how much memory it holds when idle.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "kabinet")
	output, err := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".").CombinedOutput()
	require.NoError(b, err, string(output))
	var first, later time.Duration
	var memory int
	for b.Loop() {
		data := b.TempDir()
		took, _ := startOnce(b, binary, data, 0)
		first += took
		took, held := startOnce(b, binary, data, 3*time.Second)
		later += took
		memory += held
	}
	n := float64(b.N)
	b.ReportMetric(first.Seconds()*1000/n, "ms-first-start")
	b.ReportMetric(later.Seconds()*1000/n, "ms-later-start")
	b.ReportMetric(float64(memory)/1024/n, "MiB-idle")
	b.ReportMetric(0, "ns/op")
}

// startOnce starts the program, waits until it is ready, lets it idle, and gives its resident memory in KiB.
func startOnce(b *testing.B, binary, data string, idle time.Duration) (took time.Duration, memory int) {
	b.Helper()
	const public, admin, emulator = "127.0.0.1:18480", "127.0.0.1:18481", "127.0.0.1:18490"
	ctx, cancel := context.WithTimeout(b.Context(), deadline)
	defer cancel()
	process := exec.CommandContext(ctx, binary, "serve")
	process.Env = append(os.Environ(), "KABINET_MODE=demo", "KABINET_ADDR="+public, "KABINET_ADMIN_ADDR="+admin,
		"KABINET_ESIA_EMULATOR_ADDR="+emulator, "KABINET_DATA_DIR="+data)
	began := time.Now()
	require.NoError(b, process.Start())
	for {
		response, err := http.Get("http://" + admin + "/readyz")
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		require.NoError(b, ctx.Err())
		time.Sleep(2 * time.Millisecond)
	}
	took = time.Since(began)
	time.Sleep(idle)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Process.Pid))
	require.NoError(b, err)
	memory, err = strconv.Atoi(regexp.MustCompile(`VmRSS:\s+(\d+)`).FindStringSubmatch(string(status))[1])
	require.NoError(b, err)
	require.NoError(b, process.Process.Signal(os.Interrupt))
	require.NoError(b, process.Wait())
	return took, memory
}
