// Package person is the citizen: the insured person (застрахованное лицо) and what identifies them.
//
// It owns the personal data from its three sources, each sealed as a whole: what the identity provider tells at each
// login; what the person has entered in the cabinet; and what the fund holds, its record of the insured person, which an
// account is linked to. It says what of the data is required and missing, and where the fund's record differs. People are
// looked up by account, SNILS or number at the fund (UID), which is by keyed hash.
//
// A login that tells something else than is stored is a change in the owner's feed, and one that is refused stands in the
// journal of the person whom it would have reached. How somebody proves who they are belongs to package identity, that
// they are signed in to package session, how far they come in to package entry.
package person
