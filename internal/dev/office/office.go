package office

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kabinet/internal/clock"
	"kabinet/internal/fund"
)

// defaultPoll is how often Run looks for what is due.
const defaultPoll = 200 * time.Millisecond

// Options are what an office is made of.
type Options struct {
	Directory  string // where the work is kept; made if it is not there
	CabinetURL string // the address of POST /fund/events, whole
	// Secret signs events (whsec_…), CommandSecrets are those by which commands may be signed; when empty, Secret.
	Secret         string
	CommandSecrets []string
	Source         string      // of events, by CloudEvents; when empty, urn:sfr:demo
	Clock          clock.Clock // when nil, the machine's
	Log            *slog.Logger
	// Pace is how many times as fast as real time employees work; when 0, DefaultPace.
	Pace float64
	// Quiet lets nothing happen by itself: the office only answers what citizens send and what it is told.
	Quiet bool
	// Poll is how often Run looks for what is due; when 0, five times a second.
	Poll time.Duration
	// After waits before a slow answer; when nil, time.After.
	After func(time.Duration) <-chan time.Time
}

// Office is the demo fund. It is safe for concurrent use. No two may have the same directory.
type Office struct {
	clock    clock.Clock
	log      *slog.Logger
	post     *post
	verifier *fund.Verifier
	schemas  map[string]*jsonschema.Schema // of commands
	plans    map[string]plan
	quiet    bool
	poll     time.Duration
	after    func(time.Duration) <-chan time.Time
	page     *page
	due      chan struct{} // something may be due

	working sync.Mutex // held by who works: letters go out one after another

	mu       sync.Mutex // guards what follows
	books    *books
	shelf    *shelf
	conduct  conduct
	resting  time.Time // nothing is sent before
	failures int       // in a row
}

// New makes an office and takes up the work that its directory holds: ErrBooks if that cannot be read.
func New(o Options) (*Office, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.After == nil {
		o.After = time.After
	}
	if len(o.CommandSecrets) == 0 {
		o.CommandSecrets = []string{o.Secret}
	}
	o.Source, o.Pace, o.Poll = cmp.Or(o.Source, "urn:sfr:demo"), cmp.Or(o.Pace, DefaultPace), cmp.Or(o.Poll, defaultPoll)
	if err := checkPace(o.Pace); err != nil {
		return nil, err
	}
	office := &Office{
		clock: o.Clock, log: o.Log, plans: allPlans(), quiet: o.Quiet, poll: o.Poll, after: o.After,
		due: make(chan struct{}, 1), shelf: &shelf{directory: o.Directory},
		conduct: conduct{scenario: Normal, delay: DefaultDelay},
	}
	var err error
	if office.post, err = newPost(o); err != nil {
		return nil, err
	}
	if office.verifier, err = fund.NewVerifier(o.Clock, o.CommandSecrets...); err != nil {
		return nil, err
	}
	if office.schemas, err = commandSchemas(); err != nil {
		return nil, err
	}
	if office.page, err = newPage(); err != nil {
		return nil, err
	}
	if office.books, err = office.shelf.open(o.Clock.Now(), o.Pace); err != nil {
		return nil, err
	}
	return office, office.change(func(d *desk) (bool, error) {
		if !o.Quiet {
			d.beginStories()
		}
		return true, nil
	})
}

// Commands is where the cabinet posts commands.
func (o *Office) Commands() http.Handler { return http.HandlerFunc(o.receive) }

// Run works until the context ends.
func (o *Office) Run(ctx context.Context) {
	tick := time.NewTicker(o.poll)
	defer tick.Stop()
	for {
		if err := o.Work(ctx); err != nil && ctx.Err() == nil {
			o.log.LogAttrs(ctx, slog.LevelWarn, "office: the work is interrupted; it is tried again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-o.due:
		case <-tick.C:
		}
	}
}

// Work does all that is due now: the employees' part, then the post's. Run does it again and again.
func (o *Office) Work(ctx context.Context) error {
	o.working.Lock()
	defer o.working.Unlock()
	for done := false; !done && ctx.Err() == nil; {
		if err := o.change(func(d *desk) (bool, error) {
			j := d.due(o.quiet)
			if done = j == nil; done {
				return false, nil
			}
			return true, d.carryOn(j)
		}); err != nil {
			return err
		}
	}
	return o.sendAll(ctx)
}

// desk opens the books, which are locked.
func (o *Office) desk() *desk { return &desk{books: o.books, now: o.clock.Now(), plans: o.plans} }

// change changes the books and keeps them. What cannot be kept, or comes to an error, is undone.
func (o *Office) change(do func(d *desk) (changed bool, err error)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	changed, err := do(o.desk())
	if err == nil && changed {
		err = o.shelf.keep(o.books)
	}
	if err != nil && o.shelf.last != nil {
		if before, cause := readBooks(o.shelf.last); cause == nil {
			o.books = before
		}
	}
	return err
}

// wake has Run look at once.
func (o *Office) wake() {
	select {
	case o.due <- struct{}{}:
	default: // it will, anyway
	}
}

func (o *Office) conductNow() conduct {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.conduct
}

// Scenario tells how the office behaves, and how late it answers when it is slow.
func (o *Office) Scenario() (Scenario, time.Duration) {
	c := o.conductNow()
	return c.scenario, c.delay
}

// SetScenario has the office behave in another way: ErrScenario, ErrDelay. What waits for another attempt is sent at once.
// A restart ends the scenario.
func (o *Office) SetScenario(s Scenario, delay time.Duration) error {
	c := conduct{scenario: s, delay: cmp.Or(delay, DefaultDelay)}
	if err := c.check(); err != nil {
		return err
	}
	o.mu.Lock()
	o.conduct, o.resting, o.failures = c, time.Time{}, 0
	o.mu.Unlock()
	return o.do(func(d *desk) { d.retryNow() })
}

// SetPace has employees work so many times as fast as real time: ErrPace. A restart ends it.
func (o *Office) SetPace(pace float64) error {
	if err := checkPace(pace); err != nil {
		return err
	}
	return o.do(func(d *desk) { d.setPace(d.now, pace) })
}

// Publish publishes a piece of news.
func (o *Office) Publish() error { return o.do(func(d *desk) { d.begin(planNews, "") }) }

// Degrade has a system do badly for a while.
func (o *Office) Degrade() error { return o.do(func(d *desk) { d.begin(planSystem, "") }) }

// DecideAll has employees finish now what citizens have sent.
func (o *Office) DecideAll() error { return o.do(func(d *desk) { d.hurry() }) }

// do changes the books and has Run look.
func (o *Office) do(act func(d *desk)) error {
	defer o.wake()
	return o.change(func(d *desk) (bool, error) { act(d); return true, nil })
}
