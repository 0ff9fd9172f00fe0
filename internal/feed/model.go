package feed

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/internal/page"
	"kabinet/internal/ref"
)

// Change is a change to something that an owner sees.
type Change struct {
	Owner   uuid.UUID
	Subject ref.Ref
	From    *string // state before; nil for a new subject
	To      *string // state after; nil when something else than the state changed
	Comment *string // what was said about it
}

// Event is a recorded change, or a gap.
type Event struct {
	Sequence   int64
	OccurredAt time.Time
	Subject    ref.Ref // zero with a gap
	From       *string
	To         *string
	Comment    *string
	// Gap is set when events cannot be replayed: the first of a stream whose position is older than what is kept.
	Gap *Gap
}

// Gap is a stretch of the feed that is kept no more.
type Gap struct {
	Missed int // number of events
}

// SubjectID is what changed; nil with a gap.
func (e *Event) SubjectID() *ref.Ref {
	if e.Subject.IsZero() {
		return nil
	}
	return &e.Subject
}

// Cursor is the position of the event.
func (e *Event) Cursor() page.Cursor { return CursorAt(e.Sequence) }

func eventOf(row *ent.FeedEvent) *Event {
	return &Event{
		Sequence: row.Sequence, OccurredAt: row.OccurredAt,
		Subject: ref.Of(ref.Kind(row.SubjectKind), row.SubjectID),
		From:    row.From, To: row.To, Comment: row.Comment,
	}
}

// cursorMark tells a position in the feed from one in a list.
const cursorMark = 0xF7

// CursorAt is the position behind the event with this number; 0 is the position before the first.
func CursorAt(sequence int64) page.Cursor {
	var b [9]byte
	b[0] = cursorMark
	binary.BigEndian.PutUint64(b[1:], uint64(sequence)) //nolint:gosec // numbers are never negative
	return page.Cursor(base64.RawURLEncoding.EncodeToString(b[:]))
}

func sequenceOf(c page.Cursor) (int64, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(b) != 9 || b[0] != cursorMark || b[1] > 0x7f {
		return 0, false
	}
	sequence := int64(binary.BigEndian.Uint64(b[1:])) //nolint:gosec // the top bit was checked
	return sequence, CursorAt(sequence) == c          // base64 would overlook line ends
}
