// Package identity is the port to whoever tells the cabinet who a person is.
//
// It owns the words of a login (Transaction, Login, Profile), the Provider that a login runs
// through, and the refusals that every provider gives in the same words. It leaves to others: the
// protocol of one provider (identity/esia), the browser's cookie and the session that begins with
// a Login (internal/session), and what the cabinet does with a Profile (internal/person).
//
// What a Profile holds follows the state identification system ESIA («Госуслуги»); a plain OpenID
// Connect provider fills the part that it knows.
package identity
