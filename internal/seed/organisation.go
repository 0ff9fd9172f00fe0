package seed

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent/organisation"
	"kabinet/internal/identity"
	"kabinet/internal/owner"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Where the sealed and the looked-up values of an organisation stand.
const (
	organisationPlace seal.Place = "organisations.identity"
	innPlace          seal.Place = "organisations.inn_hash"
	registrationPlace seal.Place = "organisations.registration_number_hash"
)

// organisationData is what is sealed of an organisation; its JSON is a storage format.
type organisationData struct {
	Inn                string `json:"inn"`
	Ogrn               string `json:"ogrn"`
	RegistrationNumber string `json:"registrationNumber"`
}

// insertOrganisation writes an organisation and its owner, unless it is there.
func insertOrganisation(ctx context.Context, tx *storage.Tx, d Deps, o identity.Organisation) error {
	exists, err := tx.Organisation.Query().
		Where(organisation.InnHashIn(d.Sealer.Lookups(innPlace, string(o.Inn))...)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find organisation: %w", err)
	}
	if exists {
		return nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("insert organisation: %w", err)
	}
	data := organisationData{Inn: string(o.Inn), Ogrn: string(o.Ogrn), RegistrationNumber: registrationNumber(o)}
	sealed, err := seal.SealJSON(d.Sealer, organisationPlace, id, data)
	if err != nil {
		return fmt.Errorf("insert organisation: %w", err)
	}
	now := d.Clock.Now()
	if err := owner.Create(ctx, tx, id, owner.Organisation, now); err != nil {
		return err
	}
	if err := tx.Organisation.Create().SetID(id).SetCreatedAt(now).SetUpdatedAt(now).SetKind(string(o.Kind)).SetName(o.Name).
		SetIdentity(sealed).SetInnHash(d.Sealer.Lookup(innPlace, data.Inn)).
		SetRegistrationNumberHash(d.Sealer.Lookup(registrationPlace, data.RegistrationNumber)).Exec(ctx); err != nil {
		return fmt.Errorf("insert organisation: %w", err)
	}
	return nil
}

// registrationNumber is the ten-digit number of an organisation at the fund: here, made of its account's.
func registrationNumber(o identity.Organisation) string { return "00" + o.OID[len(o.OID)-8:] }
