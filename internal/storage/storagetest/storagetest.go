// Package storagetest gives every test a fresh, migrated database of each kind.
//
// SQLite needs nothing. PostgreSQL is the server named by KABINET_TEST_POSTGRES_URL, which `make test` starts;
// without it the tests fail, for a test that runs on one database only proves half.
package storagetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"kabinet/ent/migrate"
	"kabinet/internal/storage"
)

// PostgresVariable names the server on which databases are made.
const PostgresVariable = "KABINET_TEST_POSTGRES_URL"

// deadline bounds the making of one database.
const deadline = time.Minute

// Each runs a test on SQLite and again on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, s *storage.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, OpenSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres(t)) })
}

// OpenSQLite opens a fresh, migrated SQLite database that is removed with the test.
func OpenSQLite(t testing.TB, opts ...storage.Option) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "kabinet.db"), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

// OpenPostgres opens a fresh, migrated PostgreSQL database that is dropped with the test.
func OpenPostgres(t testing.TB, opts ...storage.Option) *storage.Store {
	t.Helper()
	address, drop, err := NewMigratedPostgresDatabase(t.Context())
	require.NoError(t, err)
	t.Cleanup(drop)
	s, err := storage.Open(t.Context(), address, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// NewPostgresDatabase makes an empty database and gives its address and what drops it.
func NewPostgresDatabase(ctx context.Context) (address string, drop func(), err error) {
	return create(ctx, "")
}

// NewMigratedPostgresDatabase makes a database at the newest version. It is copied from a template that is migrated
// once for a set of migrations, by whichever test process comes first.
func NewMigratedPostgresDatabase(ctx context.Context) (address string, drop func(), err error) {
	template, err := ensureTemplate(ctx)
	if err != nil {
		return "", nil, err
	}
	return create(ctx, template)
}

func create(ctx context.Context, template string) (address string, drop func(), err error) {
	name := "kabinet_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	if err := onServer(ctx, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement)
		return err
	}); err != nil {
		return "", nil, err
	}
	address, err = addressOf(name)
	if err != nil {
		return "", nil, err
	}
	return address, func() {
		// The test's context is over when its cleanups run.
		_ = onServer(context.Background(), func(ctx context.Context, c *pgx.Conn) error {
			_, err := c.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			return err
		})
	}, nil
}

// templateLock is the advisory lock under which the template is made: any number, the same in every process.
const templateLock = 7_216_354

func ensureTemplate(ctx context.Context) (string, error) {
	name, err := templateName()
	if err != nil {
		return "", err
	}
	return name, onServer(ctx, func(ctx context.Context, c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
			return err
		}
		var exists bool
		if err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || exists {
			return err
		}
		// Made under another name and renamed when whole, so that a killed run leaves no half-made template.
		address, drop, err := create(ctx, "")
		if err != nil {
			return err
		}
		s, err := storage.Open(ctx, address)
		if err != nil {
			drop()
			return err
		}
		_, err = s.Migrate(ctx)
		if err := errors.Join(err, s.Close()); err != nil {
			drop()
			return err
		}
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		_, err = c.Exec(ctx, "ALTER DATABASE "+strings.TrimPrefix(u.Path, "/")+" RENAME TO "+name)
		return err
	})
}

func templateName() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrate.Files, "postgres", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := migrate.Files.ReadFile(path)
		sum.Write(content)
		return err
	})
	return "kabinet_template_" + hex.EncodeToString(sum.Sum(nil)[:8]), err
}

func onServer(ctx context.Context, f func(ctx context.Context, c *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	address, err := addressOf("")
	if err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to the test PostgreSQL: %w", err)
	}
	defer func() { _ = c.Close(ctx) }()
	return f(ctx, c)
}

func addressOf(database string) (string, error) {
	server := os.Getenv(PostgresVariable)
	if server == "" {
		return "", errors.New(PostgresVariable + " is not set: run `make test`, or `scripts/with-services go test ./…`")
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New(PostgresVariable + " is not an address")
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String(), nil
}
