package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

var errCause = errors.New("cause")

func TestARefusalIsFoundWhateverIsWrappedAroundIt(t *testing.T) {
	err := fmt.Errorf("get appeal: %w", fault.ErrNotFound.Because(errCause))
	require.ErrorIs(t, err, fault.ErrNotFound)
	require.ErrorIs(t, err, errCause, "the log finds the cause")
	require.NotErrorIs(t, err, fault.ErrUnauthenticated)
	one := fault.New(fault.Conflict, locale.Text{Ru: "а", En: "one"}, locale.Text{})
	other := fault.New(fault.Conflict, locale.Text{Ru: "б", En: "other"}, locale.Text{})
	require.NotErrorIs(t, one, other, "the same code is not the same refusal")
	require.NotErrorIs(t, fault.ErrNotFound, errCause, "the common refusal is not changed by its copy")
}

func TestWhatIsShown(t *testing.T) {
	refusal := fault.New(fault.Conflict, locale.Text{Ru: "Нельзя.", En: "No."}, locale.Text{Ru: "Повторите.", En: "Repeat."}).Because(errCause)
	require.Equal(t, "Нельзя. Повторите.", refusal.Message(locale.Russian))
	require.Equal(t, "No. Repeat.", refusal.Message(locale.English))
	require.NotContains(t, refusal.Message(locale.English), "cause")
	require.Contains(t, refusal.Error(), "cause", "the log shows it")

	withoutRemedy := fault.New(fault.Conflict, locale.Text{Ru: "Нельзя.", En: "No."}, locale.Text{})
	require.Equal(t, "No.", withoutRemedy.Message(locale.English))
}

func TestEveryErrorHasACode(t *testing.T) {
	var invalid fault.Invalid
	invalid.Add(fault.TooLong, locale.Text{Ru: "я", En: "a"}, "subject")
	for want, err := range map[fault.Code]error{
		fault.NotFound: fmt.Errorf("a: %w", fault.ErrNotFound),
		fault.BadInput: fmt.Errorf("a: %w", invalid),
		fault.Internal: errCause,
	} {
		require.Equal(t, want, fault.CodeOf(err))
	}
	seen := map[fault.Code]bool{}
	for _, code := range fault.Codes() {
		require.False(t, seen[code])
		seen[code] = true
	}
	for _, common := range []*fault.Error{
		fault.ErrUnauthenticated, fault.ErrAccessLevel, fault.ErrNotFound, fault.ErrInternal, fault.ErrBusy,
	} {
		require.True(t, seen[common.Code])
		require.NotEmpty(t, common.Reason.Ru)
		require.NotEmpty(t, common.Reason.En)
		require.Equal(t, common.Remedy.Ru == "", common.Remedy.En == "")
	}
}

func TestFaultsOfAnInput(t *testing.T) {
	var faults fault.Invalid
	require.NoError(t, faults.OrNil())
	faults.Add(fault.TooLong, locale.Text{Ru: "я", En: "a"}, "subject")
	faults.Add(fault.Unknown, locale.Text{Ru: "я", En: "a"}, "documents", "0")
	err := faults.OrNil()
	require.EqualError(t, err, "invalid input: subject: TOO_LONG, documents.0: UNKNOWN")
	var got fault.Invalid
	require.ErrorAs(t, fmt.Errorf("save: %w", err), &got)
	require.Len(t, got, 2)
}

func TestWaitsAreRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]int{
		-time.Second: 0, 0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, time.Minute: 60,
	} {
		require.Equal(t, want, fault.WholeSeconds(d), d)
		require.Equal(t, want, (&fault.Error{RetryAfter: d}).RetryAfterSeconds(), d)
	}
}
