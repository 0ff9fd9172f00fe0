// Package web is the edge of the cabinet: the router, what every request passes through, and the endpoints that are not
// GraphQL (login, downloads, the fund's events, health).
//
// It owns cookies and headers, the protection against forged requests, and the shape of refusals outside GraphQL. Who
// a person is comes from package identity, whether they are signed in from package session; what the API answers is
// package graph's.
package web
