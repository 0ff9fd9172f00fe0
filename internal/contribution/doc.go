// Package contribution is what an employer has paid for a person in a month (страховой взнос), as the fund reports it.
//
// It owns the kinds, the list with its filters, and the application of what the fund reports. The kinds are those of
// compulsory social insurance in Russia: pension, temporary disability and maternity, work injury, health. The fund
// reports and corrects; the citizen only reads. What a pension will be is not computed from it.
package contribution
