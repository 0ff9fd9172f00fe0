// Package office is the demo fund: it plays the employees and the systems of the social insurance fund, over the same
// public boundary as the real one and by no back door.
//
// It owns what happens to what citizens send: it takes their commands as docs/commands describes them (Commands), has
// employees register, assign, remark upon, return and decide appeals and answer questions, and reports each step as
// docs/events describes it, in an order and with numbers that outlive a restart (Run). Unless told to be quiet it also
// lets something happen by itself to the people of dev/persona, and to everybody. Who these people are belongs to
// dev/persona, what had happened to them before to seed, and what a report means to the cabinet's domains.
//
// Employees work by demo time, which runs Pace times as fast as real time: at DefaultPace an appeal is registered after
// five seconds and decided after a minute. The dates in reports are real.
//
// A citizen can provoke an outcome by the subject line of an appeal, in whatever case: «исправ» (исправить,
// исправление) has it returned with deficiencies once, «отказ» has it refused. Everything else is done. About every
// second appeal gets a remark on the way. What appeals and messages say is read and not kept.
//
// The office can be told to misbehave as real systems do; see Scenario and Handler. Whatever it withheld, and whatever
// the cabinet has not taken, is sent until it is: with a pause that grows from one second to thirty, in the order of each
// subject. Only what the cabinet has refused for what it says eight times over is laid aside and shown. A report that the
// cabinet finds older than what it knows, though nothing has overtaken it, shows that the office has lost its books: the
// numbers of its subject go on from the present time.
//
// All work is kept in one file, which is replaced as a whole before anything is answered or sent, so that a killed
// process loses none of it. It holds no text of a citizen.
package office
