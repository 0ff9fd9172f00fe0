package storage_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/ent/migrate"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// eachEmpty runs a test on an empty database of each kind.
func eachEmpty(t *testing.T, test func(t *testing.T, s *storage.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "kabinet.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		address, drop, err := storagetest.NewPostgresDatabase(t.Context())
		require.NoError(t, err)
		t.Cleanup(drop)
		test(t, open(t, address))
	})
}

func open(t *testing.T, address string) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestADatabaseThatIsNotMigratedIsRefused(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *storage.Store) {
		require.ErrorIs(t, s.CheckVersion(t.Context()), storage.ErrVersion)

		steps, err := s.Migrate(t.Context())
		require.NoError(t, err)
		require.Positive(t, steps)
		require.NoError(t, s.CheckVersion(t.Context()))
	})
}

func TestADatabaseOfANewerProgramIsRefused(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *storage.Store) {
		_, err := s.Migrate(t.Context())
		require.NoError(t, err)
		_, err = s.DB().ExecContext(t.Context(),
			"INSERT INTO kabinet_schema_version (version_id, is_applied) VALUES (99990101000000, true)")
		require.NoError(t, err)
		require.ErrorIs(t, s.CheckVersion(t.Context()), storage.ErrVersion)
	})
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *storage.Store) {
		_, err := s.Migrate(t.Context())
		require.NoError(t, err)
		before := shape(t, s)
		require.NotEmpty(t, before)

		steps, err := s.Migrate(t.Context())
		require.NoError(t, err)
		require.Zero(t, steps)
		require.Equal(t, before, shape(t, s))
	})
}

func TestMigrationsMakeEveryTableAndIndex(t *testing.T) {
	eachEmpty(t, func(t *testing.T, s *storage.Store) {
		_, err := s.Migrate(t.Context())
		require.NoError(t, err)
		made := strings.Join(shape(t, s), "\n")
		for _, table := range migrate.Tables {
			require.Contains(t, made, table.Name)
			for _, index := range table.Indexes {
				require.Contains(t, made, index.Name)
			}
		}
	})
}

// shape lists the names of tables and indexes.
func shape(t *testing.T, s *storage.Store) []string {
	t.Helper()
	query := "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1"
	if s.Dialect() == "postgres" {
		query = `SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
			FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`
	}
	rows, err := s.DB().QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var found []string
	for rows.Next() {
		var one string
		require.NoError(t, rows.Scan(&one))
		found = append(found, one)
	}
	require.NoError(t, rows.Err())
	return found
}

func TestAnAddressThatCannotBeOpenedIsRefusedWithoutItsSecrets(t *testing.T) {
	for name, address := range map[string]string{
		"empty":             "",
		"another kind":      "mysql://user:topsecret@localhost/db",
		"no file":           "sqlite:",
		"not an address":    "postgres://user:topsecret@[::1/db?x=%zz",
		"no such directory": "sqlite:" + filepath.Join(t.TempDir(), "missing", "kabinet.db"),
		"nobody there":      "postgres://user:topsecret@127.0.0.1:1/db?connect_timeout=2",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := storage.Open(t.Context(), address)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "topsecret")
		})
	}
}
