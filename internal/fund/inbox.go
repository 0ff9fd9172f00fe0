package fund

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/clock"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/seal"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// payloadPlace is where the sealed event stands.
const payloadPlace seal.Place = "fund_events.payload"

// Outcome is what became of an event.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "APPLIED"
	Duplicate Outcome = "DUPLICATE" // the same source and id came before; nothing was done
	Stale     Outcome = "STALE"     // a newer event of the subject was applied before
	Parked    Outcome = "PARKED"    // the subject is not known yet
	Refused   Outcome = "REFUSED"
)

// Reason is why an event was refused.
type Reason string

// The reasons.
const (
	ReasonChecksum   Reason = "CHECKSUM"   // the checksum is missing or is not that of the data
	ReasonType       Reason = "TYPE"       // the type is not known
	ReasonSchema     Reason = "SCHEMA"     // the data does not fit the schema of the type
	ReasonContents   Reason = "CONTENTS"   // the data fits the schema and makes no sense
	ReasonTransition Reason = "TRANSITION" // the state cannot follow the present one
)

// Result is what became of one event.
type Result struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Reason  Reason  `json:"reason,omitempty"`
}

// Rooms are the domains that apply reports.
type Rooms struct {
	SickLeaves *sickleave.Service
	Benefits   *benefit.Service
	Appeals    *appeal.Service
	Documents  *document.Service
}

// Service takes in what the fund reports.
type Service struct {
	store    *storage.Store
	sealer   *seal.Sealer
	clock    clock.Clock
	verifier *Verifier
	rooms    Rooms
	schemas  map[string]*jsonschema.Schema
}

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, c clock.Clock, v *Verifier, rooms Rooms) (*Service, error) {
	schemas, err := loadSchemas()
	if err != nil {
		return nil, err
	}
	return &Service{store: s, sealer: sealer, clock: c, verifier: v, rooms: rooms, schemas: schemas}, nil
}

// Receive takes in a signed request: one event or a batch, each event in a transaction of its own, in order. The
// error is about the request as a whole; what was done of it by then is done, and sending it again is safe.
func (s *Service) Receive(ctx context.Context, header http.Header, body []byte) ([]Result, error) {
	if err := s.verifier.Verify(header, body); err != nil {
		return nil, err
	}
	found, err := s.decode(header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	ctx = viewer.NewSystemContext(ctx, "fund event")
	results := make([]Result, len(found))
	for i, e := range found {
		if results[i], err = s.receive(ctx, e); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (s *Service) receive(ctx context.Context, e Event) (Result, error) {
	result := Result{ID: e.ID}
	err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		seen, err := tx.FundEvent.Query().Where(fundevent.Source(e.Source), fundevent.EventID(e.ID)).Exist(ctx)
		if err != nil {
			return fmt.Errorf("look for event: %w", err)
		}
		if seen {
			result.Outcome = Duplicate
			return nil
		}
		if result.Outcome, result.Reason, err = s.outcome(ctx, tx, e); err != nil {
			return err
		}
		return s.keep(ctx, tx, e, result)
	})
	if ent.IsConstraintError(err) { // the same event came twice at once, and the other was first
		return Result{ID: e.ID, Outcome: Duplicate}, nil
	}
	return result, err
}

// outcome applies the event and tells what became of it; an error means that it must be sent again.
func (s *Service) outcome(ctx context.Context, tx *storage.Tx, e Event) (Outcome, Reason, error) {
	if e.refusal != "" {
		return Refused, e.refusal, nil
	}
	err := s.apply(ctx, tx, e)
	switch {
	case err == nil:
		return Applied, "", nil
	case errors.Is(err, errContents):
		return Refused, ReasonContents, nil
	case errors.Is(err, fault.ErrNotFound):
		return Parked, "", nil
	case errors.Is(err, fault.ErrStale):
		return Stale, "", nil
	case errors.Is(err, fault.ErrImpossible):
		return Refused, ReasonTransition, nil
	}
	return "", "", err
}

func (s *Service) keep(ctx context.Context, tx *storage.Tx, e Event, r Result) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	sealed, err := s.sealer.Seal(payloadPlace, id, e.Data)
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	now := s.clock.Now()
	create := tx.FundEvent.Create().SetID(id).SetSource(e.Source).SetEventID(e.ID).SetType(e.Type).SetSubject(e.Subject).
		SetSequence(e.Sequence).SetOutcome(string(r.Outcome)).SetReason(string(r.Reason)).SetPayload(sealed).SetReceivedAt(now)
	if r.Outcome == Applied {
		create.SetAppliedAt(now)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	return nil
}
