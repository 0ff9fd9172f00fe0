package outbox

import (
	"context"
	"fmt"
	"time"

	"kabinet/ent"
	"kabinet/ent/command"
	"kabinet/internal/owner"
	"kabinet/internal/storage"
)

// settle writes down what came of an attempt. Should the lease have been lost, only that the fund has taken the command
// still counts.
func (c *Courier) settle(ctx context.Context, one claimed, a attempt) error {
	if a.code == "" {
		return c.delivered(ctx, one)
	}
	c.metrics.attempts.WithLabelValues(string(a.code)).Inc()
	row, now := one.row, c.clock.Now()
	at, again := next(row.UpdatedAt, now, delay(row.Attempts+1, chance(), a.after))
	if a.code == Refused || !again {
		return c.giveUp(ctx, row, one.until, row.Attempts+1, a.code)
	}
	c.log.WarnContext(ctx, "outbox: a command is not delivered; it is tried again",
		"command", row.ID, "type", row.Type, "attempts", row.Attempts+1, "next", at, "error", a.cause)
	return c.postpone(ctx, one, a.code, at)
}

// change changes a command, and what goes with it, under its owner's lock, and tells the owner, unless nothing is left to
// change because somebody was quicker. It gives how many commands were changed.
func (c *Courier) change(ctx context.Context, row *ent.Command, update func(context.Context, *storage.Tx) (int, error)) (changed int, err error) {
	err = c.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := owner.Lock(ctx, tx, row.OwnerID); err != nil {
			return err
		}
		var err error
		if changed, err = update(ctx, tx); err != nil || changed == 0 {
			return err
		}
		return c.tell(ctx, tx, row)
	})
	return changed, err
}

// postpone has a command tried again later, unless its lease was lost. Its person sees that: while the fund is away it is
// asked so seldom that they do not hear of it often.
func (c *Courier) postpone(ctx context.Context, one claimed, code ErrorCode, at time.Time) error {
	row := one.row
	if _, err := c.change(ctx, row, func(ctx context.Context, tx *storage.Tx) (int, error) {
		return tx.Command.Update().Where(command.ID(row.ID), command.State(string(Pending)), command.ClaimedUntil(one.until)).
			SetAttempts(row.Attempts + 1).SetLastError(string(code)).SetNextAttemptAt(at).ClearClaimedUntil().Save(ctx)
	}); err != nil {
		return fmt.Errorf("settle command: %w", err)
	}
	return nil
}

func (c *Courier) delivered(ctx context.Context, one claimed) error {
	row := one.row
	changed, err := c.change(ctx, row, func(ctx context.Context, tx *storage.Tx) (int, error) {
		now := c.clock.Now()
		return tx.Command.Update().Where(command.ID(row.ID), command.StateNEQ(string(Delivered))).
			SetState(string(Delivered)).SetAttempts(row.Attempts + 1).SetLastError("").SetDeliveredAt(now).SetUpdatedAt(now).
			ClearNextAttemptAt().ClearClaimedUntil().Save(ctx)
	})
	if err != nil {
		return fmt.Errorf("settle command: %w", err)
	}
	if changed > 0 {
		c.metrics.delivered.Inc()
	}
	return nil
}

// giveUp has a command fail, and with it, unless the fund has refused it and so has seen it, whatever comes later about
// its subject. until is the end of the lease under which it was tried; zero when nobody has one.
func (c *Courier) giveUp(ctx context.Context, row *ent.Command, until time.Time, attempts int, code ErrorCode) error {
	left, err := c.change(ctx, row, func(ctx context.Context, tx *storage.Tx) (int, error) {
		now := c.clock.Now()
		update := tx.Command.Update().Where(command.ID(row.ID), command.State(string(Pending)))
		if until.IsZero() {
			update.Where(command.Or(command.ClaimedUntilIsNil(), command.ClaimedUntilLTE(now)))
		} else {
			update.Where(command.ClaimedUntil(until))
		}
		n, err := update.SetState(string(Failed)).SetAttempts(attempts).SetLastError(string(code)).SetUpdatedAt(now).
			ClearNextAttemptAt().ClearClaimedUntil().Save(ctx)
		if err != nil || n == 0 || code == Refused {
			return n, err
		}
		later, err := tx.Command.Update().
			Where(command.Subject(row.Subject), command.SequenceGT(row.Sequence), command.State(string(Pending))).
			SetState(string(Failed)).SetLastError(string(Earlier)).SetUpdatedAt(now).ClearNextAttemptAt().ClearClaimedUntil().
			Save(ctx)
		return n + later, err
	})
	if err != nil {
		return fmt.Errorf("give command up: %w", err)
	}
	if left == 0 {
		return nil
	}
	c.metrics.failed.WithLabelValues(string(code)).Inc()
	c.metrics.failed.WithLabelValues(string(Earlier)).Add(float64(left - 1))
	c.log.ErrorContext(ctx, "outbox: a command has failed and is not tried any more",
		"command", row.ID, "type", row.Type, "attempts", attempts, "reason", string(code), "later", left-1)
	return nil
}

// sweep gives up what is overdue without having been tried at the end of its time, because the fund was left alone, and
// measures what is waiting.
func (c *Courier) sweep(ctx context.Context) {
	if err := c.measure(ctx); err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "outbox: what is waiting cannot be measured", "error", err)
	}
	now := c.clock.Now()
	rows, err := c.store.Command.Query().Where(
		command.NextAttemptAtNotNil(), command.UpdatedAtLT(now.Add(-overdue)),
		command.Or(command.ClaimedUntilIsNil(), command.ClaimedUntilLTE(now)),
	).Order(command.BySubject(), command.BySequence()).Limit(sweepBatch).All(ctx)
	for _, row := range rows {
		code := ErrorCode(row.LastError)
		if code == "" {
			code = Unavailable
		}
		if err = c.giveUp(ctx, row, time.Time{}, row.Attempts, code); err != nil {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "outbox: what is overdue cannot be given up; the next sweep goes on", "error", err)
	}
}

func (c *Courier) measure(ctx context.Context) error {
	pending := c.store.Command.Query().Where(command.NextAttemptAtNotNil())
	n, err := pending.Clone().Count(ctx)
	if err != nil {
		return err
	}
	oldest, err := pending.Order(command.ByUpdatedAt()).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	age := time.Duration(0)
	if oldest != nil {
		age = c.clock.Now().Sub(oldest.UpdatedAt)
	}
	c.metrics.pending.Set(float64(n))
	c.metrics.oldest.Set(age.Seconds())
	return nil
}
