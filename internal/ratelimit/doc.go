// Package ratelimit bounds how often something may happen: logins from one address, requests of one person.
//
// It owns the counting, by the generic cell rate algorithm (GCRA): a burst at once, then an even rate, and an exact time
// after which the next one passes. A Limiter counts in Redis, where all instances count together, by the clock of Redis;
// while Redis does not answer, each instance counts by itself, so that an outage opens nothing and shuts nobody out. A
// Memory counts in the process alone, without a round trip.
//
// It leaves to others what is limited, by which key and how much: package web for the edge, graph for the cost of queries.
// Keys may be addresses or account ids: they are hashed before they are kept anywhere.
package ratelimit
