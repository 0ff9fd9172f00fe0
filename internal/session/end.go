package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
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

// EndOwnInput is which session is to end.
type EndOwnInput struct {
	Session        ref.Ref
	IdempotencyKey string `json:"-"`
}

// unknown is the one answer to a session that nobody has, that somebody else has, and that is not open any more.
func unknown() error {
	var faults fault.Invalid
	faults.Add(fault.Unknown, locale.Text{
		Ru: "Такого открытого сеанса нет. Обновите список.",
		En: "There is no such open session. Reload the list.",
	}, "session")
	return faults
}

// EndOwn ends one of the viewer's open sessions. Its error is a fault.Invalid when they have no such one.
func (s *Service) EndOwn(ctx context.Context, in EndOwnInput) error {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() {
		return fault.ErrUnauthenticated
	}
	now := s.clock.Now()
	e := ending{
		owner: v.PersonID, reason: ReasonRevoked, actor: v,
		which: []predicate.Session{session.ID(in.Session.ID), session.AbsoluteEndsAtGT(now), alive(now.Add(-rowLag))},
	}
	var done some
	err := s.inEnding(ctx, e, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: v.PersonID, Operation: "endSession", Key: in.IdempotencyKey, Input: in,
		}, func() (_ ref.Ref, err error) {
			if in.Session.Kind != ref.Session {
				return ref.Ref{}, unknown()
			}
			if done, err = s.endIn(ctx, tx, e); err == nil && done.open == 0 {
				err = unknown()
			}
			return in.Session, err
		})
		return err
	})
	if err != nil {
		return err
	}
	s.tell(ctx, done.gone)
	return nil
}

// EndAllInput is which sessions are to end.
type EndAllInput struct {
	ExceptCurrent  bool   // the one through which the viewer came goes on
	IdempotencyKey string `json:"-"`
}

// EndAll ends the viewer's sessions, but for the one they came through if they say so, and tells how many were open. The
// key is remembered with the last of them: of more than one transaction ends, a request that broke off ends the rest when
// it is sent again, and tells how many these were.
func (s *Service) EndAll(ctx context.Context, in EndAllInput) (int, error) {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() {
		return 0, fault.ErrUnauthenticated
	}
	e := ending{
		owner: v.PersonID, reason: ReasonRevoked, actor: v, silent: true,
		which: []predicate.Session{session.AbsoluteEndsAtGT(s.clock.Now())},
	}
	if in.ExceptCurrent {
		e.which = append(e.which, session.IDNEQ(v.SessionID))
	}
	request := idempotency.Request{Owner: v.PersonID, Operation: "endAllSessions", Key: in.IdempotencyKey, Input: in}
	open := 0
	for {
		total, err := s.endLast(ctx, e, request, open)
		if !errors.Is(err, errMore) {
			return total, err
		}
		done, err := s.endSome(ctx, e)
		if err != nil {
			return 0, err
		}
		open += done.open
	}
}

// errMore tells, within this package, that there are more sessions than one transaction ends.
var errMore = errors.New("session: more sessions are to end")

// endLast ends sessions as a request wants it, once; before is how many it has ended already. It gives errMore, and ends
// none, when they are too many.
func (s *Service) endLast(ctx context.Context, e ending, r idempotency.Request, before int) (total int, err error) {
	var done some
	err = s.inEnding(ctx, e, func(ctx context.Context, tx *storage.Tx) error {
		n, _, err := idempotency.OnceNumber(ctx, tx, s.sealer, s.clock, r, func() (_ idempotency.Number, err error) {
			if done, err = s.endIn(ctx, tx, e); err == nil && done.more {
				err = errMore
			}
			return idempotency.Number(before + done.open), err
		})
		total = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	s.tell(ctx, done.gone)
	return total, nil
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
		done, err := s.endSome(ctx, e)
		open += done.open
		if err != nil || !done.more {
			return open, err
		}
	}
}

// some are sessions that one transaction has ended.
type some struct {
	gone []ended
	open int  // how many of them were open
	more bool // there are others
}

// endSome ends at most endBatch sessions.
func (s *Service) endSome(ctx context.Context, e ending) (done some, err error) {
	err = s.inEnding(ctx, e, func(ctx context.Context, tx *storage.Tx) (err error) {
		done, err = s.endIn(ctx, tx, e)
		return err
	})
	if err != nil {
		return some{}, err
	}
	s.tell(ctx, done.gone)
	return done, nil
}

// inEnding runs the transaction of an end.
func (s *Service) inEnding(ctx context.Context, e ending, f func(context.Context, *storage.Tx) error) error {
	return s.store.InTx(viewer.NewSystemContext(ctx, "session end: "+e.reason), f)
}

// tell spreads the end of sessions of which the rows tell it now. It is owed even if the caller has gone; what of it
// fails the sweep repeats.
func (s *Service) tell(ctx context.Context, gone []ended) {
	if len(gone) == 0 {
		return
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := s.spread(after, gone...); err != nil {
		s.log.WarnContext(after, "session: ended, but not everybody was told; the sweep will tell", "error", err)
	}
}

// endIn ends at most endBatch sessions in a transaction.
func (s *Service) endIn(ctx context.Context, tx *storage.Tx, e ending) (done some, err error) {
	now := s.clock.Now()
	if err := owner.Lock(ctx, tx, e.owner); err != nil {
		return some{}, err
	}
	rows, err := forUpdate(tx, tx.Session.Query().Where(session.OwnerID(e.owner), session.EndedAtIsNil()).Where(e.which...)).
		Order(session.ByID()).Limit(endBatch + 1).All(ctx)
	if err != nil {
		return some{}, fmt.Errorf("end sessions: %w", err)
	}
	if done.more = len(rows) > endBatch; done.more {
		rows = rows[:endBatch]
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
		done.gone, ids = append(done.gone, ended{row.ID, hash}), append(ids, row.ID)
		if e.silent && !isAlive(row, now.Add(-rowLag)) {
			continue
		}
		done.open++
		if err := s.journal.Write(acting, tx, audit.Entry{
			Owner: e.owner, Action: "session.end", Subject: ref.Of(ref.Session, row.ID), Reason: e.reason,
		}); err != nil {
			return some{}, err
		}
	}
	if len(ids) == 0 {
		return done, nil
	}
	if err := tx.Session.Update().Where(session.IDIn(ids...)).SetEndedAt(now).SetEndReason(e.reason).Exec(ctx); err != nil {
		return some{}, fmt.Errorf("end sessions: %w", err)
	}
	return done, nil
}

// forUpdate has a query lock the rows that it gives; a transaction of SQLite holds the only write lock there is.
func forUpdate(tx *storage.Tx, q *ent.SessionQuery) *ent.SessionQuery {
	if tx.Dialect() == dialect.Postgres {
		return q.ForUpdate()
	}
	return q
}
