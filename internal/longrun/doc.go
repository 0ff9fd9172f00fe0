// Package longrun proves that the feed keeps its promises under load and in trouble: real processes, a real PostgreSQL
// and a real Redis, streams over both transports, and a great many of them.
//
// It has no code of the program, only tests. What takes minutes has the build tag longrun and is run by `make longrun`
// (whatever breaks, each subscriber gets every event once and in order, or is told of a gap) and `make drain` (a process
// ends without anybody losing anything); these start their own servers, because they stop and kill them. What is measured
// is run by `make subscribers`, and in a small size by `make bench`. docs/performance.md has the figures.
package longrun
