package session

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"kabinet/ent"
	"kabinet/internal/audit"
	"kabinet/internal/breaker"
	"kabinet/internal/clock"
	"kabinet/internal/identity"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
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

// The places of what the keys of the configuration protect.
const (
	addressPlace         seal.Place = "sessions.address"
	providerSessionPlace seal.Place = "sessions.provider_session_hash"
)

// Start is what a session begins with.
type Start struct {
	Person uuid.UUID
	Level  viewer.Level
	Entry  viewer.Entry
	Kind   Kind
	Device string // what the client says of itself; cut to a sane length
	// Method is how the person proved to the provider who they are.
	Method identity.Method
	// Address is the network address of the login; the zero value when it is not known.
	Address netip.Addr
	// Provider is the identity provider, Subject the account there, ProviderSession its own session, if it names one.
	Provider, Subject, ProviderSession string
	Tokens                             identity.Tokens
}

// data is what a session holds, readable only with one of its tokens. Its JSON form is kept.
type data struct {
	Session  uuid.UUID    `json:"session"`
	Person   uuid.UUID    `json:"person"`
	Level    viewer.Level `json:"level"`
	Entry    viewer.Entry `json:"entry"`
	Absolute time.Time    `json:"absolute"`
	Subject  string       `json:"subject,omitempty"`
	Tokens   tokens       `json:"tokens"`
	// RenewAt is when the provider's tokens are to be renewed; zero when they cannot be.
	RenewAt time.Time `json:"renewAt,omitzero"`
}

// tokens is how the provider's tokens are kept.
type tokens struct {
	Access    string    `json:"access,omitempty"`
	Refresh   string    `json:"refresh,omitempty"`
	ID        string    `json:"id,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// Open is a session that a check has found open.
type Open struct {
	Viewer         viewer.Viewer
	IdleEndsAt     time.Time
	AbsoluteEndsAt time.Time

	hash      tokenHash
	renewAt   time.Time // as in data
	tokensEnd time.Time // when the provider's access token stops working
	idToken   string
}

// IDToken is the provider's id token, by which it knows its session at a logout; empty when there is none.
func (o Open) IDToken() string { return o.idToken }

// Limits are how long sessions live.
type Limits struct {
	Idle     time.Duration
	Absolute time.Duration
}

// Options are what the service works with.
type Options struct {
	Store   *storage.Store
	Redis   redis.UniversalClient
	Bus     *signal.Bus
	Journal *audit.Journal
	Sealer  *seal.Sealer
	Clock   clock.Clock
	Limits  Limits
	Log     *slog.Logger
	// Renewer renews the provider's tokens; nil when nobody can.
	Renewer Renewer
}

// Service keeps sessions.
type Service struct {
	store   *storage.Store
	redis   redis.UniversalClient
	bus     *signal.Bus
	journal *audit.Journal
	sealer  *seal.Sealer
	clock   clock.Clock
	limits  Limits
	log     *slog.Logger
	renewer Renewer
	ends    *signal.Bells    // under the ids of sessions: it was ended
	doubts  *signal.Bells    // likewise: it may have been
	breaker *breaker.Breaker // of Redis
	flights flights
	stale   stale
	keyless sync.Once // tells once of rows from before sessions had keys
	waits   waits
}

// waits is how long requests wait for others; tests have their own.
type waits struct {
	cache         time.Duration // for Redis, see cacheTimeout
	renewal, look time.Duration // for a renewal, see renewWait and renewLook
}

// New makes the service; it listens on the bus for sessions that other instances end.
func New(o Options) *Service {
	service := &Service{
		store: o.Store, redis: o.Redis, bus: o.Bus, journal: o.Journal, sealer: o.Sealer, clock: o.Clock, limits: o.Limits,
		log: o.Log, renewer: o.Renewer, breaker: breaker.New(1, breakerPause), ends: signal.NewBells(), doubts: signal.NewBells(),
		waits: waits{cache: cacheTimeout, renewal: renewWait, look: renewLook},
	}
	o.Bus.Listen(signal.Listener{
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
	d, err := s.first(start)
	if err != nil {
		return "", err
	}
	t := newToken(accessToken)
	h, err := t.hold(newDataKey(d.Session), d)
	if err != nil {
		return "", err
	}
	hash := t.hash()
	if err := s.begin(ctx, start, d, func(c *ent.SessionCreate) {
		c.SetTokenHash(hash[:]).SetWrapped(h.wrapped).SetSealed(h.sealed).SetIdleEndsAt(s.clock.Now().Add(s.limits.Idle))
	}); err != nil {
		return "", err
	}
	s.cache(ctx, hash, h, s.limits.Idle, true)
	return t.text(), nil
}

// first is the data of a session that begins.
func (s *Service) first(start Start) (data, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return data{}, fmt.Errorf("begin session: %w", err)
	}
	now := s.clock.Now()
	d := data{
		Session: id, Person: start.Person, Level: start.Level, Entry: start.Entry, Absolute: now.Add(s.limits.Absolute),
		Subject: start.Subject,
	}
	d.take(start.Tokens, now)
	return d, nil
}

// begin writes the row of a session, and what else belongs to it, and tells the journal.
func (s *Service) begin(ctx context.Context, start Start, d data, fill func(*ent.SessionCreate), also ...func(context.Context, *storage.Tx) error) error {
	ctx = viewer.NewSystemContext(ctx, "login")
	var address []byte
	if start.Address.IsValid() {
		var err error
		if address, err = s.sealer.Seal(addressPlace, d.Session, []byte(start.Address.Unmap().WithZone("").String())); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		create := tx.Session.Create().SetID(d.Session).SetOwnerID(start.Person).SetKind(string(start.Kind)).
			SetDevice(deviceName(start.Device)).SetMethod(string(start.Method)).
			SetCreatedAt(s.clock.Now()).SetAbsoluteEndsAt(d.Absolute)
		if address != nil {
			create.SetAddress(address)
		}
		if start.ProviderSession != "" {
			create.SetProviderSessionHash(s.sealer.Lookup(providerSessionPlace, providerSession(start.Provider, start.ProviderSession)))
		}
		fill(create)
		if err := create.Exec(ctx); err != nil {
			return fmt.Errorf("begin session: %w", err)
		}
		for _, f := range also {
			if err := f(ctx, tx); err != nil {
				return err
			}
		}
		// It is the person who signs in, in the session that begins with it.
		actor := viewer.Viewer{PersonID: start.Person, SessionID: d.Session, Level: start.Level, Entry: start.Entry}
		return s.journal.Write(viewer.NewContext(ctx, actor), tx, audit.Entry{
			Owner: start.Person, Action: "session.begin", Subject: ref.Of(ref.Session, d.Session),
		})
	})
}

// providerSession is under what a provider's session is found: no two pairs give the same text.
func providerSession(provider, session string) string { return provider + "\x00" + session }

// deviceLength bounds what is kept of a client's own description, in characters.
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
