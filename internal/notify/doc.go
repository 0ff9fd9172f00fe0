// Package notify carries messages to people, over the channels that reach them outside the cabinet.
//
// It owns the port, Sender, and what stands behind it in production: a gateway of short messages over HTTP, a mail
// server over SMTP, and the choice between them by channel. A send ends within seconds, is told apart by why it
// failed, and leaves nothing of the message in an error or a log. Package notifytest holds every sender to that.
//
// What is said, to whom and how often belongs to those who send; so does trying again later. A Sender that gives no
// error has handed the message over: whether it was read, or even arrived, nobody knows.
//
// The form of mail is RFC 5322, its transport RFC 5321 and 3207, its mark as automatic RFC 3834.
package notify
