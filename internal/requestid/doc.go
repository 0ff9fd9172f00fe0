// Package requestid names each request, so that a person can quote to support what a log can find.
//
// An id is always made here: a client's own X-Request-Id is not read, because it would let a stranger
// write into the logs and pass one request off as another. Trace propagation between the cabinet's own
// machines is not its business. It knows nothing of GraphQL or of sessions.
package requestid
