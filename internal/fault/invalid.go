package fault

import (
	"fmt"
	"strings"

	"kabinet/internal/locale"
)

// InputCode is the closed set of UserError.code: what is wrong with one field.
type InputCode string

// The codes of input errors.
const (
	Required      InputCode = "REQUIRED"
	TooLong       InputCode = "TOO_LONG"
	Malformed     InputCode = "MALFORMED"
	NotAllowed    InputCode = "NOT_ALLOWED"
	Unknown       InputCode = "UNKNOWN"
	InConflict    InputCode = "CONFLICT"
	OutOfSequence InputCode = "WRONG_STATE"
)

// Field is one fault of an input: where, what, and what to do.
type Field struct {
	Path    []string // GraphQL names from the input object down
	Code    InputCode
	Message locale.Text
}

// Invalid is a list of all faults of an input together (never only the first).
// It is shown as userErrors of a mutation's payload.
type Invalid []Field //nolint:errname,recvcheck // read as a noun: a service returns fault.Invalid; Add grows it

// Error names the faulty fields, never their contents.
func (v Invalid) Error() string {
	parts := make([]string, len(v))
	for i, f := range v {
		parts[i] = fmt.Sprintf("%s: %s", strings.Join(f.Path, "."), f.Code)
	}
	return "invalid input: " + strings.Join(parts, ", ")
}

// Add appends one fault.
func (v *Invalid) Add(code InputCode, message locale.Text, path ...string) {
	*v = append(*v, Field{Path: path, Code: code, Message: message})
}

// OrNil gives the list as an error, or nil when it is empty.
func (v Invalid) OrNil() error {
	if len(v) == 0 {
		return nil
	}
	return v
}
