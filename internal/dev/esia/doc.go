// Package esia plays ESIA («Госуслуги») for development, demonstration and tests: a login page
// with the demo people as buttons, the token endpoint, the REST services about a person, logout.
//
// It owns the server's side of the protocol and is as strict as ESIA is known to be: signed
// requests with certificate hash and time window, registered return addresses, one-use codes
// bound to client, address and PKCE, rotating refresh tokens, data filtered by scope, and the
// error codes. It leaves the people to dev/persona and shares with the relying party
// (identity/esia) nothing but the names of the codes, so that a mistake in one shows in the other.
//
// It differs from ESIA in this: clients may sign with RSA too, there is no password and no session of its
// own (every login shows the page), and everything is forgotten at a restart but the key.
//
// It is not for production: whoever reaches it is whoever they like.
package esia
