package feed

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kabinet/ent/feedevent"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Retention is how long events are kept, unless KeepFor says otherwise: a device that was off for so long learns of the
// gap and fetches everything anew.
const Retention = 90 * 24 * time.Hour

// KeepFor sets how long events are kept.
func KeepFor(d time.Duration) Option { return func(h *Hub) { h.keep = d } }

// Purge deletes the events that are kept no more and tells how many there were. The numbers of their owners go on: a
// stream that asks for what was deleted is told of the gap. Several instances may purge at once.
func (h *Hub) Purge(ctx context.Context) (deleted int, err error) {
	ctx = viewer.NewSystemContext(ctx, "feed purge")
	before := firstIDAt(h.clock.Now().Add(-h.keep))
	deleted, err = storage.Purge(ctx, func(ctx context.Context, limit int) ([]uuid.UUID, error) {
		return h.store.FeedEvent.Query().Where(feedevent.IDLT(before)).Order(feedevent.ByID()).Limit(limit).IDs(ctx)
	}, func(ctx context.Context, ids []uuid.UUID) (int, error) {
		return h.store.FeedEvent.Delete().Where(feedevent.IDIn(ids...)).Exec(ctx)
	})
	if err != nil {
		return deleted, fmt.Errorf("purge feed: %w", err)
	}
	return deleted, nil
}

// idAt is a new id of an event that happens at a moment. The moment stands first in it, so that the key serves to find
// what is old.
func idAt(t time.Time) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	putTime(&id, t)
	return id, nil
}

// firstIDAt is below every id of an event of that moment or later, and above every earlier one; to the millisecond.
func firstIDAt(t time.Time) uuid.UUID {
	var id uuid.UUID
	putTime(&id, t)
	return id
}

// putTime sets the time of a UUID of version 7: its first 48 bits, in milliseconds.
func putTime(id *uuid.UUID, t time.Time) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(t.UnixMilli()))
	copy(id[:6], b[2:])
}
