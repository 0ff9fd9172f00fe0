// Package locale holds the two languages of the cabinet and texts written in both.
//
// It owns the choice of a language from Accept-Language and its way through a context.
// Formatting of dates and money for people belongs to the rooms that print them.
package locale
