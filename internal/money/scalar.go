package money

import (
	"encoding/json"
	"io"
)

// Decimal is the API's scalar of that name: an amount as text, never a JSON
// number, because clients read those as floating point.
type Decimal string

func (k Kopecks) scalar() Decimal { return Decimal(k.Decimal()) }

// Kopecks reads the amount back, or gives ErrAmount.
func (d Decimal) Kopecks() (Kopecks, error) { return ParseDecimal(string(d)) }

// MarshalGQL writes the amount as a JSON string. A failing writer is the
// transport's to notice.
func (d Decimal) MarshalGQL(w io.Writer) { writeString(w, string(d)) }

// UnmarshalGQL reads the scalar of a request: only a string, in the form that
// ParseDecimal takes. The value kept has two digits after the point, so that
// equal amounts are equal values.
func (d *Decimal) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return ErrAmount
	}
	k, err := ParseDecimal(s)
	if err != nil {
		return err
	}
	*d = k.scalar()
	return nil
}

// MarshalGQL writes the code as a GraphQL enum value.
func (c Currency) MarshalGQL(w io.Writer) { writeString(w, string(c)) }

// UnmarshalGQL reads the code of a known currency, or gives ErrCurrency.
func (c *Currency) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok || Currency(s) != RUB {
		return ErrCurrency
	}
	*c = RUB
	return nil
}

func writeString(w io.Writer, s string) {
	// A string always has a JSON form.
	quoted, _ := json.Marshal(s)
	_, _ = w.Write(quoted)
}
