package outbox

import (
	"context"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/clock"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/seal"
	"kabinet/internal/storage"
)

// Outbox keeps commands. It has no state of its own: every room that has something to tell the fund can make one.
type Outbox struct {
	store  *storage.Store
	sealer *seal.Sealer
	feed   *feed.Recorder
	clock  clock.Clock
}

// New makes an Outbox.
func New(s *storage.Store, sealer *seal.Sealer, f *feed.Recorder, c clock.Clock) *Outbox {
	return &Outbox{store: s, sealer: sealer, feed: f, clock: c}
}

// Add writes a command in the transaction of the act that it tells, under the lock of its owner. The act raises the
// owner's sequence; that there is a command now is part of it. A command about what has not reached the fund and is not
// tried any more has failed from the beginning.
func (o *Outbox) Add(ctx context.Context, tx *storage.Tx, c Command) error {
	if err := owner.Lock(ctx, tx, c.Owner); err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	data, err := json.Marshal(c.Data)
	if err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	sealed, err := SealPayload(o.sealer, id, data)
	if err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	previous, err := tx.Command.Query().Where(command.Subject(c.Subject.String())).
		Order(command.BySequence(sql.OrderDesc())).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return fmt.Errorf("add command: %w", err)
	}
	now, sequence := o.clock.Now(), int64(1)
	create := tx.Command.Create().SetID(id).SetOwnerID(c.Owner).SetType(c.Type).SetSubject(c.Subject.String()).
		SetPayload(sealed).SetCreatedAt(now).SetUpdatedAt(now)
	if previous != nil {
		sequence = previous.Sequence + 1
	}
	if previous != nil && blocks(previous) {
		create.SetState(string(Failed)).SetLastError(string(Earlier))
	} else {
		create.SetState(string(Pending)).SetNextAttemptAt(now)
	}
	if err := create.SetSequence(sequence).Exec(ctx); err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	return nil
}

// blocks tells whether a command is one after which nothing about its subject is sent: the fund has not seen it and
// will not. One that the fund has refused it has seen.
func blocks(row *ent.Command) bool {
	return State(row.State) == Failed && ErrorCode(row.LastError) != Refused
}

// Latest gives, by subject, the delivery of the newest command about each of the subjects of one kind, or that of the
// oldest that has failed, if one has: what comes later must not hide it. There is none where there is no command that the
// viewer may see. It has the form of a load of package batch but for the kind.
func (o *Outbox) Latest(ctx context.Context, kind ref.Kind, ids []uuid.UUID) (map[uuid.UUID]*Delivery, error) {
	subjects := make([]string, len(ids))
	for i, id := range ids {
		subjects[i] = ref.Of(kind, id).String()
	}
	rows, err := o.store.Command.Query().Where(command.SubjectIn(subjects...), command.Or(command.State(string(Failed)), newest)).
		Order(command.BySequence()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("get deliveries: %w", err)
	}
	found := make(map[uuid.UUID]*Delivery, len(rows))
	for _, row := range rows {
		d, err := fromRow(row)
		if err != nil {
			return nil, fmt.Errorf("get deliveries: %w", err)
		}
		if earlier := found[d.Subject.ID]; earlier == nil || earlier.State != Failed {
			found[d.Subject.ID] = d
		}
	}
	return found, nil
}

// newest keeps the commands after which there is none about the same subject.
func newest(s *sql.Selector) {
	later := sql.Table(command.Table).As("later")
	s.Where(sql.NotExists(sql.Select(later.C(command.FieldID)).From(later).Where(sql.And(
		sql.ColumnsEQ(later.C(command.FieldSubject), s.C(command.FieldSubject)),
		sql.ColumnsGT(later.C(command.FieldSequence), s.C(command.FieldSequence)),
	))))
}

// SealPayload seals the data of the command with this id.
func SealPayload(sealer *seal.Sealer, id uuid.UUID, data []byte) ([]byte, error) {
	return sealer.Seal(payloadPlace, id, data)
}
