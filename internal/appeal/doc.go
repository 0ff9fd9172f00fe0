// Package appeal is what a citizen asks of the fund (обращение): applications, inquiries, requests for certificates,
// complaints, feedback.
//
// It owns the states and what may follow what, drafts, the list with its filters, the detail with timeline, messages
// and attachments, and the application of what the fund reports. Terms of registration and answer come from Federal
// Law 59-FZ: registered within 3 days, answered within 30; the fund's own services within 5 working days.
package appeal
