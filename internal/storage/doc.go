// Package storage opens the database behind Ent, SQLite or PostgreSQL, and brings its schema up to date.
//
// It owns the connection, the transaction (Store.InTx, with work to be done after the commit), and the versioned
// migrations of ent/migrate. What is read and written, and by whom, belongs to the domain packages and to the
// privacy rules (ent/rule).
package storage
