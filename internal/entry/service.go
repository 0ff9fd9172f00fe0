package entry

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/consent"
	"kabinet/ent/setupstep"
	"kabinet/internal/audit"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/person"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Guess lets a person try to enter a secret of theirs. check runs in a transaction under the owner's lock, as long as the
// secret is not locked for too many failures, and says whether what was entered is right. If it is not, the failure is
// counted and committed, and the answer is an error; that of a locked secret, before or by this failure, is a
// *fault.Error with the code RATE_LIMITED. An error of check undoes everything, counts nothing, and is given back.
type Guess func(ctx context.Context, person uuid.UUID, check func(ctx context.Context, tx *storage.Tx) (right bool, err error)) error

// Options are what the service needs.
type Options struct {
	Store   *storage.Store
	Sealer  *seal.Sealer
	People  *person.Service
	Guess   Guess // of access codes
	Feed    *feed.Recorder
	Journal *audit.Journal
	Clock   clock.Clock
}

// Service lets people in.
type Service struct {
	store   *storage.Store
	sealer  *seal.Sealer
	people  *person.Service
	guess   Guess
	feed    *feed.Recorder
	journal *audit.Journal
	clock   clock.Clock
	terms   []Term
}

// New makes the service.
func New(o Options) (*Service, error) {
	terms, err := loadTerms()
	if err != nil {
		return nil, err
	}
	return &Service{
		store: o.Store, sealer: o.Sealer, people: o.People, guess: o.Guess, feed: o.Feed, journal: o.Journal, clock: o.Clock, terms: terms,
	}, nil
}

// StepKind is a step on the way in.
type StepKind string

// The steps. The last is for confirmed accounts only.
const (
	NetworkStep      StepKind = "NETWORK"       // coming from an approved network
	RequiredDataStep StepKind = "REQUIRED_DATA" // all that is required is known; the number at the fund apart
	TermsStep        StepKind = "TERMS"         // the documents are accepted
	FundRecordStep   StepKind = "FUND_RECORD"   // the account is linked to the fund's record
)

// StepKinds lists all steps, in the order in which they are done.
func StepKinds() []StepKind {
	return []StepKind{NetworkStep, RequiredDataStep, TermsStep, FundRecordStep}
}

// Step is a step and whether it is done.
type Step struct {
	Kind StepKind
	Done bool
}

// State is how far a person has come in, and what is left to do.
type State struct {
	Entry   viewer.Entry
	Steps   []Step
	Missing []person.Missing
	Terms   []*Term
	SetUp   []SetUpStep
}

// State tells how far the viewer has come in. One who is blocked learns nothing but that.
func (s *Service) State(ctx context.Context) (*State, error) {
	v := viewer.FromContext(ctx)
	state := &State{
		Entry: viewer.Blocked, Steps: []Step{{Kind: NetworkStep}}, Missing: []person.Missing{}, Terms: []*Term{}, SetUp: []SetUpStep{},
	}
	if v.Entry == viewer.Blocked {
		return state, nil
	}
	reached, err := s.reached(ctx, v.PersonID)
	if err != nil {
		return nil, err
	}
	state.Entry, state.Missing, state.Terms = reached.entry(), reached.missing, reached.terms
	state.Steps = append([]Step{{Kind: NetworkStep, Done: true}}, reached.steps...)
	state.SetUp, err = s.setUp(ctx, v.PersonID)
	return state, err
}

// Reached tells how far a person has come in, whatever network they came from: never viewer.Blocked. It is asked at each
// login, and at each request while the way is not complete.
func (s *Service) Reached(ctx context.Context, person uuid.UUID) (viewer.Entry, error) {
	reached, err := s.reached(viewer.NewSystemContext(ctx, "entry"), person)
	if err != nil {
		return viewer.Blocked, err
	}
	return reached.entry(), nil
}

// reached is what a person has done and what they lack.
type reached struct {
	steps   []Step // the network's apart
	missing []person.Missing
	terms   []*Term
}

func (r *reached) entry() viewer.Entry {
	for _, step := range r.steps {
		if !step.Done {
			return viewer.Incomplete
		}
	}
	return viewer.Complete
}

func (s *Service) reached(ctx context.Context, id uuid.UUID) (*reached, error) {
	p, err := s.people.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("state of entry: %w", err)
	}
	r := &reached{}
	if r.missing, err = s.people.Missing(ctx, p); err != nil {
		return nil, fmt.Errorf("state of entry: %w", err)
	}
	accepted, err := s.accepted(ctx, id)
	if err != nil {
		return nil, err
	}
	data, termsDone, linked := true, true, true
	for _, m := range r.missing {
		if m.Field == person.FieldFundUID {
			linked = false
		} else {
			data = false
		}
	}
	for _, term := range s.terms {
		if at, ok := accepted[key{term.Document, term.Version}]; ok {
			term.AcceptedAt = &at
		} else {
			termsDone = false
		}
		r.terms = append(r.terms, &term)
	}
	r.steps = []Step{{RequiredDataStep, data}, {TermsStep, termsDone}}
	if p.Confirmed && s.people.Requires(person.FieldFundUID) {
		r.steps = append(r.steps, Step{FundRecordStep, linked})
	}
	return r, nil
}

// key names a text in one version.
type key struct {
	document Document
	version  string
}

// accepted tells which texts a person has accepted, and when.
func (s *Service) accepted(ctx context.Context, id uuid.UUID) (map[key]time.Time, error) {
	rows, err := s.store.Consent.Query().Where(consent.OwnerID(id)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get consents: %w", err)
	}
	accepted := make(map[key]time.Time, len(rows))
	for _, row := range rows {
		accepted[key{Document(row.Document), row.Version}] = row.AcceptedAt
	}
	return accepted, nil
}

// setUp gives the steps of the welcome.
func (s *Service) setUp(ctx context.Context, id uuid.UUID) ([]SetUpStep, error) {
	rows, err := s.store.SetUpStep.Query().Where(setupstep.OwnerID(id)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get set-up steps: %w", err)
	}
	steps := make([]SetUpStep, 0, len(SetUps()))
	for _, kind := range SetUps() {
		step := SetUpStep{Kind: kind}
		for _, row := range rows {
			if SetUp(row.Step) == kind {
				step.DoneAt = &row.DoneAt
			}
		}
		steps = append(steps, step)
	}
	return steps, nil
}
