// Package session keeps who is signed in.
//
// The truth is a row; Redis holds a copy in front of it, so that a check costs one round trip. A session ends when
// nothing is done in it (idle), at its absolute end, or when somebody ends it; every instance then closes its streams.
//
// What a session holds is encrypted with a random data key of its own. Each token that opens the session is known to
// the client alone: its hash finds the row, and a key that comes from it unwraps the data key. So neither a dump of the
// database nor one of Redis opens a session, and what it holds can be changed by whoever has any of its tokens. All
// such changes are made under the lock of the row; who locks the owner's row too locks that first.
//
// A browser has one token for the whole session. The mobile app gets a login code, which it exchanges with its PKCE
// verifier (RFC 7636) for an access and a refresh token; the latter serves once, and one that is sent again ends the
// session (RFC 9700, 4.14), but for a short grace.
//
// The identity provider's tokens are renewed shortly before they expire, by one request of all instances at a time.
//
// An end whose news could not be spread, because Redis or the instance was away, is spread by the sweep of every other
// instance. A Redis that fails is left alone for a second at a time, and the row answers.
//
// How a person proves who they are, and how tokens are renewed there, belongs to package identity; cookies and headers
// to internal/web; how far somebody has come in with a session is decided by others, and only kept here.
package session
