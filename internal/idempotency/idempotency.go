// Package idempotency makes a mutation happen once, however often its request arrives.
//
// A client makes a key for one intention and sends it with every retry. The key is remembered in the transaction of
// the mutation with a hash of the input and the id of the result, per owner and operation: the same key with the same
// input answers the same, with another input it is a conflict.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/idempotencyrecord"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
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

var keyForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,128}$`)

// Request is what must happen once.
type Request struct {
	Owner     uuid.UUID
	Operation string // name of the mutation
	Key       string
	Input     any // marshalled to JSON for comparison; without the key
}

// Once runs do under the owner's lock, unless it has been done for this key: then it gives the result of that time.
func Once(ctx context.Context, tx *storage.Tx, c clock.Clock, r Request, do func() (ref.Ref, error)) (result ref.Ref, again bool, err error) {
	if !keyForm.MatchString(r.Key) {
		return ref.Ref{}, false, ErrKey
	}
	input, err := json.Marshal(r.Input)
	if err != nil {
		return ref.Ref{}, false, fmt.Errorf("idempotency: %w", err)
	}
	hash := sha256.Sum256(input)
	if err := owner.Lock(ctx, tx, r.Owner); err != nil {
		return ref.Ref{}, false, err
	}
	known, err := tx.IdempotencyRecord.Query().Where(
		idempotencyrecord.OwnerID(r.Owner), idempotencyrecord.Operation(r.Operation), idempotencyrecord.Key(r.Key),
	).Only(ctx)
	switch {
	case err == nil:
		if !bytes.Equal(known.InputHash, hash[:]) {
			return ref.Ref{}, false, ErrReused
		}
		result, err = ref.Parse(known.Result)
		return result, true, err
	case !ent.IsNotFound(err):
		return ref.Ref{}, false, fmt.Errorf("idempotency: %w", err)
	}
	if result, err = do(); err != nil {
		return ref.Ref{}, false, err
	}
	if err := tx.IdempotencyRecord.Create().SetOwnerID(r.Owner).SetOperation(r.Operation).SetKey(r.Key).
		SetInputHash(hash[:]).SetResult(result.String()).SetCreatedAt(c.Now()).Exec(ctx); err != nil {
		return ref.Ref{}, false, fmt.Errorf("idempotency: %w", err)
	}
	return result, false, nil
}
