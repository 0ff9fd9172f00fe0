package person

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/person"
	"kabinet/internal/fault"
	"kabinet/internal/identifier"
	"kabinet/internal/storage"
)

// Known finds the person with a SNILS, fault.ErrNotFound when nobody here has it: for the system, which is told of
// people by their numbers.
func (s *Service) Known(ctx context.Context, tx *storage.Tx, n identifier.Snils) (uuid.UUID, error) {
	id, err := tx.Person.Query().Where(person.SnilsHashIn(s.sealer.Lookups(snilsPlace, string(n))...)).OnlyID(ctx)
	switch {
	case ent.IsNotFound(err):
		return uuid.Nil, fault.ErrNotFound
	case err != nil:
		return uuid.Nil, fmt.Errorf("find person: %w", err)
	}
	return id, nil
}
