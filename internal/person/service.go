package person

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/person"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Service keeps citizens.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	changes *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock

	required map[Field]bool
}

// Option changes how the service is made.
type Option func(*Service)

// Require names the data without which nobody comes in, instead of all Fields: not every provider can tell everything.
func Require(fields ...Field) Option {
	return func(s *Service) { s.required = setOf(fields) }
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, changes *feed.Recorder, journal *audit.Journal, c clock.Clock, options ...Option) *Service {
	service := &Service{store: s, sealer: sealer, changes: changes, journal: journal, clock: c, required: setOf(Fields())}
	for _, option := range options {
		option(service)
	}
	return service
}

// Get gives a person whom the viewer may see.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*Person, error) {
	row, err := s.store.Person.Query().Where(person.ID(id)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, fault.ErrNotFound
	case err != nil:
		return nil, fmt.Errorf("get person: %w", err)
	}
	return s.fromRow(row)
}

// Viewer gives the person who is signed in.
func (s *Service) Viewer(ctx context.Context) (*Person, error) {
	return s.Get(ctx, viewer.FromContext(ctx).PersonID)
}

// ErrAnotherAccount refuses a confirmed account whose SNILS belongs to a person with another account.
var ErrAnotherAccount = fault.New(fault.Conflict,
	locale.Text{Ru: "Ваш СНИЛС уже связан с другой учётной записью.", En: "Your SNILS is linked to another account already."},
	locale.Text{Ru: "Обратитесь в поддержку фонда с паспортом и СНИЛС.", En: "Turn to the fund's support with your passport and SNILS."})

// Admit takes over what the identity provider tells of a person at login, and makes their record at the first one.
// A person whom the fund knows by their SNILS already is recognised by it, as soon as the account is confirmed.
func (s *Service) Admit(ctx context.Context, login identity.Login) (uuid.UUID, error) {
	ctx = viewer.NewSystemContext(ctx, "login")
	id, err := s.admit(ctx, login)
	if ent.IsConstraintError(err) { // the same person came in twice at once; the other record is there by now
		id, err = s.admit(ctx, login)
	}
	if errors.Is(err, ErrAnotherAccount) {
		if denied := s.deny(ctx, id, "another account"); denied != nil {
			return uuid.Nil, fmt.Errorf("admit person: %w", denied)
		}
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("admit person: %w", err)
	}
	return id, nil
}

// deny writes a refused login into the journal of the person whom it would have reached.
func (s *Service) deny(ctx context.Context, id uuid.UUID, reason string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return s.journal.Write(ctx, tx, audit.Entry{
			Owner: id, Action: "session.begin", Subject: ref.Of(ref.Person, id), Denied: true, Reason: reason,
		})
	})
}

// admit gives the id with ErrAnotherAccount, too.
func (s *Service) admit(ctx context.Context, login identity.Login) (id uuid.UUID, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		row, err := s.find(ctx, tx, login)
		if row != nil {
			id = row.ID
		}
		switch {
		case err != nil:
			return err
		case row == nil:
			id, err = s.create(ctx, tx, login)
			return err
		}
		return s.update(ctx, tx, id, login)
	})
	return id, err
}

// find finds the person of an account: the one that has it, or, if it is confirmed, the one with its SNILS. With
// ErrAnotherAccount it gives the person to whom the SNILS belongs.
func (s *Service) find(ctx context.Context, tx *storage.Tx, login identity.Login) (*ent.Person, error) {
	account := s.sealer.Lookups(subjectPlace, accountOf(login.Provider, login.Subject))
	byAccount, err := only(ctx, tx.Person.Query().Where(person.SubjectHashIn(account...)))
	if err != nil || !login.Trusted || login.Profile.Snils == "" {
		return byAccount, err
	}
	bySnils, err := only(ctx, tx.Person.Query().
		Where(person.SnilsHashIn(s.sealer.Lookups(snilsPlace, string(login.Profile.Snils))...)))
	switch {
	case err != nil:
		return nil, err
	case bySnils == nil || byAccount != nil && bySnils.ID == byAccount.ID:
		return byAccount, nil
	case slices.ContainsFunc(account, func(hash []byte) bool { return bytes.Equal(hash, bySnils.SubjectHash) }):
		return bySnils, nil // the same person came in twice at once, and this is the record of the other time
	case bySnils.SubjectHash != nil:
		return bySnils, ErrAnotherAccount
	case byAccount == nil:
		return bySnils, nil
	}
	// The account was confirmed since: the person is the one whom the fund knows, for theirs are the records.
	if err := tx.Person.UpdateOne(byAccount).ClearSubjectHash().SetUpdatedAt(s.clock.Now()).Exec(ctx); err != nil {
		return nil, err
	}
	return bySnils, nil
}

