// Package idempotency makes a mutation happen once, however often its request arrives.
//
// A client makes a key for one intention and sends it with every retry. The key is remembered in the transaction of
// the mutation with a keyed hash of the input and the id of the result, or a number, per owner and operation: the same
// key with the same input answers the same, with another input it is a conflict.
package idempotency

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/idempotencyrecord"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// The refusals of a key.
var (
	ErrKey = fault.New(fault.BadInput,
		locale.Text{Ru: "idempotencyKey должен состоять из 8–128 символов A–Z a–z 0–9 - _.", En: "idempotencyKey must be 8 to 128 characters from A–Z a–z 0–9 - _."},
		locale.Text{Ru: "Создайте случайный ключ, например UUID.", En: "Make a random one, such as a UUID."})
	ErrReused = fault.New(fault.Conflict,
		locale.Text{Ru: "Этот idempotencyKey уже использован с другими данными.", En: "This idempotencyKey was already used with another input."},
		locale.Text{Ru: "Для нового действия создайте новый ключ.", En: "Make a new key for a new intention."})
)

// inputPlace is where the hash of an input stands. It is keyed: an input may be short enough to be guessed.
const inputPlace seal.Place = "idempotency_records.input_hash"

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,128}$`)

// Check tells whether a key has the form of one: nil, or ErrKey. Once asks it itself; who does something before, such as
// sending a code, asks it first.
func Check(key string) error {
	if !keyForm.MatchString(key) {
		return ErrKey
	}
	return nil
}

// Request is what must happen once.
type Request struct {
	Owner     uuid.UUID
	Operation string // name of the mutation
	Key       string
	Input     any // marshalled to JSON for comparison; without the key
}

// Once runs do under the owner's lock, unless it has been done for this key: then it gives the result of that time.
func Once(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, c clock.Clock, r Request, do func() (ref.Ref, error)) (result ref.Ref, again bool, err error) {
	return once(ctx, tx, sealer, c, r, ref.Parse, do)
}

func once[R fmt.Stringer](ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, c clock.Clock, r Request,
	parse func(string) (R, error), do func() (R, error),
) (result R, again bool, err error) {
	var none R
	if err := Check(r.Key); err != nil {
		return none, false, err
	}
	input, err := json.Marshal(r.Input)
	if err != nil {
		return none, false, fmt.Errorf("idempotency: %w", err)
	}
	if err := owner.Lock(ctx, tx, r.Owner); err != nil {
		return none, false, err
	}
	known, err := find(ctx, tx, sealer, r, input)
	if err != nil {
		return none, false, err
	}
	if known != nil {
		result, err = parse(known.Result)
		return result, true, err
	}
	if result, err = do(); err != nil {
		return none, false, err
	}
	if err := tx.IdempotencyRecord.Create().SetOwnerID(r.Owner).SetOperation(r.Operation).SetKey(r.Key).
		SetInputHash(sealer.Lookup(inputPlace, string(input))).SetResult(result.String()).SetCreatedAt(c.Now()).Exec(ctx); err != nil {
		return none, false, fmt.Errorf("idempotency: %w", err)
	}
	return result, false, nil
}

// Known tells whether a request was carried out before; ErrReused when its key was used with another input.
func Known(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, r Request) (bool, error) {
	if err := Check(r.Key); err != nil {
		return false, err
	}
	input, err := json.Marshal(r.Input)
	if err != nil {
		return false, fmt.Errorf("idempotency: %w", err)
	}
	known, err := find(ctx, tx, sealer, r, input)
	return known != nil, err
}

// find finds what is remembered of a request; nil when there is nothing.
func find(ctx context.Context, tx *storage.Tx, sealer *seal.Sealer, r Request, input []byte) (*ent.IdempotencyRecord, error) {
	known, err := tx.IdempotencyRecord.Query().Where(
		idempotencyrecord.OwnerID(r.Owner), idempotencyrecord.Operation(r.Operation), idempotencyrecord.Key(r.Key),
	).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, nil //nolint:nilnil // see above
	case err != nil:
		return nil, fmt.Errorf("idempotency: %w", err)
	}
	same := func(hash []byte) bool { return bytes.Equal(known.InputHash, hash) }
	if !slices.ContainsFunc(sealer.Lookups(inputPlace, string(input)), same) {
		return nil, ErrReused
	}
	return known, nil
}
