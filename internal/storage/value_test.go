package storage_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kabinet/ent"
	"kabinet/ent/sickleave"
	"kabinet/internal/calendar"
	"kabinet/internal/person/persontest"
	"kabinet/internal/storage"
	"kabinet/internal/storage/storagetest"
)

// times are instants that the databases can keep: whole microseconds, with many in the same second and zone changes.
func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		second := rapid.OneOf(
			rapid.Int64Range(1_770_000_000, 1_770_000_002),
			rapid.Int64Range(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).Unix()),
		).Draw(t, "second")
		micro := rapid.OneOf(
			rapid.Int64Range(0, 999_999),
			rapid.SampledFrom([]int64{0, 1, 9, 10, 99, 100, 100_000, 500_000, 990_000, 999_999}),
		).Draw(t, "microsecond")
		zone := rapid.SampledFrom([]*time.Location{time.UTC, calendar.Moscow(), time.FixedZone("west", -9*3600-1800)}).Draw(t, "zone")
		return time.Unix(second, micro*1000).In(zone)
	})
}

func days() *rapid.Generator[calendar.Date] {
	return rapid.Custom(func(t *rapid.T) calendar.Date {
		return calendar.NewDate(rapid.IntRange(calendar.MinYear, calendar.MaxYear).Draw(t, "year"),
			time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"))
	})
}

func makeLeave(ctx context.Context, s *storage.Store, owner uuid.UUID, number string, at time.Time, day calendar.Date) (*ent.SickLeave, error) {
	return s.SickLeave.Create().SetOwnerID(owner).SetNumber(number).SetState("OPENED").SetReason("DISEASE").
		SetIssuedOn(day).SetStartsOn(day).SetCreatedAt(at).SetUpdatedAt(at).Save(ctx)
}

func TestTimesAndDatesComeBackAsTheyWere(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		system, person, n := persontest.System(t), persontest.New(t, s), 0
		rapid.Check(t, func(r *rapid.T) {
			at, day := times().Draw(r, "at"), days().Draw(r, "day")
			n++
			made, err := makeLeave(system, s, person, number(n), at, day)
			require.NoError(r, err)
			row, err := s.SickLeave.Get(system, made.ID)
			require.NoError(r, err)
			require.True(r, at.Equal(row.UpdatedAt), "%s came back as %s", at, row.UpdatedAt)
			require.Equal(r, time.UTC, row.UpdatedAt.Location(), "times are UTC, whatever the machine's zone")
			require.Equal(r, day, row.IssuedOn)
			require.True(r, row.EndsOn.IsZero(), "no date is no date")

			found, err := s.SickLeave.Query().Where(sickleave.ID(made.ID), sickleave.UpdatedAt(at), sickleave.IssuedOn(day)).Exist(system)
			require.NoError(r, err)
			require.True(r, found, "and are found by their values")
		})
	})
}

func TestTimesAndDatesSortAsTimeDoes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, s *storage.Store) {
		system, n := persontest.System(t), 0
		rapid.Check(t, func(r *rapid.T) {
			person := uuid.New()
			type moment struct {
				at  time.Time
				day calendar.Date
			}
			moments := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) moment {
				return moment{times().Draw(t, "at"), days().Draw(t, "day")}
			}), 2, 8).Draw(r, "moments")
			for _, m := range moments {
				n++
				_, err := makeLeave(system, s, person, number(n), m.at, m.day)
				require.NoError(r, err)
			}
			pivot := moments[0]

			byTime, err := s.SickLeave.Query().Where(sickleave.OwnerID(person)).Order(sickleave.ByUpdatedAt()).All(system)
			require.NoError(r, err)
			require.True(r, slices.IsSortedFunc(byTime, func(a, b *ent.SickLeave) int { return a.UpdatedAt.Compare(b.UpdatedAt) }))
			byDay, err := s.SickLeave.Query().Where(sickleave.OwnerID(person)).Order(sickleave.ByIssuedOn(sql.OrderDesc())).All(system)
			require.NoError(r, err)
			require.True(r, slices.IsSortedFunc(byDay, func(a, b *ent.SickLeave) int { return b.IssuedOn.Compare(a.IssuedOn) }))

			before, sameDay := 0, 0
			for _, m := range moments {
				if m.at.Before(pivot.at) {
					before++
				}
				if !m.day.After(pivot.day) {
					sameDay++
				}
			}
			n, err := s.SickLeave.Query().Where(sickleave.OwnerID(person), sickleave.UpdatedAtLT(pivot.at)).Count(system)
			require.NoError(r, err)
			require.Equal(r, before, n)
			n, err = s.SickLeave.Query().Where(sickleave.OwnerID(person), sickleave.IssuedOnLTE(pivot.day)).Count(system)
			require.NoError(r, err)
			require.Equal(r, sameDay, n)
		})
	})
}

func number(n int) string {
	digits := []byte("000000000000")
	for i := len(digits) - 1; n > 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return string(digits)
}
