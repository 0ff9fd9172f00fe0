// Package fund is the boundary to the fund's systems: what they report comes in here.
//
// Reports are CloudEvents 1.0 in structured or batched JSON, signed by Standard Webhooks over the whole body, each with
// a number that rises within its subject and a checksum of its data. An event is kept with what became of it, in the
// transaction of what it changes: applied, seen before, older than what is known, waiting for its subject, or refused
// with a reason. What a report means belongs to the domains; docs/events describes every type to the fund's developers.
package fund
