package identifier

import (
	"encoding/json"
	"io"
	"log/slog"
	"strings"
)

// onlyDigits tells whether s is n ASCII digits.
func onlyDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func onlyZeros(s string) bool { return strings.Trim(s, "0") == "" }

// unpunctuate takes the digits out of s when it is written exactly like form, in
// which every 0 stands for a digit and all else for itself.
func unpunctuate(s, form string) (string, bool) {
	if len(s) != len(form) {
		return "", false
	}
	digits := make([]byte, 0, len(form))
	for i := range len(form) {
		switch {
		case form[i] != '0':
			if s[i] != form[i] {
				return "", false
			}
		case s[i] < '0' || s[i] > '9':
			return "", false
		default:
			digits = append(digits, s[i])
		}
	}
	return string(digits), true
}

// weighted is Σ dᵢ·wᵢ over the first len(weights) digits of s, which must have
// that many.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// padded writes n with leading zeros; it is empty when n does not fit into so
// many digits.
func padded(n int64, digits int) string {
	if n < 0 {
		return ""
	}
	b := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	if n != 0 {
		return ""
	}
	return string(b)
}

// tail hides all of s but its last shown characters. What is not longer than
// twice that is hidden whole: too much of it would be seen.
func tail(s string, shown int) string {
	if len(s) < 2*shown {
		return strings.Repeat("*", len(s))
	}
	return strings.Repeat("*", len(s)-shown) + s[len(s)-shown:]
}

// hidden is what logs get to see.
func hidden(what string) slog.Value { return slog.StringValue("[" + what + "]") }

// writeScalar writes a GraphQL string, or null for the empty one. A failing
// writer is the transport's to notice.
func writeScalar(w io.Writer, s string) {
	if s == "" {
		_, _ = io.WriteString(w, "null")
		return
	}
	// A string always has a JSON form.
	quoted, _ := json.Marshal(s)
	_, _ = w.Write(quoted)
}
