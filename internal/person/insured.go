package person

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/insuredrecord"
	"kabinet/ent/person"
	"kabinet/internal/audit"
	"kabinet/internal/calendar"
	"kabinet/internal/feed"
	"kabinet/internal/identifier"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
)

// Report is what the fund holds of an insured person, as a whole: what is absent the fund does not know. The access
// code alone is unchanged when it is absent.
type Report struct {
	UID      string
	Sequence int64 // of this person's reports, rising

	Snils             identifier.Snils
	LastName          string
	FirstName         string
	MiddleName        string
	BirthDate         calendar.Date
	Inn               identifier.Inn
	PassportSeries    string
	PassportNumber    string
	PassportIssuedOn  calendar.Date
	Phone             string
	Email             string
	RegisteredAddress string
	AccessCode        string
	// Unlinked takes the link to an account back; a new access code makes the next one.
	Unlinked bool
}

// ApplyInsured applies a report on an insured person, who is made if nobody has their SNILS: transition.ErrStale when a
// newer report was applied, transition.ErrImpossible when the number at the fund and the SNILS belong together no more.
// The owner's sequence rises by one if it is applied, and by none otherwise. That a link is taken back is journalled.
func (s *Service) ApplyInsured(ctx context.Context, tx *storage.Tx, r Report) error {
	byUID := insuredrecord.UIDHashIn(s.sealer.Lookups(uidPlace, r.UID)...)
	row, err := tx.InsuredRecord.Query().Where(byUID).Only(ctx)
	var id uuid.UUID
	switch {
	case ent.IsNotFound(err):
		id, err = s.insuredBySnils(ctx, tx, r.Snils)
	case err == nil:
		id = row.OwnerID
	}
	if err != nil {
		return fmt.Errorf("apply insured record: %w", err)
	}
	if err := owner.Lock(ctx, tx, id); err != nil {
		return err
	}
	// Whose it is never changes, so the lock is the right one; everything else may have, before it was ours.
	row, err = tx.InsuredRecord.Query().Where(insuredrecord.OwnerID(id)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		err = s.createRecord(ctx, tx, id, r)
	case err == nil:
		err = s.updateRecord(ctx, tx, row, r)
	}
	if err != nil {
		return fmt.Errorf("apply insured record: %w", err)
	}
	return s.changes.Record(ctx, tx, feed.Change{Owner: id, Subject: ref.Of(ref.Person, id)})
}

// insuredBySnils finds the person with a SNILS, or makes one of whom nothing else is known.
func (s *Service) insuredBySnils(ctx context.Context, tx *storage.Tx, n identifier.Snils) (uuid.UUID, error) {
	bySnils := tx.Person.Query().Where(person.SnilsHashIn(s.sealer.Lookups(snilsPlace, string(n))...))
	id, err := bySnils.Clone().OnlyID(ctx)
	if !ent.IsNotFound(err) {
		return id, err
	}
	if id, err = uuid.NewV7(); err != nil {
		return uuid.Nil, err
	}
	// Somebody may be making the same person: a login, or another report. A conflict would spoil the transaction.
	now := s.clock.Now()
	query, args := sql.Dialect(tx.Dialect()).Insert(person.Table).
		Columns(person.FieldID, person.FieldCreatedAt, person.FieldUpdatedAt, person.FieldTrusted, person.FieldSnilsHash).
		Values(id, now, now, false, s.snilsHash(n)).
		OnConflict(sql.ConflictColumns(person.FieldSnilsHash), sql.DoNothing()).Query()
	done, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return uuid.Nil, err
	}
	made, err := done.RowsAffected()
	if err != nil {
		return uuid.Nil, err
	}
	if made == 0 {
		return bySnils.OnlyID(ctx)
	}
	return id, owner.Create(ctx, tx, id, owner.Person, now)
}

func (s *Service) createRecord(ctx context.Context, tx *storage.Tx, id uuid.UUID, r Report) error {
	row, err := uuid.NewV7()
	if err != nil {
		return err
	}
	sealed, err := seal.SealJSON(s.sealer, recordPlace, row, r.insured(insured{}))
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return tx.InsuredRecord.Create().SetID(row).SetOwnerID(id).SetUIDHash(s.sealer.Lookup(uidPlace, r.UID)).
		SetRecord(sealed).SetFundSequence(r.Sequence).SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
}

func (s *Service) updateRecord(ctx context.Context, tx *storage.Tx, row *ent.InsuredRecord, r Report) error {
	known, err := s.openRecord(row)
	if err != nil {
		return err
	}
	switch {
	case known.UID != r.UID: // the SNILS is that of another number
		return transition.ErrImpossible
	case r.Sequence <= row.FundSequence:
		return transition.ErrStale
	case known.Snils != r.Snils: // the number is that of another person
		return transition.ErrImpossible
	}
	sealed, err := seal.SealJSON(s.sealer, recordPlace, row.ID, r.insured(known.insured))
	if err != nil {
		return err
	}
	update := tx.InsuredRecord.UpdateOne(row).SetUIDHash(s.sealer.Lookup(uidPlace, r.UID)).SetRecord(sealed).
		SetFundSequence(r.Sequence).SetUpdatedAt(s.clock.Now())
	if r.Unlinked {
		update.ClearLinkedAt()
	}
	if err := update.Exec(ctx); err != nil || !r.Unlinked || row.LinkedAt == nil {
		return err
	}
	return s.journal.Write(ctx, tx, audit.Entry{Owner: row.OwnerID, Action: "record.unlink", Subject: ref.Of(ref.Person, row.OwnerID)})
}

// insured is what is to be kept after the report. A code that has served does not serve again because it is repeated.
func (r Report) insured(before insured) insured {
	after := insured{
		UID: r.UID, Snils: r.Snils, LastName: r.LastName, FirstName: r.FirstName, MiddleName: r.MiddleName,
		BirthDate: r.BirthDate, Inn: r.Inn, PassportSeries: r.PassportSeries, PassportNumber: r.PassportNumber,
		PassportIssuedOn: r.PassportIssuedOn, Phone: r.Phone, Email: r.Email, RegisteredAddress: r.RegisteredAddress,
		AccessCode: before.AccessCode, CodeUsed: before.CodeUsed,
	}
	if code := NormalCode(r.AccessCode); code != "" && code != before.AccessCode {
		after.AccessCode, after.CodeUsed = code, false
	}
	return after
}
