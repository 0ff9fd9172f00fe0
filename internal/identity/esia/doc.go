// Package esia is the relying party of ESIA («Госуслуги»): it sends a person there to log in and
// makes an identity.Login of what comes back.
//
// It owns the protocol: signed requests, PKCE, the two states, the check of the tokens, the REST
// services about the person, and the meaning of every ESIA error code (Refusal). It leaves to
// others where a transaction and the tokens are kept, when they are refreshed, and what follows
// from a profile.
//
// Two protocol families are spoken (Family). What differs between them, the paths, what is signed
// and how, stands together in family.go and in the signers.
//
// What is known of ESIA, and its limits:
//   - There is no discovery document and no JWKS. The key that signs tokens is replaced now and
//     then, so a list of keys is configured and any of them is good.
//   - Tokens are signed with RS256 or GOST3410_2012_256, a setting at ESIA that does not follow the
//     client's certificate: keys of both kinds may be configured together.
//   - id_token.sub is a JSON number, which go-oidc's Verify refuses. The signature is checked
//     through a go-oidc KeySet, everything else in token.go.
//   - No nonce was ever seen in an id_token: the login is bound by state and PKCE, and
//     Transaction.Nonce stays empty.
//   - `urn:esia:sbj:is_tru` is absent, not false, for an account that is not confirmed.
//
// Facts: «Методические рекомендации по использованию ЕСИА» and public client libraries.
package esia
