package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/session"
	"kabinet/internal/fault"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// change alters the data of a session that has not ended, under the lock of its row, and then the copy. The row's own
// columns are altered in the same statement. alter tells whether there is anything to write.
func (s *Service) change(ctx context.Context, id uuid.UUID, keyOf func(*ent.Session) (dataKey, error),
	alter func(*ent.Session, *data, *ent.SessionUpdate) bool,
) (d data, err error) {
	var row *ent.Session
	err = s.store.InTx(viewer.NewSystemContext(ctx, "session change"), func(ctx context.Context, tx *storage.Tx) error {
		row, err = forUpdate(tx, tx.Session.Query().Where(session.ID(id), session.EndedAtIsNil())).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return fault.ErrUnauthenticated
		case err != nil:
			return fmt.Errorf("change session: %w", err)
		}
		key, err := keyOf(row)
		if err != nil {
			return err
		}
		if d, err = key.open(row.Sealed); err != nil {
			return err
		}
		update := tx.Session.Update().Where(session.ID(id), session.EndedAtIsNil())
		if !alter(row, &d, update) {
			return nil
		}
		if row.Sealed, err = key.seal(d); err != nil {
			return err
		}
		if err := update.SetSealed(row.Sealed).Exec(ctx); err != nil {
			return fmt.Errorf("change session: %w", err)
		}
		return nil
	})
	if err != nil {
		return data{}, err
	}
	if hash, ok := hashOf(row.TokenHash); ok && len(row.Wrapped) > 0 {
		s.replace(ctx, hash, held{row.Wrapped, row.Sealed})
	}
	return d, nil
}

// Promote notes that the person has come further in with an open session, and gives the session as it is then. The entry
// never gets worse by it.
func (s *Service) Promote(ctx context.Context, text string, open Open, entry viewer.Entry) (Open, error) {
	t, err := parseToken(accessToken, text)
	if err != nil || t.hash() != open.hash {
		return Open{}, fault.ErrUnauthenticated
	}
	d, err := s.change(ctx, open.Viewer.SessionID, func(row *ent.Session) (dataKey, error) {
		if hash, ok := hashOf(row.TokenHash); !ok || hash != open.hash { // replaced since
			return dataKey{}, fault.ErrUnauthenticated
		}
		return t.unwrap(row.Wrapped)
	}, func(_ *ent.Session, d *data, _ *ent.SessionUpdate) bool {
		better := entry > d.Entry
		d.Entry = max(d.Entry, entry)
		return better
	})
	if err != nil {
		return Open{}, err
	}
	open.Viewer.Entry = d.Entry
	return open, nil
}
