// Package deadline is the day by which a person has to do something (срок исполнения обязанности), as the fund has set it.
//
// It owns the states and what may follow what, the list with its filters, and the application of what the fund reports.
// The fund sets deadlines and says when one is met; the citizen only reads. Reminding people belongs to the channels.
package deadline
