package apierror

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxLogged bounds the text of one error in the log, in bytes.
const maxLogged = 2000

// Personal identifiers of the cabinet are runs of digits (SNILS 11, INN 12, passport 10, phone 11) and addresses of
// e-mail. Six digits in a row, however punctuated, is shorter than any of them.
var (
	digitRun  = regexp.MustCompile(`\d(?:[ \-()]{0,2}\d){5,}`)
	mailboxes = regexp.MustCompile(`[^\s@"'<>]{1,64}@[^\s@"'<>]{1,255}`)
	quotedIn  = regexp.MustCompile(`parsing (time )?"(?:[^"\\]|\\.)*"`) // strconv and time quote what they could not read
	safeName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	longDigit = regexp.MustCompile(`\d[\d_]{4,}\d`)
)

// scrub cuts out of an error's text whatever looks like a personal identifier.
func scrub(text string) string {
	if len(text) > maxLogged {
		text = strings.ToValidUTF8(text[:maxLogged], "") + "…"
	}
	text = quotedIn.ReplaceAllString(text, "parsing ${1}[value]")
	text = mailboxes.ReplaceAllString(text, "[e-mail]")
	return digitRun.ReplaceAllString(text, "[digits]")
}

// isSafeName tells whether a name that the client chose may stand in a log: a name of GraphQL, not a number in disguise.
func isSafeName(name string) bool {
	return safeName.MatchString(name) && !longDigit.MatchString(name)
}

// typeChain names the types of an error and of all it wraps, outermost first.
func typeChain(err error) string {
	var kinds []string
	for err != nil && len(kinds) < 10 {
		kinds = append(kinds, fmt.Sprintf("%T", err))
		err = errors.Unwrap(err)
	}
	return strings.Join(kinds, " > ")
}
