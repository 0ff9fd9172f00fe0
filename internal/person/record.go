package person

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/insuredrecord"
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// insured is what the fund holds of a person, as it is sealed; its JSON is a storage format.
type insured struct {
	UID               string           `json:"uid"`
	Snils             identifier.Snils `json:"snils"`
	LastName          string           `json:"lastName"`
	FirstName         string           `json:"firstName"`
	MiddleName        string           `json:"middleName,omitempty"`
	BirthDate         calendar.Date    `json:"birthDate"`
	Inn               identifier.Inn   `json:"inn,omitempty"`
	PassportSeries    string           `json:"passportSeries,omitempty"`
	PassportNumber    string           `json:"passportNumber,omitempty"`
	PassportIssuedOn  calendar.Date    `json:"passportIssuedOn,omitzero"`
	Phone             string           `json:"phone,omitempty"`
	Email             string           `json:"email,omitempty"`
	RegisteredAddress string           `json:"registeredAddress,omitempty"`
	AccessCode        string           `json:"accessCode,omitempty"`
	CodeUsed          bool             `json:"codeUsed,omitempty"` // the access code has served
}

// record is an insured-person record and whether the account is linked to it.
type record struct {
	insured

	linkedAt *time.Time
}

func (s *Service) openRecord(row *ent.InsuredRecord) (*record, error) {
	data, err := seal.OpenJSON[insured](s.sealer, recordPlace, row.ID, row.Record)
	if err != nil {
		return nil, fmt.Errorf("open insured record: %w", err)
	}
	return &record{insured: data, linkedAt: row.LinkedAt}, nil
}

// linked gives the record to which the person's account is linked, nil when it is linked to none. It is read once for
// a Person.
func (s *Service) linked(ctx context.Context, p *Person) (*record, error) {
	return p.record.Get(ctx, p.ID.ID, []uuid.UUID{p.ID.ID}, func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*record, error) {
		rows, err := s.store.InsuredRecord.Query().Where(insuredrecord.OwnerIDIn(ids...), insuredrecord.LinkedAtNotNil()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("get insured record: %w", err)
		}
		records := make(map[uuid.UUID]*record, len(rows))
		for _, row := range rows {
			if records[row.OwnerID], err = s.openRecord(row); err != nil {
				return nil, err
			}
		}
		return records, nil
	})
}

// FundUID is the person's number at the fund (UID); nil until their account is linked to the fund's record.
func (s *Service) FundUID(ctx context.Context, p *Person) (*string, error) {
	r, err := s.linked(ctx, p)
	if err != nil || r == nil {
		return nil, err
	}
	return &r.UID, nil
}

// LinkOutcome is what became of an attempt to link an account to the fund's record.
type LinkOutcome int

// The outcomes. A wrong number, a wrong or used code, and a fund that knows nothing of the person are one.
const (
	LinkWrong LinkOutcome = iota
	LinkAlready
	LinkDone
)

// Link links the account of a person to the fund's record of them, when the SNILS is that of both and the code is the
// one that the fund gave them, which serves once. It runs in the caller's transaction, under the owner's lock.
func (s *Service) Link(ctx context.Context, tx *storage.Tx, id uuid.UUID, snils identifier.Snils, code string) (LinkOutcome, error) {
	ctx = viewer.NewSystemContext(ctx, "link record")
	person, err := tx.Person.Get(ctx, id)
	if err != nil {
		return LinkWrong, fmt.Errorf("link record: %w", err)
	}
	p, err := s.fromRow(person)
	if err != nil {
		return LinkWrong, err
	}
	row, err := tx.InsuredRecord.Query().Where(insuredrecord.OwnerID(id)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return LinkWrong, fmt.Errorf("link record: %w", err)
	}
	known := &record{}
	if row != nil {
		if known, err = s.openRecord(row); err != nil {
			return LinkWrong, err
		}
	}
	// Everything is compared whatever comes out of it, so that the time tells nothing either.
	right := same(NormalCode(code), known.AccessCode) &
		same(string(snils), string(known.Snils)) & same(string(snils), string(p.data.Snils))
	switch {
	case known.linkedAt != nil:
		return LinkAlready, nil
	case right != 1 || known.AccessCode == "" || known.CodeUsed || !p.Confirmed:
		return LinkWrong, nil
	}
	known.CodeUsed = true
	sealed, err := seal.SealJSON(s.sealer, recordPlace, row.ID, known.insured)
	if err != nil {
		return LinkWrong, fmt.Errorf("link record: %w", err)
	}
	now := s.clock.Now()
	if err := tx.InsuredRecord.UpdateOne(row).SetRecord(sealed).SetLinkedAt(now).SetUpdatedAt(now).Exec(ctx); err != nil {
		return LinkWrong, fmt.Errorf("link record: %w", err)
	}
	return LinkDone, nil
}

// same compares in a time that tells nothing of either text, their lengths included.
func same(a, b string) int {
	left, right := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(left[:], right[:])
}

// NormalCode is an access code as it is compared: without spaces and hyphens, in capitals.
func NormalCode(code string) string { return strings.ToUpper(codeMarks.Replace(code)) }

var codeMarks = strings.NewReplacer(" ", "", "\u00a0", "", "-", "")
