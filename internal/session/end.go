package session

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Reasons for which a session ends.
const (
	ReasonLogout   = "logout"
	ReasonRevoked  = "revoked"
	ReasonReplaced = "replaced" // by a new login in the same browser
	ReasonReused   = "reused"   // a code or refresh token of the app was sent again: somebody else has it
	ReasonMismatch = "mismatch" // a code of the app came with another verifier or address than it was given for
	ReasonUpstream = "upstream" // the identity provider renews its tokens no more
)

const (
	// endTimeout bounds what follows the end of sessions.
	endTimeout = 2 * time.Second
	// endBatch is how many sessions are ended in one transaction.
	endBatch = 100
)

// ending says which sessions of one owner are to end, and why.
type ending struct {
	owner  uuid.UUID
	reason string
	actor  viewer.Viewer           // who ends them; the zero value: the program itself
	which  []predicate.Session     // of those that are not ended
	spare  func(*ent.Session) bool // which are not, after all; may be nil
	// silent has those end without a word that nobody could use any more.
	silent bool
}

// End ends a session; one that has ended already stays so.
func (s *Service) End(ctx context.Context, open Open, reason string) error {
	e := ending{owner: open.Viewer.PersonID, reason: reason, which: []predicate.Session{session.ID(open.Viewer.SessionID)}}
	if reason == ReasonLogout { // the others end without a word of the person whose session it is
		e.actor = open.Viewer
	}
	_, err := s.end(ctx, e)
	return err
}

// EndOwn ends one of the viewer's open sessions; fault.ErrNotFound when it is not theirs or not open.
func (s *Service) EndOwn(ctx context.Context, id ref.Ref) error {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() || id.Kind != ref.Session {
		return fault.ErrNotFound
	}
	now := s.clock.Now()
	n, err := s.end(ctx, ending{
		owner: v.PersonID, reason: ReasonRevoked, actor: v,
		which: []predicate.Session{session.ID(id.ID), session.AbsoluteEndsAtGT(now), alive(now.Add(-rowLag))},
	})
	if err == nil && n == 0 {
		return fault.ErrNotFound
	}
	return err
}

// EndAll ends the viewer's sessions, but for the one they came through if they say so, and tells how many were open.
func (s *Service) EndAll(ctx context.Context, exceptCurrent bool) (int, error) {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() {
		return 0, fault.ErrUnauthenticated
	}
	which := []predicate.Session{session.AbsoluteEndsAtGT(s.clock.Now())}
	if exceptCurrent {
		which = append(which, session.IDNEQ(v.SessionID))
	}
	return s.end(ctx, ending{owner: v.PersonID, reason: ReasonRevoked, actor: v, which: which, silent: true})
}

// EndByProvider ends the sessions that began with one session of the identity provider, or, when it names none, all of
// the person; it tells how many were open. Who has told it is not the person, so that the journal names the program.
func (s *Service) EndByProvider(ctx context.Context, person uuid.UUID, provider, session, reason string) (int, error) {
	which, err := s.endedByProvider(ctx, person, provider, session)
	if err != nil {
		return 0, err
	}
	ended := 0
	for _, e := range which {
		e.reason, e.silent = reason, true
		n, err := s.end(ctx, e)
		ended += n
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (s *Service) endedByProvider(ctx context.Context, person uuid.UUID, provider, providers string) ([]ending, error) {
	open := session.AbsoluteEndsAtGT(s.clock.Now())
	if providers == "" {
		if person == uuid.Nil {
			return nil, nil
		}
		return []ending{{owner: person, which: []predicate.Session{open}}}, nil
	}
	found := session.ProviderSessionHashIn(s.sealer.Lookups(providerSessionPlace, providerSession(provider, providers))...)
	query := s.store.Session.Query().Where(found, open, session.EndedAtIsNil())
	if person != uuid.Nil {
		query.Where(session.OwnerID(person))
	}
	rows, err := query.Select(session.FieldOwnerID).All(viewer.NewSystemContext(ctx, "session end"))
	if err != nil {
		return nil, fmt.Errorf("find sessions of the provider: %w", err)
	}
	var endings []ending
	seen := make(map[uuid.UUID]bool)
	for _, row := range rows {
		if !seen[row.OwnerID] {
			seen[row.OwnerID] = true
			endings = append(endings, ending{owner: row.OwnerID, which: []predicate.Session{found, open}})
		}
	}
	return endings, nil
}

// end ends sessions: the rows first, which are the truth, then the copies, then the streams of every instance. It tells
// how many of them were open.
func (s *Service) end(ctx context.Context, e ending) (open int, err error) {
	for {
		gone, n, err := s.endSome(ctx, e)
		open += n
		if err != nil {
			return open, err
		}
		if len(gone) > 0 {
			// The rows tell the truth now. The rest is owed even if the caller has gone; what of it fails the sweep repeats.
			after, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
			if err := s.spread(after, gone...); err != nil {
				s.log.WarnContext(after, "session: ended, but not everybody was told; the sweep will tell", "error", err)
			}
			cancel()
		}
		if len(gone) < endBatch {
			return open, nil
		}
	}
}

// endSome ends at most endBatch sessions.
func (s *Service) endSome(ctx context.Context, e ending) (gone []ended, open int, err error) {
	now := s.clock.Now()
	err = s.store.InTx(viewer.NewSystemContext(ctx, "session end: "+e.reason), func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, e.owner); err != nil {
			return err
		}
		rows, err := forUpdate(tx, tx.Session.Query().Where(session.OwnerID(e.owner), session.EndedAtIsNil()).Where(e.which...)).
			Order(session.ByID()).Limit(endBatch).All(ctx)
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		acting := ctx
		if e.actor.IsPerson() {
			acting = viewer.NewContext(ctx, e.actor)
		}
		ids := make([]uuid.UUID, 0, len(rows))
		for _, row := range rows {
			if e.spare != nil && e.spare(row) {
				continue
			}
			hash, _ := hashOf(row.TokenHash)
			gone, ids = append(gone, ended{row.ID, hash}), append(ids, row.ID)
			if e.silent && !isAlive(row, now.Add(-rowLag)) {
				continue
			}
			open++
			if err := s.journal.Write(acting, tx, audit.Entry{
				Owner: e.owner, Action: "session.end", Subject: ref.Of(ref.Session, row.ID), Reason: e.reason,
			}); err != nil {
				return err
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if err := tx.Session.Update().Where(session.IDIn(ids...)).SetEndedAt(now).SetEndReason(e.reason).Exec(ctx); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return gone, open, nil
}

// forUpdate has a query lock the rows that it gives; a transaction of SQLite holds the only write lock there is.
func forUpdate(tx *storage.Tx, q *ent.SessionQuery) *ent.SessionQuery {
	if tx.Dialect() == dialect.Postgres {
		return q.ForUpdate()
	}
	return q
}
