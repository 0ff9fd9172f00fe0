// Package person is the citizen: the insured person (застрахованное лицо) and what identifies them.
//
// It owns the personal data as taken over from the identity provider at each login, sealed as a whole in the person's
// row, and the lookup of a person by account or SNILS, which is by keyed hash. A login
// that tells something else than is stored is a change in the owner's feed, and one that is refused stands in the journal
// of the person whom it would have reached. How somebody proves who they are belongs
// to package identity, that they are signed in to package session.
package person
