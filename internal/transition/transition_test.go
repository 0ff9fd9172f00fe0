package transition_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/ent"
	"kabinet/ent/deadline"
	"kabinet/internal/calendar"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/feed"
	"kabinet/internal/owner"
	"kabinet/internal/person/persontest"
	"kabinet/internal/ref"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
	"kabinet/internal/transition"
)

type nobodyToTell struct{}

func (nobodyToTell) Announce(uuid.UUID) {}

var now = time.Date(2026, time.November, 21, 9, 30, 0, 0, time.UTC)

// office applies reports on deadlines, which stand for any subject.
type office struct {
	store    *storage.Store
	recorder *feed.Recorder
	ann      uuid.UUID
}

func each(t *testing.T, test func(t *testing.T, o office)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		test(t, office{s, feed.NewRecorder(clock.NewFixed(now), nobodyToTell{}), persontest.New(t, s)})
	})
}

const number = "С-1"

// steps are those of a deadline that is open and may be done.
func (o office) steps(tx *storage.Tx, r transition.Report) transition.Steps {
	return transition.Steps{
		Row: owner.Row{Table: deadline.Table, Column: deadline.FieldNumber, Value: number},
		Find: func(ctx context.Context) (transition.Subject, error) {
			row, err := tx.Deadline.Query().Where(deadline.Number(number)).Only(ctx)
			if err != nil {
				return transition.Subject{}, err
			}
			return transition.Subject{ID: ref.Of(ref.Deadline, row.ID), Owner: row.OwnerID, State: row.State, Sequence: row.FundSequence}, nil
		},
		Allows: func(from string) bool { return from == "OPEN" && r.State == "DONE" },
		Change: func(ctx context.Context, s transition.Subject) error {
			return tx.Deadline.Update().Where(deadline.ID(s.ID.ID)).SetState(r.State).SetFundSequence(r.Sequence).Exec(ctx)
		},
		Make: func(ctx context.Context) (ref.Ref, error) {
			id := uuid.Must(uuid.NewV7())
			return ref.Of(ref.Deadline, id), tx.Deadline.Create().SetID(id).SetOwnerID(o.ann).SetNumber(number).SetState(r.State).
				SetTitle("Сделать").SetDueOn(calendar.NewDate(2026, time.December, 1)).SetFundSequence(r.Sequence).
				SetCreatedAt(now).SetUpdatedAt(now).Exec(ctx)
		},
	}
}

// try applies a report and commits whatever comes of it, as the fund's boundary does to keep the event.
func (o office) try(t *testing.T, f func(ctx context.Context, tx *storage.Tx) error) (got error) {
	t.Helper()
	require.NoError(t, o.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
		got = f(ctx, tx)
		return nil
	}))
	return got
}

func (o office) apply(t *testing.T, r transition.Report, changes ...func(*transition.Steps)) error {
	t.Helper()
	return o.try(t, func(ctx context.Context, tx *storage.Tx) error {
		steps := o.steps(tx, r)
		for _, change := range changes {
			change(&steps)
		}
		return transition.Apply(ctx, tx, o.recorder, r, steps)
	})
}

func (o office) set(t *testing.T, whose uuid.UUID, r transition.Report, changes ...func(*transition.Steps)) error {
	t.Helper()
	return o.try(t, func(ctx context.Context, tx *storage.Tx) error {
		steps := o.steps(tx, r)
		for _, change := range changes {
			change(&steps)
		}
		return transition.Set(ctx, tx, o.recorder, whose, r, steps)
	})
}

// requireSequence fails unless the owner's number, and how many events there are, is this.
func (o office) requireSequence(t *testing.T, want int64) {
	t.Helper()
	system := persontest.System(t)
	got, err := owner.Sequence(system, o.store, o.ann)
	require.NoError(t, err)
	require.Equal(t, want, got)
	events, err := o.store.FeedEvent.Query().Count(system)
	require.NoError(t, err)
	require.EqualValues(t, want, events)
}

