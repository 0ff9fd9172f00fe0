// Package money owns amounts: whole kopecks in an integer, the currency beside
// them, and the decimal text that stands for them in the API.
//
// No amount is ever a floating-point number, on the way in or out. Percentages,
// rounding rules and the arithmetic of benefits belong to the domains that have
// a law for them; this package only adds, and tells when a sum does not fit.
package money
