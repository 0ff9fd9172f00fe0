package seed

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/dev/persona"
	"kabinet/internal/entry"
	"kabinet/internal/identity"
	"kabinet/internal/person"
	"kabinet/internal/storage"
)

// sinceFirstEntry is how long ago the demo people came in for the first time.
const sinceFirstEntry = 400 * 24 * time.Hour

// insertEntry gives a person what they have done at their first entry: accepted terms, and the link to the fund's record.
// A newcomer has done nothing yet, but the fund knows them. An unconfirmed account proves no insurance number, and is
// linked to nothing.
func insertEntry(ctx context.Context, tx *storage.Tx, d Deps, id uuid.UUID, p persona.Persona) error {
	if p.Trusted {
		if err := d.People.ApplyInsured(ctx, tx, recordOf(p)); err != nil {
			return err
		}
	}
	if p.Newcomer {
		return nil
	}
	if p.Trusted {
		outcome, err := d.People.Link(ctx, tx, id, p.Profile.Snils, p.AccessCode)
		if err != nil || outcome != person.LinkDone {
			return fmt.Errorf("link to the fund's record: outcome %d: %w", outcome, err)
		}
	}
	terms, err := entry.PresentTerms()
	if err != nil {
		return err
	}
	at := d.Clock.Now().Add(-sinceFirstEntry)
	return tx.Consent.MapCreateBulk(terms, func(c *ent.ConsentCreate, i int) {
		hash, _ := hex.DecodeString(terms[i].TextHash(ctx)) // is written as such
		c.SetOwnerID(id).SetDocument(string(terms[i].Document)).SetVersion(terms[i].Version).SetTextHash(hash).SetAcceptedAt(at)
	}).Exec(ctx)
}

// recordOf is what the fund holds of a person: what Gosuslugi tells, but for two whose records are out of date.
func recordOf(p persona.Persona) person.Report {
	profile := p.Profile
	r := person.Report{
		UID: p.FundUID, Sequence: 1, Snils: profile.Snils, LastName: profile.LastName, FirstName: profile.FirstName,
		MiddleName: profile.MiddleName, BirthDate: profile.BirthDate, Inn: profile.Inn,
		PassportSeries: profile.Passport.Series, PassportNumber: profile.Passport.Number, PassportIssuedOn: profile.Passport.IssuedOn,
		Phone: string(profile.Phone.Number), Email: string(profile.Email.Address), AccessCode: p.AccessCode,
	}
	for _, a := range profile.Addresses {
		if a.Kind == identity.Registration {
			r.RegisteredAddress = a.Text
		}
	}
	switch p.Name {
	case "petrov": // he has a new passport
		r.PassportNumber = "000099"
		r.PassportIssuedOn = profile.BirthDate.AddDays(20 * 366)
	case "agent": // he has moved
		r.RegisteredAddress = "Вымышленная область, г. Примерск, ул. Полевая, д. 1"
	}
	return r
}
