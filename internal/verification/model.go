package verification

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
)

// faultsPlace is where the sealed examination stands.
const faultsPlace seal.Place = "verifications.faults"

// Verification is a request to have one's identity confirmed.
type Verification struct {
	ID        ref.Ref
	State     State
	CreatedAt time.Time
	UpdatedAt time.Time
	DecidedAt *time.Time

	examination []byte // sealed
}

// StateText explains the state in the language of the request.
func (v *Verification) StateText(ctx context.Context) string {
	return v.State.Text().In(locale.FromContext(ctx))
}

// examination is who was to be examined, and what was found; its JSON is a storage format.
type examination struct {
	Fingerprint string  `json:"fingerprint"` // of the person as the provider told of them at the request
	Faults      []Fault `json:"faults,omitempty"`
}

// open opens a sealed examination, which may be none.
func open(sealer *seal.Sealer, id uuid.UUID, sealed []byte) (examination, error) {
	if len(sealed) == 0 {
		return examination{}, nil
	}
	e, err := seal.OpenJSON[examination](sealer, faultsPlace, id, sealed)
	if err != nil {
		return examination{}, fmt.Errorf("open examination: %w", err)
	}
	return e, nil
}

// Field is what a fault is in.
type Field string

// The fields.
const (
	PassportScan Field = "PASSPORT_SCAN"
	SnilsScan    Field = "SNILS_SCAN"
	LastName     Field = "LAST_NAME"
	FirstName    Field = "FIRST_NAME"
	MiddleName   Field = "MIDDLE_NAME"
	BirthDate    Field = "BIRTH_DATE"
	Passport     Field = "PASSPORT"
	Snils        Field = "SNILS"
	Phone        Field = "PHONE"
)

// Fields lists all fields.
func Fields() []Field {
	return []Field{PassportScan, SnilsScan, LastName, FirstName, MiddleName, BirthDate, Passport, Snils, Phone}
}

// Fault is something that the fund has found missing or wrong.
type Fault struct {
	Field   Field  `json:"field"`
	Message string `json:"message"` // to the person, as the fund has written it
}

// Missing is something without which no request can be made.
type Missing struct {
	Field Field

	message locale.Text
}

// Message says what is missing and what to do, in the language of the request.
func (m Missing) Message(ctx context.Context) string { return m.message.In(locale.FromContext(ctx)) }

func fromRow(row *ent.Verification) *Verification {
	return &Verification{
		ID: ref.Of(ref.Verification, row.ID), State: State(row.State), CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		DecidedAt: row.DecidedAt, examination: row.Faults,
	}
}
