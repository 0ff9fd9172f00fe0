// Package scalar binds scalars of the API to plain Go types, where the type itself cannot carry the binding.
// The other scalars are types of the leaves: calendar.Date, money.Decimal, identifier.Snils, page.Cursor, ref.Ref.
package scalar

import (
	"errors"
	"io"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// The refusals of a value. They say what is wanted and nothing of what was sent.
var (
	ErrDateTime = errors.New("DateTime wants a moment by RFC 3339 with a zone, such as 2026-11-21T09:30:00Z")
	ErrURL      = errors.New("URL wants a path or address by RFC 3986")
)

// dateTimeLayout has as many digits of a second as the databases keep, and drops zeros behind.
const dateTimeLayout = "2006-01-02T15:04:05.999999Z"

// MarshalDateTime writes a moment in UTC; the zero moment is null.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format(dateTimeLayout)))
	})
}

// UnmarshalDateTime reads a moment.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, ErrDateTime
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, ErrDateTime
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// MarshalURL writes a path or address.
func MarshalURL(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalURL reads a path or address.
func UnmarshalURL(v any) (string, error) {
	s, ok := v.(string)
	if !ok || len(s) > 2048 {
		return "", ErrURL
	}
	if _, err := url.ParseRequestURI(s); err != nil {
		return "", ErrURL
	}
	return s, nil
}

// ErrInt refuses an Int beyond 32 bits, which is what GraphQL allows.
var ErrInt = errors.New("an Int is a whole number from -2147483648 to 2147483647")

// MarshalInt writes an Int.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads an Int: a number, not a numeric string.
func UnmarshalInt(v any) (int, error) {
	if _, isString := v.(string); isString {
		return 0, ErrInt
	}
	n, err := graphql.UnmarshalInt(v)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, ErrInt
	}
	return n, nil
}
