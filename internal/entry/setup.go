package entry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kabinet/ent/setupstep"
	"kabinet/internal/audit"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/idempotency"
	"kabinet/internal/locale"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/viewer"
)

// SetUp is a step of the welcome, which nobody has to do.
type SetUp string

// The steps of the welcome.
const (
	Notifications SetUp = "NOTIFICATIONS" // how they want to be told of changes
	Access        SetUp = "ACCESS"        // from where and for whom they come in
)

// SetUps lists all steps of the welcome.
func SetUps() []SetUp { return []SetUp{Notifications, Access} }

// SetUpStep is a step of the welcome and when it was done or put aside.
type SetUpStep struct {
	Kind   SetUp
	DoneAt *time.Time
}

// Done tells whether the step was done or put aside.
func (s SetUpStep) Done() bool { return s.DoneAt != nil }

// SetUpInput is a step of the welcome that is done.
type SetUpInput struct {
	Step           SetUp
	IdempotencyKey string `json:"-"`
}

// Validate finds the faults of the input, as a fault.Invalid.
func (in SetUpInput) Validate() error {
	if slices.Contains(SetUps(), in.Step) {
		return nil
	}
	var faults fault.Invalid
	faults.Add(fault.Unknown, locale.Text{
		Ru: "Такого шага нет. Обновите страницу.",
		En: "There is no such step. Reload the page.",
	}, "step")
	return faults
}

// Done notes that the viewer has done a step of the welcome, or put it aside. Doing it again changes nothing.
func (s *Service) Done(ctx context.Context, in SetUpInput) error {
	if err := in.Validate(); err != nil {
		return err
	}
	id := viewer.FromContext(ctx).PersonID
	subject := ref.Of(ref.Person, id)
	return s.store.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, _, err := idempotency.Once(ctx, tx, s.sealer, s.clock, idempotency.Request{
			Owner: id, Operation: "completeSetUpStep", Key: in.IdempotencyKey, Input: in,
		}, func() (ref.Ref, error) {
			known, err := tx.SetUpStep.Query().Where(setupstep.OwnerID(id), setupstep.Step(string(in.Step))).Exist(ctx)
			if err != nil || known {
				return subject, err
			}
			if err := tx.SetUpStep.Create().SetOwnerID(id).SetStep(string(in.Step)).SetDoneAt(s.clock.Now()).Exec(ctx); err != nil {
				return ref.Ref{}, fmt.Errorf("complete set-up step: %w", err)
			}
			if err := s.feed.Record(ctx, tx, feed.Change{Owner: id, Subject: subject}); err != nil {
				return ref.Ref{}, err
			}
			return subject, s.journal.Write(ctx, tx, audit.Entry{Owner: id, Action: "setup.complete", Subject: subject})
		})
		return err
	})
}
