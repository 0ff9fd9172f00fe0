package storage

import (
	"context"
	"database/sql"
	"errors"

	"entgo.io/ent/dialect"
)

// observedDriver tells somebody of every statement, in transactions too.
type observedDriver struct {
	dialect.Driver
	observe func(ctx context.Context, query string)
}

func (d *observedDriver) Exec(ctx context.Context, query string, args, v any) error {
	d.observe(ctx, query)
	return d.Driver.Exec(ctx, query, args, v)
}

func (d *observedDriver) Query(ctx context.Context, query string, args, v any) error {
	d.observe(ctx, query)
	return d.Driver.Query(ctx, query, args, v)
}

func (d *observedDriver) Tx(ctx context.Context) (dialect.Tx, error) {
	return d.BeginTx(ctx, nil)
}

// BeginTx is what Ent looks for when a transaction is begun with options.
func (d *observedDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	beginner, ok := d.Driver.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		return nil, errors.New("the driver cannot begin a transaction with options")
	}
	d.observe(ctx, "BEGIN")
	tx, err := beginner.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &observedTx{Tx: tx, ctx: ctx, observe: d.observe}, nil
}

type observedTx struct {
	dialect.Tx
	ctx     context.Context //nolint:containedctx // a transaction lives within one call; Commit and Rollback have no context of their own
	observe func(ctx context.Context, query string)
}

func (t *observedTx) Exec(ctx context.Context, query string, args, v any) error {
	t.observe(ctx, query)
	return t.Tx.Exec(ctx, query, args, v)
}

func (t *observedTx) Query(ctx context.Context, query string, args, v any) error {
	t.observe(ctx, query)
	return t.Tx.Query(ctx, query, args, v)
}

func (t *observedTx) Commit() error {
	t.observe(t.ctx, "COMMIT")
	return t.Tx.Commit()
}

func (t *observedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	inner, ok := t.Tx.(interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	})
	if !ok {
		return nil, errors.New("the driver cannot run plain SQL")
	}
	t.observe(ctx, query)
	return inner.ExecContext(ctx, query, args...)
}

func (t *observedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	inner, ok := t.Tx.(interface {
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	})
	if !ok {
		return nil, errors.New("the driver cannot run plain SQL")
	}
	t.observe(ctx, query)
	return inner.QueryContext(ctx, query, args...)
}
