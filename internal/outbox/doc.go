// Package outbox brings to the fund what citizens do: the commands.
//
// A command is a row, written in the transaction of the act that it tells (Outbox.Add). The row is what its person sees
// of the delivery, and the queue: a Courier claims what is due for a while, posts it as a signed CloudEvents event
// under an id that never changes, and writes down what came of it. So nothing is lost whenever the program dies, and
// what is sent twice is known by its id. Commands of one subject are sent in their order.
//
// What commands there are and what they hold belongs to the domains; docs/commands describes every type to the fund's
// developers, docs/adr/0012 why the row is the queue. How requests are signed belongs to package fund.
package outbox
