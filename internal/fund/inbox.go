package fund

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/clock"
	"kabinet/internal/contribution"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/identifier"
	"kabinet/internal/notice"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/sickleave"
	"kabinet/internal/storage"
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

// Receive takes in a signed request: one event or a batch, each event wholly or not at all, whatever becomes of the others.
// The events of a subject are taken in the order of their sequence. The error is about the request as a whole; what was done of it by
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
	var events []*Event
	var places []int // in the request, of each of the events
	for _, i := range inSequence(found) {
		if found[i].refusal == ReasonEnvelope {
			s.keepRequest(ctx, ReasonEnvelope, header, found[i].raw)
			results[i] = Result{Outcome: Refused, Reason: ReasonEnvelope}
			continue
		}
		events, places = append(events, &found[i]), append(places, i)
	}
	taken, err := s.receiveAll(ctx, events)
	if err != nil {
		return nil, err
	}
	var made []key
	for n, result := range taken {
		results[places[n]] = result
		if result.Outcome == Applied && events[n].made != "" {
			made = append(made, events[n].made)
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
