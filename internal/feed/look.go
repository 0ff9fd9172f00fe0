package feed

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/owner"
	"kabinet/internal/viewer"
)

const (
	// lookEvery is how often the hub looks whether a subscriber has missed a wake-up: the bound on a delay when one was
	// lost between instances.
	lookEvery = 30 * time.Second
	// lookAtOnce is how many owners are looked at by one statement.
	lookAtOnce = 500
	// retryLook is the pause after a look that failed.
	retryLook = time.Second
)

// looked is what the owners' numbers were at a look.
type looked map[uuid.UUID]int64

// look looks now and then, and whenever wake-ups may have been missed. The hub does it for all its subscribers, of whom
// there may be thousands: on their own they would ask the database all the time, and all at once when Redis comes back.
func (h *Hub) look(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	last, failing := looked{}, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.doubt:
		case <-timer.C:
		}
		now, err := h.lookFrom(ctx, last)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if !failing { // once for an outage, not once a second
				h.log.LogAttrs(ctx, slog.LevelWarn, "feed: look failed; it will be tried again", slog.Any("error", err))
			}
			timer.Reset(retryLook)
		} else {
			last = now
			timer.Reset(lookEvery)
		}
		failing = err != nil
	}
}

// lookFrom wakes the subscribers of every owner whose number has risen since the last look, or was not looked at then,
// and gives what the numbers are now. A subscriber whose owner's number stands where it stood has read everything: what
// was there before it came it read by itself, and what came later has raised the number.
func (h *Hub) lookFrom(ctx context.Context, last looked) (looked, error) {
	system := viewer.NewSystemContext(ctx, "feed look")
	now := make(looked)
	for some := range slices.Chunk(h.bells.IDs(), lookAtOnce) {
		rows, err := h.store.Owner.Query().Where(owner.IDIn(some...)).Select(owner.FieldID, owner.FieldSequence).All(system)
		if err != nil {
			return nil, fmt.Errorf("look at owners: %w", err)
		}
		for _, row := range rows {
			if before, known := last[row.ID]; !known || before != row.Sequence {
				h.bells.Ring(row.ID)
			}
			now[row.ID] = row.Sequence
		}
	}
	return now, nil
}
