package appeal

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/outbox"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// WithdrawInput names an appeal to be taken back.
type WithdrawInput struct {
	ID             ref.Ref
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input that show without looking anything up, as a fault.Invalid.
func (in WithdrawInput) Validate() error {
	return SubmitInput{ID: in.ID, IdempotencyKey: in.IdempotencyKey}.Validate()
}

// Withdraw takes back an appeal that is not decided. That it cannot be is a fault.Invalid.
func (s *Service) Withdraw(ctx context.Context, in WithdrawInput) (*Appeal, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	person := viewer.FromContext(ctx).PersonID
	return s.act(ctx, idempotency.Request{
		Owner: person, Operation: "withdrawAppeal", Key: in.IdempotencyKey, Input: in,
	}, func(ctx context.Context, tx *storage.Tx) (ref.Ref, error) { return s.withdraw(ctx, tx, person, in) })
}

// withdraw runs in the transaction, under the owner's lock.
func (s *Service) withdraw(ctx context.Context, tx *storage.Tx, person uuid.UUID, in WithdrawInput) (ref.Ref, error) {
	row, err := own(ctx, tx, person, in.ID)
	if err != nil {
		return ref.Ref{}, err
	}
	if !State(row.State).CanBecome(Withdrawn, Citizen) {
		var faults fault.Invalid
		faults.Add(fault.OutOfSequence, locale.Text{
			Ru: "Отозвать можно только отправленное обращение, по которому ещё нет решения.",
			En: "Only an appeal that was submitted and is not decided can be withdrawn.",
		}, "id")
		return ref.Ref{}, faults
	}
	now := s.clock.Now()
	if err := tx.Appeal.UpdateOneID(row.ID).SetState(string(Withdrawn)).SetUpdatedAt(now).Exec(ctx); err != nil {
		return ref.Ref{}, fmt.Errorf("withdraw appeal: %w", err)
	}
	if err := s.advance(ctx, tx, row, Withdrawn, now); err != nil {
		return ref.Ref{}, err
	}
	subject := ref.Of(ref.Appeal, row.ID)
	if err := s.journal.Write(ctx, tx, audit.Entry{Owner: person, Action: "appeal.withdraw", Subject: subject}); err != nil {
		return ref.Ref{}, err
	}
	return subject, s.outbox.Add(ctx, tx, outbox.Command{
		Owner: person, Type: TypeWithdrawn, Subject: subject, Data: withdrawnOf(row, now),
	})
}
