package session

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kabinet/ent"
	"kabinet/ent/predicate"
	"kabinet/ent/session"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/ref"
	"kabinet/internal/signal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Kind is how a client holds the session.
type Kind string

// The kinds.
const (
	Browser Kind = "BROWSER"
	Mobile  Kind = "MOBILE"
)

// Reasons for which a session ends.
const (
	ReasonLogout   = "logout"
	ReasonRevoked  = "revoked"
	ReasonReplaced = "replaced" // by a new login in the same browser
)

const (
	// rowLag is how often an acting session's row is asked and written, although the copy answers. By so much the idle
	// end in the row lags behind the one in Redis, and so long may a session live on that was ended out of Redis' sight.
	rowLag = time.Minute
	// endTimeout bounds what follows the end of a session.
	endTimeout = 2 * time.Second
)

// Session is a session as its owner sees it.
type Session struct {
	ID             ref.Ref
	Kind           Kind
	Device         string
	CreatedAt      time.Time
	IdleEndsAt     time.Time
	AbsoluteEndsAt time.Time
	Current        bool
}

// Tokens are those of the identity provider.
type Tokens struct {
	Access    string    `json:"access,omitempty"`
	Refresh   string    `json:"refresh,omitempty"`
	ID        string    `json:"id,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// Start is what a session begins with.
type Start struct {
	Person uuid.UUID
	Level  viewer.Level
	Kind   Kind
	Device string // what the client says of itself; cut to a sane length
	Tokens Tokens
}

// data is what a session holds, readable only with its token.
type data struct {
	Session  uuid.UUID    `json:"session"`
	Person   uuid.UUID    `json:"person"`
	Level    viewer.Level `json:"level"`
	Absolute time.Time    `json:"absolute"`
	Tokens   Tokens       `json:"tokens"`
}

// Open is a session that a check has found open.
type Open struct {
	Viewer         viewer.Viewer
	IdleEndsAt     time.Time
	AbsoluteEndsAt time.Time

	hash tokenHash
}

// Limits are how long sessions live.
type Limits struct {
	Idle     time.Duration
	Absolute time.Duration
}

// Service keeps sessions.
type Service struct {
	store   *storage.Store
	redis   redis.UniversalClient
	bus     *signal.Bus
	journal *audit.Journal
	clock   clock.Clock
	limits  Limits
	log     *slog.Logger
	ends    *signal.Bells // under the ids of sessions: it was ended
	doubts  *signal.Bells // likewise: it may have been
	breaker breaker
}

// New makes the service; it listens on the bus for sessions that other instances end.
func New(s *storage.Store, r redis.UniversalClient, bus *signal.Bus, j *audit.Journal, c clock.Clock, l Limits, log *slog.Logger) *Service {
	service := &Service{store: s, redis: r, bus: bus, journal: j, clock: c, limits: l, log: log, ends: signal.NewBells(), doubts: signal.NewBells()}
	bus.Listen(signal.Listener{
		Topic: endedTopic,
		Heard: func(payload string) {
			if id, err := uuid.Parse(payload); err == nil {
				service.ends.Ring(id)
			}
		},
		Connected: service.doubts.RingAll,
	})
	return service
}

// Begin opens a session and gives its token, which is kept nowhere.
func (s *Service) Begin(ctx context.Context, start Start) (string, error) {
	ctx = viewer.NewSystemContext(ctx, "login")
	now := s.clock.Now()
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("begin session: %w", err)
	}
	t := newToken()
	d := data{Session: id, Person: start.Person, Level: start.Level, Absolute: now.Add(s.limits.Absolute), Tokens: start.Tokens}
	sealed, err := t.seal(d)
	if err != nil {
		return "", err
	}
	hash := t.hash()
	if err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.Session.Create().SetID(id).SetOwnerID(start.Person).SetTokenHash(hash[:]).SetSealed(sealed).
			SetKind(string(start.Kind)).SetDevice(deviceName(start.Device)).SetCreatedAt(now).
			SetIdleEndsAt(now.Add(s.limits.Idle)).SetAbsoluteEndsAt(d.Absolute).Exec(ctx); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		// It is the person who signs in, in the session that begins with it.
		actor := viewer.Viewer{PersonID: start.Person, SessionID: id, Level: start.Level}
		return s.journal.Write(viewer.NewContext(ctx, actor), tx, audit.Entry{
			Owner: start.Person, Action: "session.begin", Subject: ref.Of(ref.Session, id),
		})
	}); err != nil {
		return "", err
	}
	s.cache(ctx, hash, sealed, s.limits.Idle, true)
	return t.text(), nil
}

// deviceLength bounds what is kept of a client's own description, in bytes.
const deviceLength = 200

func deviceName(s string) string {
	clean := make([]rune, 0, deviceLength)
	for _, r := range s {
		if len(clean) == deviceLength {
			break
		}
		if r >= ' ' && r != 0x7f {
			clean = append(clean, r)
		}
	}
	return string(clean)
}

// Check finds the open session of a token; fault.ErrUnauthenticated when there is none. With act the person is
// doing something, which moves the idle end.
func (s *Service) Check(ctx context.Context, text string, act bool) (Open, error) {
	t, err := parseToken(text)
	if err != nil {
		return Open{}, fault.ErrUnauthenticated
	}
	now := s.clock.Now()
	hash := t.hash()
	found, err := s.cached(ctx, hash, act)
	switch {
	case err != nil:
		open, _, err := s.checkRow(ctx, t, act) // and no copy for a cache that does not answer
		return open, err
	case found.ended:
		return Open{}, fault.ErrUnauthenticated
	case len(found.sealed) == 0:
		return s.restore(ctx, t, act)
	}
	d, err := t.open(found.sealed)
	if err != nil {
		s.log.WarnContext(ctx, "session: the copy does not open; the row answers", "error", err)
		return s.restore(ctx, t, act)
	}
	idleEnd := now.Add(found.left)
	if act {
		if found.due && !s.touchRow(ctx, hash, now) {
			s.learnEnded(ctx, hash)
			return Open{}, fault.ErrUnauthenticated
		}
		idleEnd = now.Add(s.limits.Idle)
	}
	return s.open(d, hash, idleEnd, now)
}

func (s *Service) open(d data, hash tokenHash, idleEnd, now time.Time) (Open, error) {
	if !now.Before(d.Absolute) || !now.Before(idleEnd) {
		return Open{}, fault.ErrUnauthenticated
	}
	return Open{
		Viewer:     viewer.Viewer{PersonID: d.Person, SessionID: d.Session, Level: d.Level},
		IdleEndsAt: minTime(idleEnd, d.Absolute), AbsoluteEndsAt: d.Absolute, hash: hash,
	}, nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// restore asks the truth, and puts the copy back.
func (s *Service) restore(ctx context.Context, t token, act bool) (Open, error) {
	open, sealed, err := s.checkRow(ctx, t, act)
	if err == nil {
		s.cache(ctx, open.hash, sealed, max(time.Millisecond, open.IdleEndsAt.Sub(s.clock.Now())), act)
	}
	return open, err
}

// checkRow asks the truth; it gives the sealed data besides.
func (s *Service) checkRow(ctx context.Context, t token, act bool) (Open, []byte, error) {
	ctx = viewer.NewSystemContext(ctx, "session check")
	now := s.clock.Now()
	hash := t.hash()
	row, err := s.store.Session.Query().Where(session.TokenHash(hash[:])).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return Open{}, nil, fault.ErrUnauthenticated
	case err != nil:
		return Open{}, nil, fmt.Errorf("check session: %w", err)
	}
	if row.EndedAt != nil || !now.Before(row.IdleEndsAt) {
		return Open{}, nil, fault.ErrUnauthenticated
	}
	d, err := t.open(row.Sealed)
	if err != nil {
		return Open{}, nil, err
	}
	idleEnd := row.IdleEndsAt
	if act {
		if !s.touchRow(ctx, hash, now) { // ended since it was read
			return Open{}, nil, fault.ErrUnauthenticated
		}
		idleEnd = now.Add(s.limits.Idle)
	}
	open, err := s.open(d, hash, idleEnd, now)
	return open, row.Sealed, err
}

// learnEnded has the copy of a session forgotten whose row tells that it was ended.
func (s *Service) learnEnded(ctx context.Context, hash tokenHash) {
	if err := s.forget(ctx, hash); err != nil {
		s.log.WarnContext(ctx, "session: ended, but its copy is not forgotten; the row will tell", "error", err)
	}
}

// Touch tells that the person does something in a session that was found open before: on a stream that goes on. What
// fails here is told by the next check, and by the watch of the stream.
func (s *Service) Touch(ctx context.Context, open Open) {
	found, err := s.cached(ctx, open.hash, true)
	now := s.clock.Now()
	switch {
	case err == nil && found.ended:
		s.ends.Ring(open.Viewer.SessionID)
	case err != nil || len(found.sealed) == 0:
		// No copy that would know of later acts than the row does: what the row holds to be idle is.
		s.touchRow(ctx, open.hash, now, session.IdleEndsAtGT(now))
	case found.due && !s.touchRow(ctx, open.hash, now):
		s.learnEnded(ctx, open.hash)
		s.ends.Ring(open.Viewer.SessionID)
	}
}

// touchRow moves the idle end in the row and tells whether the session is open. When the database does not answer, the
// session is held to be open, as the cache says.
func (s *Service) touchRow(ctx context.Context, hash tokenHash, now time.Time, only ...predicate.Session) bool {
	ctx = viewer.NewSystemContext(ctx, "session touch")
	n, err := s.store.Session.Update().Where(session.TokenHash(hash[:]), session.EndedAtIsNil()).Where(only...).
		SetIdleEndsAt(now.Add(s.limits.Idle)).Save(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "session: idle end not written; it will be later", "error", err)
		return true
	}
	return n > 0
}

// List gives the viewer's open sessions, newest first.
func (s *Service) List(ctx context.Context) ([]*Session, error) {
	v, now := viewer.FromContext(ctx), s.clock.Now()
	rows, err := s.store.Session.Query().
		Where(session.OwnerID(v.PersonID), session.EndedAtIsNil(), session.IdleEndsAtGT(now), session.AbsoluteEndsAtGT(now)).
		Order(session.ByCreatedAt(sql.OrderDesc()), session.ByID(sql.OrderDesc())).
		Limit(maxListed).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions := make([]*Session, len(rows))
	for i, row := range rows {
		sessions[i] = fromRow(row, v)
	}
	return sessions, nil
}

// maxListed bounds the list of a person's sessions.
const maxListed = 100

func fromRow(row *ent.Session, v viewer.Viewer) *Session {
	return &Session{
		ID: ref.Of(ref.Session, row.ID), Kind: Kind(row.Kind), Device: row.Device, CreatedAt: row.CreatedAt,
		IdleEndsAt: row.IdleEndsAt, AbsoluteEndsAt: row.AbsoluteEndsAt, Current: row.ID == v.SessionID,
	}
}

// End ends a session: the row first, which is the truth, then the copy, then the streams of every instance.
func (s *Service) End(ctx context.Context, open Open, reason string) error {
	id := open.Viewer.SessionID
	system := viewer.NewSystemContext(ctx, "session end: "+reason)
	if err := s.store.InTx(system, func(ctx context.Context, tx *storage.Tx) error {
		n, err := tx.Session.Update().Where(session.ID(id), session.EndedAtIsNil()).
			SetEndedAt(s.clock.Now()).SetEndReason(reason).Save(ctx)
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if n == 0 {
			return nil
		}
		if reason == ReasonLogout { // the others end without a word of the person whose session it is
			ctx = viewer.NewContext(ctx, open.Viewer)
		}
		return s.journal.Write(ctx, tx, audit.Entry{
			Owner: open.Viewer.PersonID, Action: "session.end", Subject: ref.Of(ref.Session, id), Reason: reason,
		})
	}); err != nil {
		return err
	}
	// The row tells the truth now. The rest is owed even if the caller has gone; what of it fails the sweep repeats.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := s.spread(after, ended{id, open.hash}); err != nil {
		s.log.WarnContext(after, "session: ended, but not everybody was told; the sweep will tell", "error", err)
	}
	return nil
}
