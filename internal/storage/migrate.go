package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"kabinet/ent/migrate"
)

// ErrVersion is given by CheckVersion when the database is not at the version that this program was built for.
var ErrVersion = errors.New("the database is not at this program's version; run `kabinet migrate`")

// versionTable is goose's own table. The name is ours so that it can stand beside other programs' in one database.
const versionTable = "kabinet_schema_version"

// MigrationDir is the directory, within ent/migrate, of a dialect's migrations.
func MigrationDir(kind string) string {
	if kind == dialect.Postgres {
		return "postgres"
	}
	return "sqlite"
}

func (s *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(migrate.Files, MigrationDir(s.kind))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	gooseDialect := database.DialectSQLite3
	if s.kind == dialect.Postgres {
		gooseDialect = database.DialectPostgres
	}
	store, err := database.NewStore(gooseDialect, versionTable)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider("", s.db, files, goose.WithStore(store))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

// Migrate brings the schema to this program's version and tells how many steps that took.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	p, err := s.migrations()
	if err != nil {
		return 0, err
	}
	// A migration may take its time: it runs on a connection without the limits of requests.
	if s.kind == dialect.Postgres {
		if _, err := s.db.ExecContext(ctx, "SET statement_timeout = 0"); err != nil {
			return 0, fmt.Errorf("migrate: %w", err)
		}
	}
	results, err := p.Up(ctx)
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	return len(results), nil
}

// CheckVersion gives ErrVersion unless the schema is exactly at this program's version.
func (s *Store) CheckVersion(ctx context.Context) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current != target {
		return fmt.Errorf("%w (at %d, wanted %d)", ErrVersion, current, target)
	}
	return nil
}
