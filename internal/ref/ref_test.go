package ref_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/internal/ref"
)

var kinds = []ref.Kind{
	ref.Person, ref.Organisation, ref.Session, ref.SickLeave, ref.Benefit, ref.Appeal, ref.Document,
	ref.Network, ref.Verification, ref.Deadline, ref.Contribution, ref.Announcement,
	ref.Clarification,
}

func TestTextRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := ref.Of(rapid.SampledFrom(kinds).Draw(t, "kind"), uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")))
		got, err := ref.Parse(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestParseRefuses(t *testing.T) {
	good := ref.Of(ref.Appeal, uuid.MustParse("01993c1c-0000-7000-8000-000000000001")).String()
	for name, text := range map[string]string{
		"empty":               "",
		"no kind":             good[3:],
		"unknown kind":        "XX" + good[2:],
		"lower case kind":     "ap" + good[2:],
		"too short":           good[:len(good)-1],
		"too long":            good + "A",
		"padding":             good + "==",
		"other alphabet":      good[:5] + "+" + good[6:],
		"another last letter": good[:len(good)-1] + "R", // the same bits with padding bits set: a second text for one id
		"plain uuid":          "01993c1c-0000-7000-8000-000000000001",
	} {
		_, err := ref.Parse(text)
		require.ErrorIs(t, err, ref.ErrMalformed, name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AP_AZk8HAAAcACAAAAAAAAAAQ")
	f.Add("__")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ref.Parse(text)
		if err != nil {
			require.Zero(t, r)
			return
		}
		require.Equal(t, text, r.String(), "a reference has one text only")
	})
}

func TestScalar(t *testing.T) {
	want := ref.Of(ref.Document, uuid.MustParse("01993c1c-0000-7000-8000-0000000000ff"))
	var b strings.Builder
	want.MarshalGQL(&b)
	var got ref.Ref
	require.NoError(t, got.UnmarshalGQL(strings.Trim(b.String(), `"`)))
	require.Equal(t, want, got)
	require.Error(t, got.UnmarshalGQL(42))
}
