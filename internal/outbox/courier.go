package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/prometheus/client_golang/prometheus"

	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/breaker"
	"kabinet/internal/viewer"
)

const (
	// parallel is how many commands a courier delivers at once.
	parallel = 8
	// lease is for how long a courier has a command to itself: longer than an attempt and its writing take.
	lease = 30 * time.Second
	// writeTimeout bounds the writing of what came of an attempt.
	writeTimeout = 5 * time.Second
	// pollEvery is how often a courier looks for what is due.
	pollEvery = time.Second
	// sweepEvery is how often it looks for what is overdue, and measures.
	sweepEvery = 15 * time.Second
	// sweepBatch is how many overdue commands one sweep gives up.
	sweepBatch = 100
	// breakerLimit is after how many failures in a row the fund is left alone, and breakerPause how often it is asked then.
	breakerLimit = 5
	breakerPause = 30 * time.Second
)

// Options are what a Courier needs.
type Options struct {
	Outbox  *Outbox
	URL     string // of the fund, https://… or http://…
	Source  string // who sends, by CloudEvents: a URI of this cabinet
	Sign    Signer
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil registers nothing

	Timeout time.Duration // of an attempt; 0 is ten seconds
	Poll    time.Duration // how often Run looks for what is due; 0 is a second
}

// Courier delivers commands. Several share the work, in one process or in many.
type Courier struct {
	*Outbox

	target  *target
	source  string
	poll    time.Duration
	log     *slog.Logger
	metrics *metrics
	breaker *breaker.Breaker // of the fund
}

// NewCourier makes a Courier.
func NewCourier(o Options) (*Courier, error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = postTimeout
	}
	if timeout > postTimeout {
		return nil, fmt.Errorf("outbox: an attempt must not take longer than %s, for its lease lasts %s", postTimeout, lease)
	}
	if o.Source == "" {
		return nil, errors.New("outbox: events need a source")
	}
	t, err := newTarget(o.URL, o.Sign, timeout, parallel)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("outbox: metrics: %w", err)
	}
	c := &Courier{Outbox: o.Outbox, target: t, source: o.Source, poll: o.Poll, log: o.Log, metrics: m, breaker: breaker.New(breakerLimit, breakerPause)}
	if c.poll == 0 {
		c.poll = pollEvery
	}
	return c, nil
}

// claimed is a command that this courier has to itself until the lease ends.
type claimed struct {
	row   *ent.Command
	until time.Time
}

// Run delivers until the context ends. What is under way then is given back, and sent again by whoever comes next.
func (c *Courier) Run(ctx context.Context) {
	ctx = viewer.NewSystemContext(ctx, "command delivery")
	var work sync.WaitGroup
	defer work.Wait()
	freed, busy := make(chan struct{}, parallel), 0
	tick := time.NewTicker(c.poll)
	defer tick.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	c.sweep(ctx)
	for {
		mine, err := c.claim(ctx, parallel-busy)
		if err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "outbox: no commands can be claimed; it is tried again", "error", err)
		}
		for _, one := range mine {
			busy++
			work.Go(func() {
				c.deliver(ctx, one)
				freed <- struct{}{}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-freed: // what comes next about its subject is due now
			busy--
		case <-sweep.C:
			c.sweep(ctx)
		case <-tick.C:
		}
	}
}

// Deliver delivers what is due now, and tells how many attempts that took.
func (c *Courier) Deliver(ctx context.Context) (attempts int, err error) {
	ctx = viewer.NewSystemContext(ctx, "command delivery")
	c.sweep(ctx)
	for {
		mine, err := c.claim(ctx, parallel)
		if err != nil || len(mine) == 0 {
			return attempts, err
		}
		var work sync.WaitGroup
		for _, one := range mine {
			work.Go(func() { c.deliver(ctx, one) })
		}
		work.Wait()
		attempts += len(mine)
	}
}

