package fund

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"kabinet/ent"
	"kabinet/ent/fundevent"
	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/fault"
	"kabinet/internal/identifier"
	"kabinet/internal/notice"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
	"kabinet/internal/transition"
	"kabinet/internal/verification"
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
	ReasonSignature  Reason = "SIGNATURE"  // the request is signed by nobody we know
	ReasonEnvelope   Reason = "ENVELOPE"   // it is no CloudEvents event, and has no name
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
	SickLeaves     *sickleave.Service
	Benefits       *benefit.Service
	Appeals        *appeal.Service
	Documents      *document.Service
	People         *person.Service
	Verifications  *verification.Service
	Contributions  *contribution.Service
	Deadlines      *deadline.Service
	Notices        *notice.Service
	Clarifications *clarification.Service
}

// Service takes in what the fund reports.
type Service struct {
	store    *storage.Store
	sealer   *seal.Sealer
	clock    clock.Clock
	verifier *Verifier
	rooms    Rooms
	schemas  map[string]*jsonschema.Schema

	applications map[string]application

	log      *slog.Logger
	quota    *quota
	appeared chan identifier.Snils // people whose parked events are to be released

	sweeping sync.Mutex // guards what follows
	swept    place
}

// Option changes how the service is made.
type Option func(*Service)

// WithLog has the service say what goes wrong behind its callers' backs.
func WithLog(log *slog.Logger) Option { return func(s *Service) { s.log = log } }

// New makes the service.
func New(s *storage.Store, sealer *seal.Sealer, c clock.Clock, v *Verifier, rooms Rooms, options ...Option) (*Service, error) {
	schemas, err := loadSchemas()
	if err != nil {
		return nil, err
	}
	service := &Service{
		store: s, sealer: sealer, clock: c, verifier: v, rooms: rooms, schemas: schemas,
		log: slog.New(slog.DiscardHandler), quota: &quota{clock: c}, appeared: make(chan identifier.Snils, appearedQueue),
	}
	for _, o := range options {
		o(service)
	}
	service.applications = service.applicationsByType()
	for kind := range schemas {
		if service.applications[kind] == nil {
			return nil, fmt.Errorf("fund: %s has a schema and nothing that applies it", kind)
		}
	}
	return service, nil
}

// Receive takes in a signed request: one event or a batch, each event in a transaction of its own. The events of a
// subject are taken in the order of their sequence. The error is about the request as a whole; what was done of it by
// then is done, and sending it again is safe.
func (s *Service) Receive(ctx context.Context, header http.Header, body []byte) ([]Result, error) {
	ctx = viewer.NewSystemContext(ctx, "fund event")
	if err := s.verifier.Verify(header, body); err != nil {
		s.keepRequest(ctx, ReasonSignature, header, body)
		return nil, err
	}
	found, err := s.decode(header, body)
	if err != nil {
		s.keepRequest(ctx, ReasonEnvelope, header, body)
		return nil, err
	}
	results := make([]Result, len(found))
	var made []key
	for _, i := range inSequence(found) {
		e := &found[i]
		if e.refusal == ReasonEnvelope {
			s.keepRequest(ctx, ReasonEnvelope, header, e.raw)
			results[i] = Result{Outcome: Refused, Reason: ReasonEnvelope}
			continue
		}
		if results[i], err = s.receive(ctx, e); err != nil {
			return nil, err
		}
		if results[i].Outcome == Applied && e.made != "" {
			made = append(made, e.made)
		}
	}
	s.releaseAfter(ctx, made, found, results)
	return results, nil
}

// releaseAfter applies what has waited for what a request has made known, events of that request among it.
func (s *Service) releaseAfter(ctx context.Context, made []key, found []Event, results []Result) {
	released, err := s.release(ctx, made)
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "fund: parked events not released; the sweep will do it", "error", err)
	}
	for i, e := range found {
		if r, ok := released[eventName{e.Source, e.ID}]; ok && results[i].Outcome == Parked {
			results[i] = r
		}
	}
}

// inSequence gives the order in which the events of a request are taken: as they came, but those of one subject by their
// sequence.
func inSequence(found []Event) []int {
	order := make([]int, len(found))
	places := make(map[key][]int)
	for i, e := range found {
		order[i] = i
		if e.refusal != ReasonEnvelope {
			places[subjectKey(e)] = append(places[subjectKey(e)], i)
		}
	}
	for _, at := range places {
		sorted := slices.Clone(at)
		slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(found[a].Sequence, found[b].Sequence) })
		for n, place := range at {
			order[place] = sorted[n]
		}
	}
	return order
}

