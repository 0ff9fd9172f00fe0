// Package web is the edge of the cabinet: the router, what every request passes through, and the endpoints that are not
// GraphQL (logins of browsers and of the app, logouts, downloads, the fund's events, health).
//
// It owns cookies and headers, the protection against forged requests, how often logins may be tried, and the shape of
// refusals outside GraphQL; towards the app it speaks OAuth 2.0 for native apps (RFC 6749, 7636, 8252), towards the
// identity provider its logout notices (OpenID Connect Back-Channel and Front-Channel Logout 1.0). Who a person is comes
// from package identity, whether they are signed in from package session, how far they have come in from whom Options
// names; what the API answers is package graph's.
package web
