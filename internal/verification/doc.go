// Package verification lets a person whose account is not confirmed at Gosuslugi prove who they are within the cabinet:
// by scans of their passport and SNILS card, which the fund examines (подтверждение личности).
//
// It owns the requests, their states, what is lacking before one can be made, and the application of the fund's verdicts
// with the faults that these name. The scans are documents and belong to package document, the phone to package person.
// What a confirmed person may do is the edge's to say; it asks Confirmed.
package verification
