// Package owner guards the row of an owner: the person or organisation whose records are changed.
//
// Every change to what an owner sees is made under the lock of this row. That is what makes the feed's numbers
// gap-free, the journal a chain, and the number of the newest feed event the version of everything the owner sees.
// Which changes there are belongs to the domains; the events to package feed, the journal to package audit.
package owner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/owner"
	"kabinet/ent/privacy"
	"kabinet/internal/fault"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Kind is what an owner is.
type Kind string

// The kinds.
const (
	Person       Kind = "PERSON"
	Organisation Kind = "ORGANISATION"
)

// Create makes the row of a new owner.
func Create(ctx context.Context, tx *storage.Tx, id uuid.UUID, kind Kind, now time.Time) error {
	if err := tx.Owner.Create().SetID(id).SetKind(string(kind)).SetCreatedAt(now).Exec(ctx); err != nil {
		return fmt.Errorf("create owner: %w", err)
	}
	return nil
}

// Lock takes the owner's row until the end of the transaction, before anything is read that the change depends on.
// A transaction that changes the records of two owners locks them in the order of their ids.
func Lock(ctx context.Context, tx *storage.Tx, id uuid.UUID) error {
	q := tx.Owner.Query().Where(owner.ID(id))
	if tx.Dialect() == dialect.Postgres { // a transaction of SQLite holds the only write lock there is
		q = q.ForUpdate()
	}
	exists, err := q.Select(owner.FieldID).Strings(ctx)
	if err != nil {
		return fmt.Errorf("lock owner: %w", err)
	}
	if len(exists) == 0 {
		return fault.ErrNotFound
	}
	return nil
}

// NextSequence raises the owner's sequence and gives the new value; it takes the lock. fault.ErrNotFound if there is no
// such owner.
func NextSequence(ctx context.Context, tx *storage.Tx, id uuid.UUID) (int64, error) {
	_, sequence, err := raise(ctx, tx, sql.EQ(owner.FieldID, id))
	return sequence, err
}

// Row names a row that belongs to an owner, who stands in its column owner_id and is the same for ever.
type Row struct {
	Table  string
	Column string // whose values are unique in the table
	Value  any    // of that column
}

// columnOwner is the column of every table that says whose a row is.
const columnOwner = "owner_id"

// NextSequenceOf is NextSequence for the owner of a row, and tells who that is: fault.ErrNotFound if there is no such row.
// What is read of the row afterwards is read under the lock. It looks at rows of anybody, so it is for the system alone.
func NextSequenceOf(ctx context.Context, tx *storage.Tx, row Row) (id uuid.UUID, sequence int64, err error) {
	if !viewer.FromContext(ctx).IsSystem() {
		return uuid.Nil, 0, privacy.Denyf("the owner of any row is for the system to look up")
	}
	whose := sql.Dialect(tx.Dialect()).Select(columnOwner).From(sql.Table(row.Table)).Where(sql.EQ(row.Column, row.Value))
	return raise(ctx, tx, sql.P(func(b *sql.Builder) {
		b.Ident(owner.FieldID).WriteOp(sql.OpEQ).Wrap(func(b *sql.Builder) { b.Join(whose) })
	}))
}

// raise raises the sequence of one owner.
func raise(ctx context.Context, tx *storage.Tx, who *sql.Predicate) (id uuid.UUID, sequence int64, err error) {
	query, args := sql.Dialect(tx.Dialect()).Update(owner.Table).
		Add(owner.FieldSequence, 1).Where(who).Returning(owner.FieldID, owner.FieldSequence).Query()
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return uuid.Nil, 0, fmt.Errorf("raise sequence of owner: %w", err)
	}
	found := rows.Next()
	if found {
		err = rows.Scan(&id, &sequence)
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return uuid.Nil, 0, fmt.Errorf("raise sequence of owner: %w", err)
	}
	if !found {
		return uuid.Nil, 0, fault.ErrNotFound
	}
	return id, sequence, nil
}

// GiveBack lowers the sequence to what it was before NextSequence or NextSequenceOf gave this one in the same
// transaction: nothing has changed after all. It must be the newest of the owner.
func GiveBack(ctx context.Context, tx *storage.Tx, id uuid.UUID, sequence int64) error {
	query, args := sql.Dialect(tx.Dialect()).Update(owner.Table).Add(owner.FieldSequence, -1).
		Where(sql.And(sql.EQ(owner.FieldID, id), sql.EQ(owner.FieldSequence, sequence))).Query()
	done, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("lower sequence of owner: %w", err)
	}
	switch lowered, err := done.RowsAffected(); {
	case err != nil:
		return fmt.Errorf("lower sequence of owner: %w", err)
	case lowered != 1:
		return errors.New("lower sequence of owner: it is not the newest")
	}
	return nil
}

// Chain is the present end of an owner's journal.
type Chain struct {
	Sequence int64  // number of the newest entry, 0 if there is none
	Head     []byte // its hash
}

// JournalEnd takes the lock and reads the end of the owner's journal.
func JournalEnd(ctx context.Context, tx *storage.Tx, id uuid.UUID) (Chain, error) {
	q := tx.Owner.Query().Where(owner.ID(id))
	if tx.Dialect() == dialect.Postgres {
		q = q.ForUpdate()
	}
	row, err := q.Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return Chain{}, fault.ErrNotFound
	case err != nil:
		return Chain{}, fmt.Errorf("read end of journal: %w", err)
	}
	return Chain{Sequence: row.AuditSequence, Head: row.AuditHead}, nil
}

// ExtendJournal records the new end of the owner's journal; the caller has the lock from JournalEnd.
func ExtendJournal(ctx context.Context, tx *storage.Tx, id uuid.UUID, end Chain) error {
	query, args := sql.Dialect(tx.Dialect()).Update(owner.Table).
		Set(owner.FieldAuditSequence, end.Sequence).Set(owner.FieldAuditHead, end.Head).
		Where(sql.EQ(owner.FieldID, id)).Query()
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("extend journal: %w", err)
	}
	return nil
}

// Sequence is the number of the owner's newest feed event; 0 before the first.
func Sequence(ctx context.Context, s *storage.Store, id uuid.UUID) (int64, error) {
	row, err := s.Owner.Query().Where(owner.ID(id)).Select(owner.FieldSequence).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return 0, fault.ErrNotFound
	case err != nil:
		return 0, fmt.Errorf("read sequence of owner: %w", err)
	}
	return row.Sequence, nil
}
