// Package session keeps who is signed in.
//
// The truth is a row; Redis holds a copy in front of it, so that a check costs one round trip. The token is known to
// the client alone: row and copy are found by its hash, and what they hold is encrypted with a key derived from it, so
// that neither a dump of the database nor one of Redis opens a session. A session ends when nothing is done in it
// (idle), at its absolute end, or when somebody ends it; every instance then closes its streams.
//
// An end whose news could not be spread, because Redis or the instance was away, is spread by the sweep of every other
// instance. A Redis that fails is left alone for a second at a time, and the row answers.
//
// How a person proves who they are belongs to package identity, cookies and headers to internal/web.
package session
