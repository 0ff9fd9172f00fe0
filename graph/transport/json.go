package transport

import (
	"errors"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth is how deep objects and lists of a request may nest. The deepest input of the schema needs a few.
const maxJSONDepth = 64

var (
	errJSON     = errors.New("not strict JSON")
	errJSONSize = errors.New("too many JSON values")
)

// decodeJSON reads one JSON value, more strictly than encoding/json: no duplicate keys, no trailing data, no invalid
// UTF-8, no lone surrogates, no NUL, no numbers beyond the range of float64. Whole numbers that fit become int64,
// all others float64, so a number is never taken for a string by the checks of variables. At most maxValues values
// are read, because each takes much more memory than its text.
//
// The error is errJSON or errJSONSize; it tells nothing of the input.
func decodeJSON(text []byte, maxValues int) (any, error) {
	if !utf8.Valid(text) {
		return nil, errJSON
	}
	d := jsonDecoder{text: text, left: maxValues}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.at != len(d.text) {
		return nil, errJSON
	}
	return v, nil
}

type jsonDecoder struct {
	text []byte
	at   int
	left int // values that may still come
}

func (d *jsonDecoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// next skips space and takes one byte if it is c.
func (d *jsonDecoder) next(c byte) bool {
	d.space()
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

func (d *jsonDecoder) value(depth int) (any, error) {
	d.space()
	if d.left--; d.left < 0 {
		return nil, errJSONSize
	}
	if depth > maxJSONDepth {
		return nil, errJSONSize
	}
	if d.at >= len(d.text) {
		return nil, errJSON
	}
	switch c := d.text[d.at]; {
	case c == '{':
		d.at++
		return d.object(depth + 1)
	case c == '[':
		d.at++
		return d.list(depth + 1)
	case c == '"':
		d.at++
		return d.str()
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	}
	for _, word := range literals {
		if end := d.at + len(word.text); end <= len(d.text) && string(d.text[d.at:end]) == word.text {
			d.at = end
			return word.value, nil
		}
	}
	return nil, errJSON
}

var literals = [...]struct {
	text  string
	value any
}{{"true", true}, {"false", false}, {"null", nil}}

func (d *jsonDecoder) object(depth int) (any, error) {
	fields := map[string]any{}
	if d.next('}') {
		return fields, nil
	}
	for {
		if !d.next('"') {
			return nil, errJSON
		}
		key, err := d.str()
		if err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice || !d.next(':') {
			return nil, errJSON
		}
		if fields[key], err = d.value(depth); err != nil {
			return nil, err
		}
		if d.next('}') {
			return fields, nil
		}
		if !d.next(',') {
			return nil, errJSON
		}
	}
}

func (d *jsonDecoder) list(depth int) (any, error) {
	items := []any{}
	if d.next(']') {
		return items, nil
	}
	for {
		item, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if d.next(']') {
			return items, nil
		}
		if !d.next(',') {
			return nil, errJSON
		}
	}
}

// str reads the rest of a string, after its opening quote.
func (d *jsonDecoder) str() (string, error) {
	start := d.at
	for ; d.at < len(d.text); d.at++ {
		switch c := d.text[d.at]; {
		case c == '"':
			s := string(d.text[start:d.at])
			d.at++
			return s, nil
		case c == '\\':
			return d.escapedStr(append([]byte(nil), d.text[start:d.at]...))
		case c < ' ':
			return "", errJSON
		}
	}
	return "", errJSON
}

func (d *jsonDecoder) escapedStr(s []byte) (string, error) {
	for d.at < len(d.text) {
		c := d.text[d.at]
		d.at++
		switch {
		case c == '"':
			return string(s), nil
		case c < ' ':
			return "", errJSON
		case c != '\\':
			s = append(s, c)
			continue
		}
		r, ok := d.escape()
		if !ok {
			return "", errJSON
		}
		s = utf8.AppendRune(s, r)
	}
	return "", errJSON
}

// escape reads what follows a backslash.
func (d *jsonDecoder) escape() (rune, bool) {
	if d.at >= len(d.text) {
		return 0, false
	}
	c := d.text[d.at]
	d.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
	default:
		return 0, false
	}
	r, ok := d.hex()
	if !ok || r == 0 {
		return 0, false // no text of a person holds NUL, and databases refuse it
	}
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if d.at+1 >= len(d.text) || d.text[d.at] != '\\' || d.text[d.at+1] != 'u' {
		return 0, false
	}
	d.at += 2
	low, ok := d.hex()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

func (d *jsonDecoder) hex() (rune, bool) {
	if d.at+4 > len(d.text) {
		return 0, false
	}
	var r rune
	for _, c := range d.text[d.at : d.at+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	d.at += 4
	return r, true
}

func (d *jsonDecoder) digits() bool {
	start := d.at
	for d.at < len(d.text) && d.text[d.at] >= '0' && d.text[d.at] <= '9' {
		d.at++
	}
	return d.at > start
}

// oneOf takes a byte if it is one of these.
func (d *jsonDecoder) oneOf(a, b byte) bool {
	if d.at < len(d.text) && (d.text[d.at] == a || d.text[d.at] == b) {
		d.at++
		return true
	}
	return false
}

func (d *jsonDecoder) number() (any, error) {
	start := d.at
	d.oneOf('-', '-')
	first := d.at
	if !d.digits() || d.text[first] == '0' && d.at > first+1 {
		return nil, errJSON
	}
	whole := true
	if d.oneOf('.', '.') {
		whole = false
		if !d.digits() {
			return nil, errJSON
		}
	}
	if d.oneOf('e', 'E') {
		whole = false
		d.oneOf('+', '-')
		if !d.digits() {
			return nil, errJSON
		}
	}
	text := string(d.text[start:d.at])
	if whole {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errJSON // beyond any integer of the schema; as a float it would be rounded in silence
		}
		return n, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errJSON
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f), nil // 1.0 and 1e3 are integers too, says GraphQL of input
	}
	return f, nil
}
