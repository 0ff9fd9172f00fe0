// Package oidc is the relying party of a plain OpenID Connect provider: many installations stand
// behind one that talks to ESIA on their behalf, or to a directory of their own.
//
// It owns discovery, the code flow with state, nonce and PKCE, the proof of the client (secret or
// signed assertion), every check of the tokens, what claims mean for an identity.Profile, and the
// check of back-channel logout tokens with the memory of those seen. It leaves to others where
// transactions and tokens are kept, when they are refreshed, and what becomes of sessions after a
// logout.
//
// The signature, iss, aud and exp of tokens are checked by go-oidc; what it leaves to its caller
// (nonce, azp, at_hash, iat) is in token.go. Nothing that a provider sends stands in an error.
//
// Facts: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0 and Back-Channel Logout 1.0;
// RFC 6749, 7523, 7636 and 9207.
package oidc
