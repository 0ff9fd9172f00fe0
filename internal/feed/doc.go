// Package feed tells people what changes: it records events and brings them to subscribers.
//
// An event is written in the transaction of the change that it tells (Recorder), under the owner's lock, with the next
// number of the owner: the rows are the truth and have no gaps. After the commit the process wakes its own subscribers
// and, over Redis, those of other instances (Hub); a wake-up says only that there is something to read. A subscriber
// reads rows behind its position until there are none, then waits (Hub.Subscribe). So order holds and nothing is lost
// or doubled whatever happens to a wake-up; one that a crash swallowed is sent by a sweep.
//
// What changes there are belongs to the domains, how a stream reaches a client to graph/transport.
package feed
