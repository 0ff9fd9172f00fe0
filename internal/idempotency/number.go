package idempotency

import (
	"context"
	"fmt"
	"strconv"

	"kabinet/internal/clock"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Number is a result that is no id: how many things a mutation has changed.
type Number int

// String implements fmt.Stringer.
func (n Number) String() string { return strconv.Itoa(int(n)) }

func parseNumber(s string) (Number, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("idempotency: %w", err)
	}
	return Number(n), nil
}

// OnceNumber is Once for a mutation that answers a number.
func OnceNumber(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, c clock.Clock, r Request, do func() (Number, error)) (result Number, again bool, err error) {
	return once(ctx, tx, sealer, c, r, parseNumber, do)
}