func TestTheSequenceRisesOnlyWithWhatIsApplied(t *testing.T) {
	each(t, func(t *testing.T, o office) {
		open, done := transition.Report{Sequence: 1, State: "OPEN"}, transition.Report{Sequence: 2, State: "DONE"}
		require.ErrorIs(t, o.apply(t, done), fault.ErrNotFound)
		o.requireSequence(t, 0)
		require.NoError(t, o.set(t, o.ann, open))
		o.requireSequence(t, 1)
		require.ErrorIs(t, o.set(t, o.ann, open), transition.ErrStale)
		require.ErrorIs(t, o.apply(t, open), transition.ErrStale)
		require.ErrorIs(t, o.apply(t, transition.Report{Sequence: 2, State: "LOST"}), transition.ErrImpossible)
		require.ErrorIs(t, o.set(t, persontest.New(t, o.store), done), transition.ErrImpossible, "somebody else's")
		o.requireSequence(t, 1)
		require.NoError(t, o.apply(t, done))
		o.requireSequence(t, 2)
		require.ErrorIs(t, o.set(t, uuid.New(), done), fault.ErrNotFound, "nobody's")
		o.requireSequence(t, 2)
	})
}

// What a domain gives as an error may be an outcome to the caller, who commits then.
func TestTheSequenceDoesNotRiseWithAnErrorOfTheDomain(t *testing.T) {
	errTheirs := errors.New("what a domain knows")
	each(t, func(t *testing.T, o office) {
		report := transition.Report{Sequence: 1, State: "OPEN"}
		require.ErrorIs(t, o.set(t, o.ann, report, func(s *transition.Steps) {
			s.Make = func(context.Context) (ref.Ref, error) { return ref.Ref{}, errTheirs }
		}), errTheirs)
		o.requireSequence(t, 0)
		require.NoError(t, o.set(t, o.ann, report))
		report = transition.Report{Sequence: 2, State: "DONE"}
		fails := func(s *transition.Steps) {
			s.Change = func(context.Context, transition.Subject) error { return errTheirs }
		}
		require.ErrorIs(t, o.apply(t, report, fails), errTheirs)
		require.ErrorIs(t, o.set(t, o.ann, report, fails), errTheirs)
		gone := func(s *transition.Steps) {
			s.Find = func(context.Context) (transition.Subject, error) { return transition.Subject{}, &ent.NotFoundError{} }
		}
		require.ErrorIs(t, o.apply(t, report, gone), fault.ErrNotFound)
		unread := func(s *transition.Steps) {
			s.Find = func(context.Context) (transition.Subject, error) { return transition.Subject{}, errTheirs }
		}
		require.ErrorIs(t, o.apply(t, report, unread), errTheirs)
		require.ErrorIs(t, o.set(t, o.ann, report, unread), errTheirs)
		o.requireSequence(t, 1)
	})
}

// A domain that has taken a number of its own has made a gap below it: that is never taken for something else.
func TestANumberIsGivenBackOrNothingIsCommitted(t *testing.T) {
	errTheirs := errors.New("what a domain knows")
	each(t, func(t *testing.T, o office) {
		require.NoError(t, o.set(t, o.ann, transition.Report{Sequence: 1, State: "OPEN"}))
		report := transition.Report{Sequence: 2, State: "DONE"}
		err := o.store.InTx(persontest.System(t), func(ctx context.Context, tx *storage.Tx) error {
			steps := o.steps(tx, report)
			steps.Change = func(ctx context.Context, s transition.Subject) error {
				return errors.Join(o.recorder.Record(ctx, tx, feed.Change{Owner: s.Owner, Subject: s.ID}), errTheirs)
			}
			return transition.Apply(ctx, tx, o.recorder, report, steps)
		})
		require.Error(t, err)
		require.NotErrorIs(t, err, errTheirs)
		o.requireSequence(t, 1)
	})
}

func TestReportsAreForTheSystem(t *testing.T) {
	each(t, func(t *testing.T, o office) {
		require.NoError(t, o.set(t, o.ann, transition.Report{Sequence: 1, State: "OPEN"}))
		report := transition.Report{Sequence: 2, State: "DONE"}
		for _, who := range []uuid.UUID{o.ann, persontest.New(t, o.store)} {
			require.Error(t, o.store.InTx(persontest.As(t, who), func(ctx context.Context, tx *storage.Tx) error {
				return transition.Apply(ctx, tx, o.recorder, report, o.steps(tx, report))
			}))
		}
		o.requireSequence(t, 1)
	})
}
