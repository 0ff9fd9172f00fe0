package outbox

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// What tells an operator that a command is not tried again.
var (
	ErrNotFailed = errors.New("outbox: the command has not failed")
	// ErrOvertaken: something later about its subject has reached the fund, which would take them in the wrong order.
	ErrOvertaken = errors.New("outbox: a later command about the same subject was delivered")
)

// List gives the newest commands in a state, or all, for operators.
func (o *Outbox) List(ctx context.Context, state State, limit int) ([]*Delivery, error) {
	query := o.store.Command.Query().Order(command.ByCreatedAt(sql.OrderDesc()), command.ByID(sql.OrderDesc())).Limit(limit)
	if state != "" {
		query.Where(command.State(string(state)))
	}
	rows, err := query.All(viewer.NewSystemContext(ctx, "command list"))
	if err != nil {
		return nil, fmt.Errorf("list commands: %w", err)
	}
	deliveries := make([]*Delivery, len(rows))
	for i, row := range rows {
		if deliveries[i], err = fromRow(row); err != nil {
			return nil, fmt.Errorf("list commands: %w", err)
		}
	}
	return deliveries, nil
}

// Retry has a failed command tried again, for as long as a new one, and with it whatever about its subject did not
// reach the fund: fault.ErrNotFound when there is none, ErrNotFailed when it has not failed, ErrOvertaken when it would come
// too late.
func (o *Outbox) Retry(ctx context.Context, id uuid.UUID) error {
	ctx = viewer.NewSystemContext(ctx, "command retry")
	row, err := o.store.Command.Get(ctx, id)
	switch {
	case ent.IsNotFound(err):
		return fault.ErrNotFound
	case err != nil:
		return fmt.Errorf("retry command: %w", err)
	}
	return o.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, row.OwnerID); err != nil {
			return err
		}
		now := o.clock.Now()
		failed, err := tx.Command.Query().Where(command.ID(id), command.State(string(Failed))).Exist(ctx)
		if err != nil {
			return fmt.Errorf("retry command: %w", err)
		}
		if !failed {
			return ErrNotFailed
		}
		overtaken, err := tx.Command.Query().
			Where(command.Subject(row.Subject), command.SequenceGT(row.Sequence), command.State(string(Delivered))).Exist(ctx)
		if err != nil {
			return fmt.Errorf("retry command: %w", err)
		}
		if overtaken {
			return ErrOvertaken
		}
		if err := tx.Command.Update().
			Where(command.Subject(row.Subject), command.State(string(Failed)),
				command.Or(command.ID(id), command.LastErrorNEQ(string(Refused)))).
			SetState(string(Pending)).SetAttempts(0).SetLastError("").SetNextAttemptAt(now).ClearClaimedUntil().SetUpdatedAt(now).
			Exec(ctx); err != nil {
			return fmt.Errorf("retry command: %w", err)
		}
		return o.tell(ctx, tx, row)
	})
}

// tell raises the sequence of a command's owner: they see another state of its delivery.
func (o *Outbox) tell(ctx context.Context, tx *storage.Tx, row *ent.Command) error {
	subject, err := ref.Parse(row.Subject)
	if err != nil {
		return fmt.Errorf("tell of command: %w", err)
	}
	return o.feed.Record(ctx, tx, feed.Change{Owner: row.OwnerID, Subject: subject})
}
