// Package confirm makes sure that a sensitive action is meant: by a one-time code that reaches the person outside the
// cabinet.
//
// Require is asked before the action. Without an answer it sends a code and refuses with a challenge; with the right
// answer it lets the action pass, and its retries until the code expires. A challenge is bound to the person, the session,
// the operation, its input and the address that the code went to, and only keyed hashes of the input and the code are
// kept. The code leaves the house after the challenge is committed; what cannot be sent is void.
//
// The package also owns the locks of secrets: the third wrong guess in a row, over however many challenges, shuts a
// person's secret of that kind for 15 minutes, the next for 22, then 30 each, until a guess is right. A lock is a row,
// lifts by itself, and is counted under the owner's lock, so that guesses at once are guesses one after the other. What
// a lock refuses is journalled once for each lock.
// Other rooms with something to guess use Guess, which owns the transaction: a guess cannot be made and not counted.
//
// Which operations need a confirmation, and where its code goes, belongs to the API and to package person; delivery to
// package notify; how many messages and attempts a minute has room for, to the Limits that are given. What a limit
// refuses is not journalled: the journal would be one more thing to flood.
package confirm
