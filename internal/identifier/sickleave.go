package identifier

import "log/slog"

// SickLeaveNumber is the number of an electronic sick leave certificate (ЭЛН):
// twelve digits. Empty means none.
type SickLeaveNumber string

// ParseSickLeaveNumber reads twelve digits. No check digit is known.
func ParseSickLeaveNumber(s string) (SickLeaveNumber, error) {
	if !onlyDigits(s, 12) {
		return "", refuse(ErrSickLeaveNumber, ErrForm)
	}
	if onlyZeros(s) {
		return "", refuse(ErrSickLeaveNumber, ErrNeverIssued)
	}
	return SickLeaveNumber(s), nil
}

// String is the digits.
func (n SickLeaveNumber) String() string { return string(n) }

// Masked shows the last four digits: "********1234".
func (n SickLeaveNumber) Masked() string { return tail(string(n), 4) }

// LogValue keeps the number out of logs: it leads to a person's illness.
func (n SickLeaveNumber) LogValue() slog.Value { return hidden("sick leave number") }