// claim takes up to so many commands that are due.
func (c *Courier) claim(ctx context.Context, most int) ([]claimed, error) {
	if most == 0 {
		return nil, nil
	}
	now := c.clock.Now()
	due, err := c.store.Command.Query().Where(
		command.NextAttemptAtLTE(now), command.Or(command.ClaimedUntilIsNil(), command.ClaimedUntilLTE(now)), first,
	).Order(command.ByNextAttemptAt(), command.ByID()).Limit(most).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for due commands: %w", err)
	}
	var mine []claimed
	for _, row := range due[:c.breaker.AllowN(now, len(due))] {
		until := now.Add(lease)
		// That nothing earlier is waiting stays true: what is delivered stays delivered, and nothing comes before it.
		n, err := c.store.Command.Update().Where(
			command.ID(row.ID), command.State(string(Pending)), command.Attempts(row.Attempts), command.NextAttemptAtLTE(now),
			command.Or(command.ClaimedUntilIsNil(), command.ClaimedUntilLTE(now)),
		).SetClaimedUntil(until).Save(ctx)
		if err != nil {
			return mine, fmt.Errorf("claim command: %w", err)
		}
		if n == 1 { // nobody was quicker
			mine = append(mine, claimed{row, until})
		}
	}
	return mine, nil
}

// first keeps the commands before which nothing about their subject has yet to reach the fund.
func first(s *sql.Selector) {
	earlier := sql.Table(command.Table).As("earlier")
	s.Where(sql.NotExists(sql.Select(earlier.C(command.FieldID)).From(earlier).Where(sql.And(
		sql.ColumnsEQ(earlier.C(command.FieldSubject), s.C(command.FieldSubject)),
		sql.ColumnsLT(earlier.C(command.FieldSequence), s.C(command.FieldSequence)),
		sql.NEQ(earlier.C(command.FieldState), string(Delivered)),
		sql.NEQ(earlier.C(command.FieldLastError), string(Refused)),
	))))
}

// deliver makes one attempt and writes down what came of it.
func (c *Courier) deliver(ctx context.Context, one claimed) {
	a, err := c.attempt(ctx, one.row)
	// Whoever stops the courier does not stop the writing.
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	switch {
	case err != nil && ctx.Err() != nil:
		c.release(write, one)
		return
	case err != nil: // it says nothing of the fund, but is tried as seldom, so that it takes no probe from the others
		c.log.ErrorContext(ctx, "outbox: a command cannot be made", "command", one.row.ID, "type", one.row.Type, "error", err)
		a = attempt{code: Unavailable, cause: err}
	default:
		c.weigh(ctx, a)
	}
	if err := c.settle(write, one, a); err != nil {
		c.log.WarnContext(ctx, "outbox: the outcome of an attempt is not written; it is made again", "command", one.row.ID, "error", err)
	}
}

func (c *Courier) attempt(ctx context.Context, row *ent.Command) (attempt, error) {
	data, err := c.sealer.Open(payloadPlace, row.ID, row.Payload)
	if err != nil {
		return attempt{}, fmt.Errorf("open command: %w", err)
	}
	return c.target.post(ctx, c.clock.Now(), event{
		SpecVersion: "1.0", ID: row.ID.String(), Source: c.source, Type: row.Type, Subject: row.Subject, Time: row.CreatedAt,
		Sequence: fmt.Sprint(row.Sequence), Checksum: checksum(data), DataContentType: "application/json", Data: data,
	})
}

// weigh has the breaker learn of an attempt. A fund that refuses a command answers.
func (c *Courier) weigh(ctx context.Context, a attempt) {
	if a.code == "" || a.code == Refused {
		if c.breaker.Answered() {
			c.log.InfoContext(ctx, "outbox: the fund answers again")
		}
		return
	}
	if c.breaker.Failed(c.clock.Now()) {
		c.log.ErrorContext(ctx, "outbox: the fund does not answer and is asked less often", "error", a.cause)
	}
}

// release gives a claim back without an attempt, because the courier stops.
func (c *Courier) release(ctx context.Context, one claimed) {
	if err := c.store.Command.Update().Where(command.ID(one.row.ID), command.ClaimedUntil(one.until)).
		ClearClaimedUntil().Exec(ctx); err != nil {
		c.log.WarnContext(ctx, "outbox: a claim is not given back; it ends by itself", "error", err)
	}
}

// chance is by how much a pause is lengthened.
func chance() float64 { return rand.Float64() } //nolint:gosec // it keeps couriers apart and guards nothing
