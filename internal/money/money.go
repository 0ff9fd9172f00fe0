package money

import (
	"errors"
	"math"
	"strconv"
)

var (
	// ErrAmount refuses a text that is not an amount. It never repeats it.
	ErrAmount = errors.New(`money: an amount must be written as "1234.56" or "1234", with at most 13 digits before the point`)
	// ErrOverflow tells that a sum does not fit into Kopecks.
	ErrOverflow = errors.New("money: the sum is too large")
	// ErrCurrency refuses a currency that is not known here.
	ErrCurrency = errors.New("money: unknown currency")
)

// kopecksPerRouble is the number of minor units in the major one.
const kopecksPerRouble = 100

// maxRoubleDigits is how many digits ParseDecimal takes before the point: ten
// trillion roubles less a kopeck is beyond any payment and far from overflow.
const maxRoubleDigits = 13

// Kopecks is an amount in hundredths of a rouble. Negative is a debt or a
// correction.
type Kopecks int64

// Roubles is a whole number of roubles. An amount beyond the range of Kopecks
// (±92 quadrillion roubles) stops at its end.
func Roubles(r int64) Kopecks {
	switch {
	case r > math.MaxInt64/kopecksPerRouble:
		return math.MaxInt64
	case r < math.MinInt64/kopecksPerRouble:
		return math.MinInt64
	default:
		return Kopecks(r * kopecksPerRouble)
	}
}

// ParseDecimal reads an amount in roubles: an optional minus, 1 to 13 ASCII
// digits and, if there is a point, exactly two digits after it. Anything else is
// ErrAmount.
func ParseDecimal(s string) (Kopecks, error) {
	negative := false
	if s != "" && s[0] == '-' {
		negative, s = true, s[1:]
	}
	whole := len(s)
	if fraction := len(s) - 3; fraction >= 0 && s[fraction] == '.' {
		whole = fraction
	}
	if whole < 1 || whole > maxRoubleDigits {
		return 0, ErrAmount
	}
	var n Kopecks
	for i := range len(s) {
		if i == whole {
			continue // the point
		}
		c := s[i]
		if c < '0' || c > '9' {
			return 0, ErrAmount
		}
		n = n*10 + Kopecks(c-'0')
	}
	if whole == len(s) {
		n *= kopecksPerRouble
	}
	if negative {
		n = -n
	}
	return n, nil
}

// Decimal is the amount in roubles with two digits after the point: "1234.56",
// "-0.05".
func (k Kopecks) Decimal() string {
	var buffer [24]byte // a sign, 19 digits, a point
	b := buffer[:0]
	magnitude := uint64(k) //nolint:gosec // a negative one is turned below
	if k < 0 {
		b = append(b, '-')
		magnitude = -magnitude // wraps rightly for the least integer too
	}
	b = strconv.AppendUint(b, magnitude/kopecksPerRouble, 10)
	minor := magnitude % kopecksPerRouble
	b = append(b, '.', byte('0'+minor/10), byte('0'+minor%10))
	return string(b)
}

// Add is the sum of both, or ErrOverflow.
func (k Kopecks) Add(other Kopecks) (Kopecks, error) {
	sum := k + other
	// An overflow is the only way for the sum to lie on the wrong side of k.
	if (sum > k) != (other > 0) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Currency is an ISO 4217 code.
type Currency string

// RUB is the Russian rouble, the only currency that the fund pays in.
const RUB Currency = "RUB"

// Money is an amount together with its currency, as the API shows it. The zero
// value is no money at all: it has no currency.
type Money struct {
	Kopecks  Kopecks
	Currency Currency
}

// InRoubles is that amount of roubles and kopecks.
func InRoubles(k Kopecks) Money { return Money{Kopecks: k, Currency: RUB} }

// Amount is the number in its decimal form, without the currency.
func (m Money) Amount() Decimal { return m.Kopecks.scalar() }

// String is for people who read a test or an operator's screen: "1234.56 RUB".
func (m Money) String() string { return m.Kopecks.Decimal() + " " + string(m.Currency) }