// only gives the row of a query that finds at most one, or nil.
func only(ctx context.Context, q *ent.PersonQuery) (*ent.Person, error) {
	row, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // nobody yet
	}
	return row, err
}

func (s *Service) create(ctx context.Context, tx *storage.Tx, login identity.Login) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	now := s.clock.Now()
	if err := owner.Create(ctx, tx, id, owner.Person, now); err != nil {
		return uuid.Nil, err
	}
	sealed, err := seal.SealJSON(s.sealer, identityPlace, id, dataOf(login.Profile))
	if err != nil {
		return uuid.Nil, err
	}
	create := tx.Person.Create().SetID(id).SetCreatedAt(now).SetUpdatedAt(now).SetTrusted(login.Trusted).
		SetSubjectHash(s.sealer.Lookup(subjectPlace, accountOf(login.Provider, login.Subject))).SetIdentity(sealed)
	// An account that is not confirmed may name anybody's SNILS; it must not take the number from its owner.
	if login.Trusted && login.Profile.Snils != "" {
		create.SetSnilsHash(s.snilsHash(login.Profile.Snils))
	}
	// No event: nobody has seen anything of an owner who was not there, so that number 0 is the first version.
	return id, create.Exec(ctx)
}

// update takes over what the login tells. What the owner then sees differently is a change like any other: it raises
// their sequence, which is the version of all they see.
func (s *Service) update(ctx context.Context, tx *storage.Tx, id uuid.UUID, login identity.Login) error {
	if err := owner.Lock(ctx, tx, id); err != nil {
		return err
	}
	row, err := tx.Person.Get(ctx, id) // as it is under the lock
	if err != nil {
		return err
	}
	changed, err := s.differs(row, login)
	if err != nil {
		return err
	}
	sealed, err := seal.SealJSON(s.sealer, identityPlace, id, dataOf(login.Profile))
	if err != nil {
		return err
	}
	// Written even if nothing differs: under the keys of today.
	update := tx.Person.UpdateOneID(id).SetUpdatedAt(s.clock.Now()).SetTrusted(login.Trusted).SetIdentity(sealed).
		SetSubjectHash(s.sealer.Lookup(subjectPlace, accountOf(login.Provider, login.Subject)))
	if login.Trusted && login.Profile.Snils != "" {
		update.SetSnilsHash(s.snilsHash(login.Profile.Snils))
	}
	if err := update.Exec(ctx); err != nil || !changed {
		return err
	}
	return s.changes.Record(ctx, tx, feed.Change{Owner: id, Subject: ref.Of(ref.Person, id)})
}

// differs tells whether a login tells something else of a person than is stored.
func (s *Service) differs(row *ent.Person, login identity.Login) (bool, error) {
	if row.Trusted != login.Trusted || len(row.Identity) == 0 { // the fund may know a person by their SNILS alone
		return true, nil
	}
	stored, err := seal.OpenJSON[personalData](s.sealer, identityPlace, row.ID, row.Identity)
	if err != nil {
		return false, err
	}
	before, err := json.Marshal(stored)
	if err != nil {
		return false, fmt.Errorf("compare personal data: %w", err)
	}
	after, err := json.Marshal(dataOf(login.Profile))
	if err != nil {
		return false, fmt.Errorf("compare personal data: %w", err)
	}
	return !bytes.Equal(before, after), nil
}

func (s *Service) snilsHash(n identifier.Snils) []byte { return s.sealer.Lookup(snilsPlace, string(n)) }
