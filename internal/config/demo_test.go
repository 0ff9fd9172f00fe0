package config_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/blob"
	"kabinet/internal/clock"
	"kabinet/internal/config"
	"kabinet/internal/fund"
	"kabinet/internal/seal"
)

// demo is the demo's configuration in a directory, as far as it has to be given.
func demo(directory string) *config.Config {
	return &config.Config{
		Mode: config.Demo, Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:8081", DataDir: directory,
		SessionIdle: 15 * time.Minute, SessionAbsolute: 12 * time.Hour,
	}
}

func TestDemoMakesItsSecretsAndKeepsThem(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "new", "data")
	first, second := demo(directory), demo(directory)
	require.NoError(t, first.Complete())
	require.NoError(t, first.Check())
	require.NoError(t, second.Complete())
	require.Equal(t, first, second)

	var keys seal.Keyset
	require.NoError(t, keys.UnmarshalText([]byte(first.Keyset.Reveal())))
	_, err := fund.NewVerifier(clock.System{}, first.FundSecrets[0].Reveal())
	require.NoError(t, err)
	require.Equal(t, "sqlite:"+filepath.Join(directory, "kabinet.db"), first.DatabaseURL.Reveal())
	require.Empty(t, first.RedisURL, "in the same process")

	info, err := os.Stat(directory)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing half-written is left")
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), entry.Name())
	}

	other := demo(t.TempDir())
	require.NoError(t, other.Complete())
	require.NotEqual(t, first.Keyset, other.Keyset)
	require.NotEqual(t, first.FundSecrets, other.FundSecrets)
}

func TestDemosThatStartAtOnceShareTheSecrets(t *testing.T) {
	directory := t.TempDir()
	all := make([]*config.Config, 16)
	var wg sync.WaitGroup
	for i := range all {
		all[i] = demo(directory)
		wg.Go(func() {
			if err := all[i].Complete(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range all {
		require.Equal(t, all[0], c)
	}
}

func TestWhatIsGivenIsLeftAlone(t *testing.T) {
	directory := t.TempDir()
	given := demo(directory)
	given.PublicURL, given.DatabaseURL, given.BlobURL = "http://demo.example.ru", "postgres://db/kabinet", "file:///blobs"
	given.Keyset, given.FundSecrets = "keys", []config.Secret{"one", "two"}
	given.MobileRedirects = []string{"http://[::1]/callback", "ru.sfr.kabinet:/callback", "http://127.0.0.1/callback"}
	want := *given
	require.NoError(t, given.Complete())
	require.Equal(t, &want, given)
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Empty(t, entries, "no secret is made that nobody needs")
}

// TestTheDemoAnswersProgramsUnderDevelopment, on the device on which they run, without being told.
func TestTheDemoAnswersProgramsUnderDevelopment(t *testing.T) {
	for _, given := range [][]string{{"--mode=demo"}, {"--mode=demo", "--mobile-redirects=com.example.app:/back"}} {
		c := parse(t, append(given, "--data-dir="+t.TempDir())...)
		registered := append([]string(nil), c.MobileRedirects...)
		want := append(registered, "http://127.0.0.1/callback", "http://[::1]/callback")
		for range 2 {
			require.NoError(t, c.Complete())
			require.NoError(t, c.Check())
			require.Equal(t, want, c.MobileRedirects)
		}
	}
}

func TestCompleteChangesNothingInProduction(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "data")
	for _, mode := range []config.Mode{config.Production, "", "Demo"} {
		c := &config.Config{Mode: mode, DataDir: directory, Addr: "127.0.0.1:8080"}
		want := *c
		require.NoError(t, c.Complete())
		require.Equal(t, &want, c)
	}
	require.NoDirExists(t, directory)
}

func TestDemosAddressIsOneThatABrowserCanOpen(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "localhost:1": "http://localhost:1", "[::1]:8080": "http://[::1]:8080",
		":8080": "http://127.0.0.1:8080", "0.0.0.0:8080": "http://127.0.0.1:8080", "[::]:8080": "http://127.0.0.1:8080",
	} {
		c := demo(t.TempDir())
		c.Addr = listen
		require.NoError(t, c.Complete())
		require.NoError(t, c.Check())
		require.Equal(t, want, c.PublicURL)
	}
	c := demo(t.TempDir())
	c.Addr = "8080"
	require.ErrorContains(t, c.Complete(), "KABINET_ADDR")
}

func TestTheDataDirectoryMayHaveAnyName(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "a b#c?d%zz é")
	c := demo(directory)
	require.NoError(t, c.Complete())
	_, err := blob.Open(c.BlobURL.Reveal())
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(directory, "blobs"))
}

func TestDemoTellsWhatIsWrongWithTheDirectory(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, demo(file).Complete(), "data directory")

	for _, name := range []string{"keyset", "fund-secret"} {
		directory := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(directory, name), 0o700))
		require.ErrorContains(t, demo(directory).Complete(), "read secret")
	}
}
