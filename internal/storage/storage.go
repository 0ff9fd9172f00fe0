package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"kabinet/ent"
	_ "kabinet/ent/runtime" // binds the policies and defaults of ent/schema to the generated code
)

// Limits of the connection pools. A request holds a connection only while a statement runs, so that few
// connections serve many requests; more would only queue inside the database.
const (
	maxConnections    = 32
	maxIdleTime       = 5 * time.Minute
	connectTimeout    = 5 * time.Second
	sqliteBusyTimeout = 5 * time.Second
	// What waits longer than these in PostgreSQL is given up, so that one stuck transaction cannot take all connections.
	lockTimeout      = 2 * time.Second
	statementTimeout = 5 * time.Second
	idleInTxTimeout  = 10 * time.Second
)

// Store is an open database.
type Store struct {
	*ent.Client

	db   *sql.DB
	pool *pgxpool.Pool // nil with SQLite
	kind string        // dialect.SQLite or dialect.Postgres
}

// Option changes how a database is opened.
type Option func(*options)

type options struct {
	onStatement func(ctx context.Context, query string)
}

// OnStatement calls f with every statement sent to the database, without its arguments. It is how tests count
// statements and how metrics see them.
func OnStatement(f func(ctx context.Context, query string)) Option {
	return func(o *options) { o.onStatement = f }
}

// Open opens `sqlite:/path/to/file` or `postgres://…`. It checks that the database answers, but not its version:
// see Store.Migrate and Store.CheckVersion.
func Open(ctx context.Context, address string, opts ...Option) (*Store, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()

	s := &Store{}
	var err error
	switch scheme, _, _ := strings.Cut(address, ":"); scheme {
	case "sqlite":
		err = s.openSQLite(strings.TrimPrefix(address, "sqlite:"))
	case "postgres", "postgresql":
		err = s.openPostgres(ctx, address)
	default:
		err = errors.New("the address of the database must be sqlite:PATH or postgres://…")
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := s.db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.Close())
	}
	var driver dialect.Driver = entsql.OpenDB(s.kind, s.db)
	if o.onStatement != nil {
		driver = &observedDriver{Driver: driver, observe: o.onStatement}
	}
	s.Client = ent.NewClient(ent.Driver(driver))
	return s, nil
}

func (s *Store) openSQLite(path string) error {
	if path == "" {
		return errors.New("sqlite: needs the path of a file")
	}
	query := url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", sqliteBusyTimeout.Milliseconds()),
			"journal_mode(WAL)", "foreign_keys(1)", "synchronous(NORMAL)",
		},
		// A transaction takes the write lock when it begins: two that read first and write later would deadlock.
		"_txlock": {"immediate"},
		// Times are kept as text that sorts as time does: one layout, one zone.
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
	}
	db, err := sql.Open("sqlite", "file:"+path+"?"+query.Encode())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(maxConnections / 4)
	db.SetMaxIdleConns(maxConnections / 4)
	s.db, s.kind = db, dialect.SQLite
	return nil
}

func (s *Store) openPostgres(ctx context.Context, address string) error {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The text of a parse error holds the address, and that the password.
		return errors.New("the address postgres://… cannot be parsed")
	}
	config.MaxConns = max(config.MaxConns, maxConnections)
	config.MaxConnIdleTime = maxIdleTime
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	for name, limit := range map[string]time.Duration{
		"lock_timeout": lockTimeout, "statement_timeout": statementTimeout, "idle_in_transaction_session_timeout": idleInTxTimeout,
	} {
		config.ConnConfig.RuntimeParams[name] = strconv.FormatInt(limit.Milliseconds(), 10)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		// Times are read as UTC, whatever the zone of the machine.
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	s.pool, s.db, s.kind = pool, stdlib.OpenDBFromPool(pool), dialect.Postgres
	return nil
}

// Dialect is "sqlite3" or "postgres", as Ent names them.
func (s *Store) Dialect() string { return s.kind }

// DB is the connection below Ent, for migrations and health checks.
func (s *Store) DB() *sql.DB { return s.db }

// Close closes all connections.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}
