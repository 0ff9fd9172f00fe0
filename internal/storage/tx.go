package storage

import (
	"context"
	"errors"
	"fmt"

	"kabinet/ent"
)

// Tx is a transaction in progress. It embeds Ent's, so that a service writes tx.Appeal.Create() and so on.
type Tx struct {
	*ent.Tx

	dialect string
	after   []func(context.Context)
}

// Dialect is the dialect of the database, for the few statements that Ent has no words for.
func (tx *Tx) Dialect() string { return tx.dialect }

// AfterCommit has f called once the transaction is committed, never if it is rolled back: the place for
// wake-ups and other things that must not be done inside it and whose loss a sweep repairs.
func (tx *Tx) AfterCommit(f func(context.Context)) { tx.after = append(tx.after, f) }

// InTx runs f in one transaction: committed when f returns nil, rolled back when it returns an error or panics.
// Nothing slow belongs inside f.
func (s *Store) InTx(ctx context.Context, f func(ctx context.Context, tx *Tx) error) (err error) {
	inner, err := s.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	tx := &Tx{Tx: inner, dialect: s.kind}
	finished := false
	defer func() {
		if !finished { // an error, or a panic on its way up
			if rollback := inner.Rollback(); rollback != nil && err != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rollback))
			}
		}
	}()
	if err := f(ctx, tx); err != nil {
		return err
	}
	finished = true
	if err := inner.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	// The caller may be gone by now; what follows a commit is owed all the same.
	after := context.WithoutCancel(ctx)
	for _, f := range tx.after {
		f(after)
	}
	return nil
}
