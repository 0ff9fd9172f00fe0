// Package network keeps the ranges of addresses from which a person lets themselves in (ограничение по IP-адресу).
//
// It owns the ranges, sealed, for they tell where somebody lives and works; what may be one; and the question whether an
// address lies in them. Somebody who has set none comes in from everywhere. Which address a request has, and what a
// login from elsewhere may still do, belongs to the edge; this package notes such a login in the journal.
package network
