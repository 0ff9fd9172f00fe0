// Package fault is the language of refusals: errors that were made to be shown.
//
// A domain that must say no returns a *fault.Error (the request cannot be served) or
// fault.Invalid (the input has to be mended, field by field). Only these reach a client;
// every other error is logged and shown as INTERNAL. The mapping to GraphQL is in
// graph/apierror, the mapping to HTTP in internal/web; both need nothing but this package.
package fault
