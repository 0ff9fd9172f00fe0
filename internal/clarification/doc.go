// Package clarification is what a citizen asks their employer or doctor about a sick leave (уточнение), through the fund.
//
// It owns the question, how many can be open, the command that takes it to the fund, the list, and the answer that the fund
// reports. Question and answer are about somebody's health: they are sealed, and stay out of the feed and the journal.
package clarification
