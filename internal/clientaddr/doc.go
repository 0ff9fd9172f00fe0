// Package clientaddr tells from which network address a request came.
//
// Whoever connects can write what they like into X-Forwarded-For, so that only what the operator's own proxies have added
// to it counts: it is read from the right, as long as those who stand there are trusted. The header Forwarded (RFC 7239)
// and those of single vendors are not read.
//
// An address is personal data: it is shown to its person, compared with ranges, and counted under a hash, but not logged.
// What is done with it is the business of others.
package clientaddr
