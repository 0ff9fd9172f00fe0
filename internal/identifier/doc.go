// Package identifier owns the numbers and addresses by which people and
// organisations are known: SNILS, INN, OGRN, passport, sick leave number, phone
// and e-mail.
//
// A ParseX function is the only door for what comes from outside. It accepts the
// forms named at it and nothing else, verifies check digits where the number has
// them, and returns one canonical value, so that equal identifiers are equal in
// Go, in a lookup hash and in the database. Digits are ASCII digits: a look-alike
// from another alphabet is refused, never folded.
//
// All types but Passport are strings underneath, so a store can keep them as
// they are. What came from the store is trusted and not checked again.
//
// Most of these are personal data. No error repeats its input; every type shows
// itself to people through Masked, and hides itself from log/slog altogether.
// Encryption, lookup hashes and access belong to others.
//
// Whether a number was ever issued, and to whom, cannot be told from the number.
//
// Sources: check digits of SNILS, INN and OGRN are those published by the
// Pension Fund and the Federal Tax Service; the limits of an e-mail address are
// those of RFC 5321; the forms that ESIA uses are those of its REST answers.
package identifier
