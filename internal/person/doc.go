// Package person is the citizen: the insured person (застрахованное лицо) and what identifies them.
//
// It owns the personal data as taken over from the identity provider at each login, sealed as a whole in the person's
// row, and the lookup of a person by account or SNILS, which is by keyed hash. How somebody proves who they are belongs
// to package identity, that they are signed in to package session.
package person
