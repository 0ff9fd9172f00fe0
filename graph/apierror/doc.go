// Package apierror is the one place where errors become GraphQL errors.
//
// It owns the shape of an error that a client sees: a message in the client's language, extensions.code out of
// fault's closed set, requestId, retryAfterSeconds where waiting helps, rule for a document that does not
// fit the schema, and whatever else a refusal carries for the client in a method Extensions() map[string]any. Only a *fault.Error is shown as it is; whatever else arrives is either the client's own
// mistake as gqlgen and gqlparser report it (masked, because their texts quote the input) or ours, which is
// logged and shown as INTERNAL.
//
// Who may do what, and the words of a refusal, belong to those who refuse. Status codes of HTTP and frames of
// streams belong to graph/transport.
//
// Persisted queries keep the message and the code that Apollo's protocol demands of a server that does not know
// a hash (https://www.apollographql.com/docs/apollo-server/performance/apq), which is the only code outside the set.
//
// Nothing that a client sent is logged: no variables, no document, no panic values. An error's text is logged
// after long runs of digits and e-mail addresses are cut out of it, as a second line of defence; the first is
// that the domains put no personal data into errors.
package apierror
