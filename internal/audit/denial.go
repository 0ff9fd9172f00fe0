package audit

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"kabinet/internal/clock"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

const (
	// denialEvery is how often the same denial is written for the same session: a page that asks for what its account
	// may not see asks each time it is opened, and the journal says so once.
	denialEvery = time.Hour
	// maxDenials bounds what is remembered of denials; what is forgotten is written once more.
	maxDenials = 10_000
)

// Denials writes that somebody was refused a part of the API. It is safe for concurrent use.
type Denials struct {
	store   *storage.Store
	journal *Journal
	clock   clock.Clock

	mu      sync.Mutex
	written map[denial]time.Time
}

type denial struct {
	session uuid.UUID
	what    string
}

// NewDenials makes a Denials.
func NewDenials(s *storage.Store, j *Journal, c clock.Clock) *Denials {
	return &Denials{store: s, journal: j, clock: c, written: make(map[denial]time.Time)}
}

// Write journals that the viewer was refused a field of the API, such as Person.snils.
func (d *Denials) Write(ctx context.Context, field string) error {
	v := viewer.FromContext(ctx)
	if !v.IsPerson() || !d.due(denial{v.SessionID, field}) {
		return nil
	}
	if err := d.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		return d.journal.Write(ctx, tx, Entry{Owner: v.PersonID, Action: "access.deny", Denied: true, Reason: field})
	}); err != nil {
		d.forget(denial{v.SessionID, field})
		return fmt.Errorf("journal denial: %w", err)
	}
	return nil
}

// due tells whether a denial is to be written, and takes it that it is.
func (d *Denials) due(what denial) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.Now()
	if at, ok := d.written[what]; ok && now.Sub(at) < denialEvery {
		return false
	}
	if len(d.written) >= maxDenials {
		clear(d.written)
	}
	d.written[what] = now
	return true
}

func (d *Denials) forget(what denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.written, what)
}
