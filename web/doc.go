// Package web carries the built assets of the browser into the binary.
//
// It owns the playground (GraphiQL, bundled by `npm run build` into dist/playground, which is committed) and, beside the Go
// code, a reference client of the API in JavaScript and the end-to-end tests that use it. It leaves to others where
// the assets are served, with what headers, and whether at all: the playground is for development only.
//
// The bundle asks nothing of any other origin and needs no inline script. A policy under which it works:
//
//	default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self' data:; form-action 'none';
//	frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'
package web
