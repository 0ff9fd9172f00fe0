package person

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/person"
	"kabinet/internal/fault"
	"kabinet/internal/viewer"
)

// ByAccount finds the person of an account at an identity provider, which tells of it itself; fault.ErrNotFound when
// nobody has come in with it.
func (s *Service) ByAccount(ctx context.Context, provider, subject string) (uuid.UUID, error) {
	hashes := s.sealer.Lookups(subjectPlace, accountOf(provider, subject))
	id, err := s.store.Person.Query().Where(person.SubjectHashIn(hashes...)).OnlyID(viewer.NewSystemContext(ctx, "account lookup"))
	switch {
	case ent.IsNotFound(err):
		return uuid.UUID{}, fault.ErrNotFound
	case err != nil:
		return uuid.UUID{}, fmt.Errorf("find account: %w", err)
	}
	return id, nil
}
