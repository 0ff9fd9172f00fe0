package calendar

import (
	"database/sql/driver"
	"fmt"
	"io"
	"time"
)

// MarshalText is YYYY-MM-DD, or empty for the zero Date. JSON uses it.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes: empty is the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MarshalGQL writes the scalar Date: a string YYYY-MM-DD, or null for the zero
// Date. A failing writer is the transport's to notice.
func (d Date) MarshalGQL(w io.Writer) {
	if d.IsZero() {
		_, _ = io.WriteString(w, "null")
		return
	}
	quoted := make([]byte, 0, len(time.DateOnly)+2)
	quoted = append(quoted, '"')
	quoted = d.append(quoted)
	quoted = append(quoted, '"')
	_, _ = w.Write(quoted)
}

// UnmarshalGQL reads the scalar Date of a request. Only a string is one; unlike
// in text, an empty string is not.
func (d *Date) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return ErrDate
	}
	parsed, err := ParseDate(s)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Value stores the date as text YYYY-MM-DD, or NULL for the zero Date.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a stored date. Drivers give it as text, as text with a time of day
// (SQLite), or as a time; of the latter two it takes the day that is written,
// without moving it to another zone. NULL is the zero Date.
func (d *Date) Scan(src any) error {
	var (
		scanned Date
		err     error
	)
	switch v := src.(type) {
	case nil:
	case string:
		scanned, err = parseStored(v)
	case []byte:
		scanned, err = parseStored(string(v))
	case time.Time:
		if scanned = civil(v); scanned.IsZero() {
			err = ErrDate
		}
	default:
		err = fmt.Errorf("%w: stored as %T", ErrDate, src)
	}
	if err != nil {
		return err
	}
	*d = scanned
	return nil
}

// storedLayouts are the forms in which SQLite and its Go drivers write a time.
var storedLayouts = [...]string{
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02 15:04Z07:00",
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04",
	"2006-01-02T15:04",
}

func parseStored(s string) (Date, error) {
	if len(s) <= len(time.DateOnly) {
		return ParseDate(s)
	}
	for _, layout := range storedLayouts {
		if _, err := time.Parse(layout, s); err == nil {
			return ParseDate(s[:len(time.DateOnly)])
		}
	}
	return Date{}, ErrDate
}
