// Package fund is the boundary to the fund's systems: what they report comes in here.
//
// Reports are CloudEvents 1.0 in structured, batched or binary mode, signed by Standard Webhooks over the body, each with
// a number that rises within its subject and a checksum of its data. An event is kept with what became of it, in the
// transaction of what it changes: applied, seen before, older than what is known, waiting for its person or subject, or
// refused with a reason. What waits is applied by itself when that becomes known (Receive, Appeared, Run). A few of the
// requests that are no events are kept, too. What a report means belongs to the domains; docs/events describes every
// type to the fund's developers.
package fund