// errSeen is given when the same event came twice at once and the other was first.
var errSeen = errors.New("fund: the event was kept meanwhile")

// receive takes in one event. One that was parked is judged once more: what it waits for may have come meanwhile, and
// have found nothing parked yet.
func (s *Service) receive(ctx context.Context, e *Event) (Result, error) {
	for {
		before := e.parked
		result, err := s.settle(ctx, e)
		if err != nil || result.Outcome != Parked || e.parked == before {
			return result, err
		}
		e.kept = true
	}
}

func (s *Service) settle(ctx context.Context, e *Event) (Result, error) {
	result, err := s.judge(ctx, e)
	switch {
	case errors.Is(err, errSeen):
		return Result{ID: e.ID, Outcome: Duplicate}, nil
	case ent.IsConstraintError(err), ent.IsValidationError(err):
		// What was reported contradicts something else, such as a number that is taken, or does not fit where it belongs.
		// What was done of it is undone, so the event is kept in a transaction of its own.
		e.refusal = ReasonContents
		return s.judge(ctx, e)
	case err == nil && result.Outcome == Parked:
		e.parked = s.waitReason(e.waits)
	}
	return result, err
}

// judge decides about an event, does what follows, and keeps the event with its outcome, in one transaction. An event
// that was applied, or is too old to be, is settled: the same one again changes nothing. One that was parked or refused
// is judged anew, for its subject may be there by now and its sender may have mended it.
func (s *Service) judge(ctx context.Context, e *Event) (Result, error) {
	result := Result{ID: e.ID}
	err := s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		known, err := tx.FundEvent.Query().Where(fundevent.Source(e.Source), fundevent.EventID(e.ID)).
			Select(fundevent.FieldID, fundevent.FieldOutcome, fundevent.FieldReason).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return fmt.Errorf("look for event: %w", err)
		}
		if known != nil && (Outcome(known.Outcome) == Applied || Outcome(known.Outcome) == Stale) {
			result.Outcome = Duplicate
			return nil
		}
		if result.Outcome, result.Reason, err = s.outcome(ctx, tx, e); err != nil {
			return err
		}
		if known == nil {
			return s.keep(ctx, tx, e, result)
		}
		if e.kept && known.Outcome == string(result.Outcome) && known.Reason == s.keptReason(e, result) {
			return nil // as it was: not even the time at which it came is another
		}
		return s.keepAgain(ctx, tx, known.ID, e, result)
	})
	return result, err
}

// outcome applies the event and tells what became of it; an error means that it must be sent again.
func (s *Service) outcome(ctx context.Context, tx *storage.Tx, e *Event) (Outcome, Reason, error) {
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
	case errors.Is(err, transition.ErrStale):
		return Stale, "", nil
	case errors.Is(err, transition.ErrImpossible):
		return Refused, ReasonTransition, nil
	}
	return "", "", err
}

func (s *Service) keep(ctx context.Context, tx *storage.Tx, e *Event, r Result) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	sealed, err := s.sealer.Seal(payloadPlace, id, e.Data)
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	err = tx.FundEvent.Create().SetID(id).SetSource(e.Source).SetEventID(e.ID).SetType(e.Type).SetSubject(e.Subject).
		SetSequence(e.Sequence).SetOutcome(string(r.Outcome)).SetReason(s.keptReason(e, r)).SetPayload(sealed).
		SetReceivedAt(s.clock.Now()).SetNillableAppliedAt(s.appliedAt(r)).Exec(ctx)
	if ent.IsConstraintError(err) {
		return errSeen
	}
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	return nil
}

func (s *Service) keepAgain(ctx context.Context, tx *storage.Tx, id uuid.UUID, e *Event, r Result) error {
	sealed, err := s.sealer.Seal(payloadPlace, id, e.Data)
	if err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	if err := tx.FundEvent.UpdateOneID(id).SetType(e.Type).SetSubject(e.Subject).SetSequence(e.Sequence).
		SetOutcome(string(r.Outcome)).SetReason(s.keptReason(e, r)).SetPayload(sealed).
		SetReceivedAt(s.clock.Now()).SetNillableAppliedAt(s.appliedAt(r)).Exec(ctx); err != nil {
		return fmt.Errorf("keep event: %w", err)
	}
	return nil
}

// keptReason is what is kept of why an event was not applied.
func (s *Service) keptReason(e *Event, r Result) string {
	if r.Outcome == Parked {
		return s.waitReason(e.waits)
	}
	return string(r.Reason)
}

func (s *Service) appliedAt(r Result) *time.Time {
	if r.Outcome != Applied {
		return nil
	}
	now := s.clock.Now()
	return &now
}
