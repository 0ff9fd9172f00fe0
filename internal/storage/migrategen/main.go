// Command migrategen writes the next versioned migration of both dialects from the difference between
// ent/schema and the migrations that exist, or, with -check, fails when there is a difference.
//
// The PostgreSQL side is worked out on an empty scratch database of the server named by
// KABINET_TEST_POSTGRES_URL; `make migrate NAME=…` starts one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	"kabinet/ent/migrate"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail when the schema and the migrations differ")
	flag.Parse()
	if err := run(context.Background(), *check, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "migrategen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool, name string) error {
	if name == "" && !check {
		return errors.New("give the migration a name: make migrate NAME=add_something")
	}
	scratch, err := os.MkdirTemp("", "kabinet-migrate-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()

	postgres, drop, err := storagetest.NewPostgresDatabase(ctx)
	if err != nil {
		return err
	}
	defer drop()
	for _, address := range []string{"sqlite:" + filepath.Join(scratch, "scratch.db"), postgres} {
		if err := diff(ctx, address, scratch, check, name); err != nil {
			return err
		}
	}
	return nil
}

func diff(ctx context.Context, address, scratch string, check bool, name string) error {
	s, err := storage.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()

	path := filepath.Join("ent", "migrate", storage.MigrationDir(s.Dialect()))
	if check {
		copied := filepath.Join(scratch, storage.MigrationDir(s.Dialect()))
		if err := os.CopyFS(copied, os.DirFS(path)); err != nil {
			return err
		}
		path, name = copied, "drift"
	}
	dir, err := sqltool.NewGooseDir(path)
	if err != nil {
		return err
	}
	if err := atlas.Validate(dir); err != nil && !errors.Is(err, atlas.ErrChecksumNotFound) {
		return fmt.Errorf("%s: %w: a migration that was committed is never edited", path, err)
	}
	m, err := schema.NewMigrate(entsql.OpenDB(s.Dialect(), s.DB()),
		schema.WithDir(dir), schema.WithFormatter(sqltool.GooseFormatter), schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithErrNoPlan(true))
	if err != nil {
		return err
	}
	err = m.NamedDiff(ctx, name, migrate.Tables...)
	switch {
	case errors.Is(err, atlas.ErrNoPlan):
		fmt.Println(storage.MigrationDir(s.Dialect())+":", "no difference")
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", storage.MigrationDir(s.Dialect()), err)
	case check:
		return fmt.Errorf("%s: ent/schema has changes that no migration makes; run make migrate NAME=…", storage.MigrationDir(s.Dialect()))
	}
	fmt.Println(storage.MigrationDir(s.Dialect())+":", "migration written")
	return nil
}
