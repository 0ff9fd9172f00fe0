package seed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	"kabinet/internal/audit"
	"kabinet/internal/blob"
	"kabinet/internal/clock"
	"kabinet/internal/dev/persona"
	"kabinet/internal/feed"
	"kabinet/internal/identifier"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
	"kabinet/internal/owner"
	"kabinet/internal/person"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

const (
	// seedAction is the action of the journal entry that is written with a person's records. It is also how a
	// later run knows that they are there.
	seedAction = "demo.seed"
	// allowed bounds the whole; it takes a fraction of a second.
	allowed = time.Minute
)

// Deps is what seeding needs.
type Deps struct {
	Store   *storage.Store
	Sealer  *seal.Sealer
	Blobs   blob.Store
	People  *person.Service
	Feed    *feed.Recorder
	Journal *audit.Journal
	Clock   clock.Clock
}

// Seed writes the demo people and their records, and what the fund has told everybody, once: a store that has them is left
// as it is. Each person's records, and the notices, are written whole or not at all, so that a run that was cut short is
// completed by the next one.
func Seed(ctx context.Context, d Deps) error {
	ctx, cancel := context.WithTimeout(viewer.NewSystemContext(ctx, "demo seed"), allowed)
	defer cancel()
	present, err := seeded(ctx, d)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	var files *press // made once it is needed: most runs find everybody there
	for i, p := range persona.All() {
		if present[p.Profile.Snils] {
			continue
		}
		if files == nil {
			if files, err = newPress(); err != nil {
				return fmt.Errorf("seed: %w", err)
			}
		}
		if err := seedPerson(ctx, d, files, i+1, p); err != nil {
			return fmt.Errorf("seed %s: %w", p.Name, err)
		}
	}
	if err := seedNotices(ctx, d); err != nil {
		return fmt.Errorf("seed notices: %w", err)
	}
	return nil
}

// seeded gives the insurance numbers of those who have been seeded.
func seeded(ctx context.Context, d Deps) (map[identifier.Snils]bool, error) {
	rows, err := d.Store.AuditEntry.Query().Where(auditentry.Action(seedAction)).Select(auditentry.FieldOwnerID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	present := make(map[identifier.Snils]bool, len(rows))
	for _, row := range rows {
		p, err := d.People.Get(ctx, row.OwnerID)
		if err != nil {
			return nil, err
		}
		if n := p.Snils(); n != nil {
			present[*n] = true
		}
	}
	return present, nil
}

func seedPerson(ctx context.Context, d Deps, files *press, ordinal int, p persona.Persona) error {
	id, err := d.People.Admit(ctx, login(p))
	if err != nil {
		return err
	}
	a := newAuthor(p, ordinal, id, d.Clock.Now(), d.Sealer, files)
	a.write()
	if a.err != nil {
		return a.err
	}
	// The bytes come first: a crash leaves a file that no row names, never a row without its file. Keys are new each
	// time, so that what a crash left is not in the way.
	if err := putAll(ctx, d.Blobs, a.records.files); err != nil {
		return err
	}
	return d.Store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, id); err != nil {
			return err
		}
		// Somebody else may have been quicker.
		done, err := tx.AuditEntry.Query().Where(auditentry.OwnerID(id), auditentry.Action(seedAction)).Exist(ctx)
		if err != nil || done {
			return err
		}
		if err := a.records.insert(ctx, tx); err != nil {
			return err
		}
		for _, o := range p.Profile.Organisations {
			if !o.Chief {
				continue
			}
			if err := insertOrganisation(ctx, tx, d, o); err != nil {
				return err
			}
		}
		if err := a.records.tell(ctx, tx, d, id); err != nil {
			return err
		}
		if err := insertEntry(ctx, tx, d, id, p); err != nil {
			return err
		}
		return d.Journal.Write(ctx, tx, audit.Entry{Owner: id, Action: seedAction, Subject: ref.Of(ref.Person, id)})
	})
}

// login is what the identity provider would tell at the person's first login.
func login(p persona.Persona) identity.Login {
	return identity.Login{
		Provider: esia.ProviderName, Subject: p.Subject(), Method: identity.Password, Trusted: p.Trusted, Profile: p.Profile,
	}
}

// putAll keeps the files, at the same time: each waits for the disk.
func putAll(ctx context.Context, blobs blob.Store, files []file) error {
	var wg sync.WaitGroup
	faults := make([]error, len(files))
	for i, f := range files {
		wg.Go(func() { faults[i] = blobs.Put(ctx, f.key, bytes.NewReader(f.content)) })
	}
	wg.Wait()
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("put files: %w", err)
	}
	return nil
}

// file is the content of a version of a document.
type file struct {
	key     string
	content []byte
}

// records are all rows of one person, as they will be inserted, and the changes that led to them.
type records struct {
	leaves      []*ent.SickLeave
	periods     []*ent.TreatmentPeriod
	benefits    []*ent.Benefit
	accruals    []*ent.Accrual
	documents   []*ent.Document
	versions    []*ent.DocumentVersion
	appeals     []*ent.Appeal
	steps       []*ent.AppealStep
	messages    []*ent.AppealMessage
	attachments []*ent.AppealAttachment

	contributions  []*ent.Contribution
	deadlines      []*ent.Deadline
	clarifications []*ent.Clarification
	commands       []*ent.Command

	files  []file
	events []event
}

// event is a change and when it was.
type event struct {
	at      time.Time
	subject ref.Ref
	from    *string
	to      *string
	comment *string
}

// id makes a key; a fault is kept for the end.
func (a *author) id() uuid.UUID {
	id, err := uuid.NewV7()
	a.fail(err)
	return id
}

func (a *author) fail(err error) {
	if err != nil && a.err == nil {
		a.err = err
	}
}
