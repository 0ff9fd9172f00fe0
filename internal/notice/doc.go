// Package notice is what the fund tells everybody: announcements, how its systems do, and planned work on them.
//
// It owns the list of announcements and the states of systems, the application of what the fund reports, and the streams
// of both. None of it is anybody's: it has no owner and raises no owner's sequence. Announcements have one sequence of
// their own, which rises with each change under a lock that is held until the commit, so that whoever reads behind a
// number misses none. A process reads what is new once (Run) and passes it to all who listen.
//
// Which systems there are is fixed here: those on which something in the cabinet depends.
package notice
