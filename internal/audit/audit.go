// Package audit keeps the journal: who did what to whose record, allowed and denied alike.
//
// Entries are only appended, in the transaction of what they tell. The entries of one owner form a chain: each holds
// the hash of the one before, and the owner's row holds the hash and number of the last. So an edited, removed or
// reordered entry is found by Verify, and so is a journal cut short. What counts as an action belongs to the domains.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/auditentry"
	entowner "kabinet/ent/owner"
	"kabinet/internal/clock"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// Entry is one line of the journal. It holds no personal data.
type Entry struct {
	Owner   uuid.UUID // whose journal
	Action  string    // such as "appeal.draft.save"
	Subject ref.Ref   // may be zero
	Denied  bool
	Reason  string // code of the reason, when denied
}

// Journal writes entries.
type Journal struct{ clock clock.Clock }

// NewJournal makes a Journal.
func NewJournal(c clock.Clock) *Journal { return &Journal{clock: c} }

// Write appends an entry, with the viewer of the context as the actor.
func (j *Journal) Write(ctx context.Context, tx *storage.Tx, e Entry) error {
	end, err := owner.JournalEnd(ctx, tx, e.Owner)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	v := viewer.FromContext(ctx)
	row := &ent.AuditEntry{
		OwnerID: e.Owner, Sequence: end.Sequence + 1, Actor: actor(v), Action: e.Action,
		Subject: e.Subject.String(), Allowed: !e.Denied, Reason: e.Reason, OccurredAt: j.clock.Now(),
		PreviousHash: end.Head,
	}
	if v.SessionID != uuid.Nil {
		row.SessionID = &v.SessionID
	}
	row.Hash = Hash(row)
	create := tx.AuditEntry.Create().
		SetOwnerID(row.OwnerID).SetSequence(row.Sequence).SetActor(row.Actor).SetAction(row.Action).
		SetSubject(row.Subject).SetAllowed(row.Allowed).SetReason(row.Reason).SetOccurredAt(row.OccurredAt).
		SetNillableSessionID(row.SessionID).SetHash(row.Hash)
	if end.Head != nil {
		create.SetPreviousHash(end.Head)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return owner.ExtendJournal(ctx, tx, e.Owner, owner.Chain{Sequence: row.Sequence, Head: row.Hash})
}

func actor(v viewer.Viewer) string {
	if v.IsSystem() {
		return "system:" + v.SystemReason()
	}
	return v.PersonID.String()
}

// Hash is the hash of an entry: SHA-256 over all its fields, each with its length, and the hash before.
func Hash(e *ent.AuditEntry) []byte {
	h := sha256.New()
	var session uuid.UUID
	if e.SessionID != nil {
		session = *e.SessionID
	}
	allowed := byte(0)
	if e.Allowed {
		allowed = 1
	}
	for _, field := range [][]byte{
		e.PreviousHash, e.OwnerID[:], number(e.Sequence), []byte(e.Actor), session[:], []byte(e.Action), []byte(e.Subject),
		{allowed},
		[]byte(e.Reason), number(e.OccurredAt.UnixMicro()),
	} {
		write(h, field)
	}
	return h.Sum(nil)
}

func write(h hash.Hash, field []byte) {
	h.Write(number(int64(len(field))))
	h.Write(field)
}

func number(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // the bits are hashed, not the number
}

// Break is a place at which a journal was tampered with.
type Break struct {
	Owner    uuid.UUID
	Sequence int64 // number of the first entry that does not hold
	What     string
}

// String tells the break to an operator.
func (b Break) String() string {
	return fmt.Sprintf("owner %s: entry %d: %s", b.Owner, b.Sequence, b.What)
}

// verifyPage is how many rows are read at a time.
const verifyPage = 1000

// Verify walks every owner's chain and reports the first break in each. It may run beside the living program: a chain
// that grows meanwhile is followed.
func Verify(ctx context.Context, s *storage.Store) (entries int, breaks []Break, err error) {
	ctx = viewer.NewSystemContext(ctx, "audit verify")
	var last uuid.UUID
	for {
		owners, err := s.Owner.Query().Where(entowner.IDGT(last)).Order(entowner.ByID()).Limit(verifyPage).All(ctx)
		if err != nil {
			return entries, breaks, fmt.Errorf("read owners: %w", err)
		}
		for _, o := range owners {
			n, broken, err := verifyOwner(ctx, s, o)
			entries += n
			if err != nil {
				return entries, breaks, err
			}
			if broken != nil {
				breaks = append(breaks, *broken)
			}
		}
		if len(owners) < verifyPage {
			return entries, breaks, nil
		}
		last = owners[len(owners)-1].ID
	}
}

func verifyOwner(ctx context.Context, s *storage.Store, o *ent.Owner) (entries int, broken *Break, err error) {
	var previous []byte
	var sequence int64
	for {
		rows, err := s.AuditEntry.Query().
			Where(auditentry.OwnerID(o.ID), auditentry.SequenceGT(sequence)).
			Order(auditentry.BySequence()).Limit(verifyPage).All(ctx)
		if err != nil {
			return entries, nil, fmt.Errorf("read journal: %w", err)
		}
		for _, row := range rows {
			if what := check(row, sequence+1, previous); what != "" {
				return entries, &Break{Owner: o.ID, Sequence: sequence + 1, What: what}, nil
			}
			sequence, previous = row.Sequence, row.Hash
			entries++
		}
		if sequence == o.AuditSequence && bytes.Equal(previous, o.AuditHead) {
			return entries, nil, nil
		}
		if len(rows) > 0 {
			// Not the end that was known: there is more to read, or the journal has grown since.
			if o, err = s.Owner.Get(ctx, o.ID); err != nil {
				return entries, nil, fmt.Errorf("read owner: %w", err)
			}
			continue
		}
		return entries, &Break{Owner: o.ID, Sequence: sequence + 1, What: "the journal does not end where its owner's row says"}, nil
	}
}

func check(row *ent.AuditEntry, sequence int64, previous []byte) string {
	switch {
	case row.Sequence != sequence:
		return "an entry is missing"
	case !bytes.Equal(row.PreviousHash, previous):
		return "it does not follow the entry before"
	case !bytes.Equal(row.Hash, Hash(row)):
		return "it was edited"
	}
	return ""
}
