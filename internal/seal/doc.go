// Package seal encrypts personal data for keeping, and makes the keyed hashes by
// which it is found again.
//
// A sealed value is bound to its place: the table and column it stands in, and
// the id of its row. Moved to another row or column it does not open, so whoever
// can write to the database can still not show one person another's data. A
// lookup hash is bound to table and column; it is the same for equal values, and
// useless without the key.
//
// The cryptography is Tink's: AES-256-GCM with a random nonce for sealing,
// HMAC-SHA256 as a PRF for lookups. Both keys travel as one Keyset, one printable
// secret of the configuration. Several sealing keys can be enabled at once: new
// values take the primary one, old values keep opening. Tink asks for at most
// 2³² values under one sealing key, so rotate long before that.
//
// Normalising a value before its lookup (package identifier does it), choosing
// what to seal, re-sealing old rows after a rotation, and guarding the Keyset
// itself are left to others. What a sealed value does not hide is its length.
package seal
