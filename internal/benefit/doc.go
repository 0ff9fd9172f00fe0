// Package benefit is a benefit (пособие) that the fund calculates and pays, as its owner sees it.
//
// It owns the states and what may follow what, the list with its filters, the detail with accruals, and the
// application of what the fund reports. The states and their order are those that the fund's own cabinet shows:
// loaded, ready for calculation, calculation being confirmed, calculated, sent for payment, paid, closed; beside them
// a notice (something must be corrected) and a duplicate.
package benefit
