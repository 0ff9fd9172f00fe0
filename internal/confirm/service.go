package confirm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	"github.com/google/uuid"

	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/notify"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Limits bound how often people ask and guess, before anything is looked up. A nil one allows everything; a refusal is
// given to the client as it is. The context tells who asks: a viewer who is still blocked must not use up what the
// person has for their other sessions.
type Limits struct {
	// Send is asked before a code is sent somewhere for a person.
	Send func(ctx context.Context, person uuid.UUID, to Destination) error
	// Attempt is asked before a person asks for a code, and before a guess of theirs is checked.
	Attempt func(ctx context.Context, person uuid.UUID) error
}

// Options are what a Service needs.
type Options struct {
	Store   *storage.Store
	Sealer  *seal.Sealer
	Journal *audit.Journal
	Clock   clock.Clock
	Sender  notify.Sender
	Limits  Limits
	Log     *slog.Logger
}

// Service asks for confirmations and checks them.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	journal *audit.Journal
	clock   clock.Clock
	sender  notify.Sender
	limits  Limits
	log     *slog.Logger
}

// New makes the Service.
func New(o Options) *Service {
	return &Service{
		store: o.Store, sealer: o.Sealer, journal: o.Journal, clock: o.Clock, sender: o.Sender, limits: o.Limits, log: o.Log,
	}
}

// maxOperation is the width of the column, in characters.
const maxOperation = 64

// errRequest is a fault of the caller's: its operation has no name or no title.
var errRequest = errors.New("confirm: an operation needs a name and a title")

// Require lets an action of the viewer pass, with nil, if the answer confirms it. The answer serves for that very action
// until it expires, for a client may have lost what it was answered: the action must be one that happens once, by a key
// in its payload.
//
// Without an answer the code is sent and the action refused with a *Required, which holds the challenge. It is also the
// refusal of a wrong code, until the third wrong code locks the person's codes: ErrLocked. The codes of a viewer who is
// blocked have a lock of their own, so that who holds a password alone shuts nobody else out. What answers no challenge
// of this action is ErrNoChallenge; a code that cannot be sent is ErrNotSent, one that has nowhere to go ErrAddress.
//
// It has a transaction of its own, so that no caller's error undoes a failure or gives a used answer back. It must not
// be called within another.
func (s *Service) Require(ctx context.Context, r Request, answer *Answer) error {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() || v.SessionID == uuid.Nil {
		return fault.ErrUnauthenticated
	}
	if r.Operation == "" || len(r.Operation) > maxOperation || r.Title.IsZero() {
		return errRequest
	}
	to, masked, err := r.To.canonical()
	if err != nil {
		return err
	}
	r.To = to
	a := &action{Request: r, person: v.PersonID, session: v.SessionID, secret: Code, masked: masked}
	if v.Entry == viewer.Blocked {
		a.secret = EntryCode
	}
	if answer == nil {
		return s.challenge(ctx, a)
	}
	return s.accept(ctx, a, *answer)
}

// action is what a viewer wants to do, and a challenge is bound to.
type action struct {
	Request

	person  uuid.UUID
	session uuid.UUID
	secret  Secret // whose lock counts
	masked  string
}

// The places of the hashes.
const (
	payloadPlace seal.Place = "confirmations.payload_hash"
	codePlace    seal.Place = "confirmations.code_hash"
)

// bound is what the payload's hash is made of. The person keeps equal inputs of two people apart; the address keeps a
// code that went to an old number from confirming anything once there is a new one.
func (a *action) bound() string {
	return fmt.Sprintf("%s %s %d:%s %s", a.person, a.To.Channel, len(a.To.Address), a.To.Address, a.Payload)
}

// boundCode is what the code's hash is made of: the same code hashes differently in every challenge.
func boundCode(challenge uuid.UUID, code string) string { return challenge.String() + " " + code }

// A code is six digits, zeros in front included.
const (
	codeLength = 6
	codes      = 1_000_000
)

// newID makes the id of a challenge.
func newID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, fmt.Errorf("make an id: %w", err)
	}
	return id, nil
}

// newCode makes a code, each as likely as any other.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(codes))
	if err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return fmt.Sprintf("%06d", n), nil
}

func (s *Service) mayAttempt(ctx context.Context, person uuid.UUID) error {
	if s.limits.Attempt == nil {
		return nil
	}
	return s.limits.Attempt(ctx, person)
}

// The words of the journal.
const (
	actionSend   = "confirmation.send"
	actionAccept = "confirmation.accept"
	actionEnter  = "secret.enter"
	actionLock   = "secret.lock"

	reasonLocked      = "LOCKED"
	reasonWrong       = "WRONG"
	reasonNoChallenge = "NO_CHALLENGE"
	reasonNotSent     = "NOT_SENT"
	reasonTooMany     = "TOO_MANY_FAILURES"
)

// allow journals what was done; the reason tells for what.
func (s *Service) allow(ctx context.Context, tx *storage.Tx, person uuid.UUID, action, of string) error {
	return s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: action, Reason: of})
}

// deny journals what was refused, why, and for what.
func (s *Service) deny(ctx context.Context, tx *storage.Tx, person uuid.UUID, action, why, of string) error {
	return s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: action, Denied: true, Reason: reason(why, of)})
}

func reason(why, of string) string { return why + " " + of }
