// Package gost is the Russian state cryptography that the login needs: the hash function Streebog
// (GOST R 34.11-2012) with 256 and 512 bits, and signatures by GOST R 34.10-2012 with keys of 256
// bits, together with the encodings in which such keys and signatures travel.
//
// It owns the algorithms, the standard curves and the reading and writing of keys. It leaves to
// others what is signed and who is trusted: it checks no chain of certificates, no validity and no
// revocation.
//
// Byte order, where implementations differ, is that of X.509 and CMS (RFC 9215): a signature is 64
// bytes, s before r, each big-endian; a digest is Streebog's output as it stands; the coordinates of a
// public key and a private key are little-endian.
//
// Signing takes the same time whatever the key and the nonce are: the arithmetic has fixed width, no
// branch and no table is chosen by a secret. That is as far as Go's compiler lets it be said;
// against somebody with hands on the machine, sign in a certified module instead. Verification
// handles nothing secret and takes shorter ways.
//
// Facts: RFC 6986 (hash), RFC 7091 (signature), RFC 4357 and RFC 7836 (curves), RFC 9215 (X.509).
// The point addition is algorithm 1 of «Complete addition formulas for prime order elliptic
// curves» (Renes, Costello, Batina, 2015). Checked against those documents and OpenSSL's GOST engine.
package gost
