package seed_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/clarification"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/persona"
	"kabinet/internal/document"
	"kabinet/internal/identifier"
	"kabinet/internal/money"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
)

func testLeaves(t *testing.T, w *world) {
	t.Helper()
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, l := range w.cabinet(ctx, t).leaves {
			_, err := identifier.ParseSickLeaveNumber(l.Number)
			require.NoError(t, err)
			require.Contains(t, sickleave.Reasons(), l.Reason)
			if l.Outcome != nil {
				require.Contains(t, sickleave.Outcomes(), *l.Outcome)
			}
			diagnosis, err := w.leaves.Diagnosis(l)
			require.NoError(t, err)
			require.Regexp(t, `^[A-Z]\d\d\.\d$`, *diagnosis)
			_, err = identifier.ParseOgrn(*l.Clinic.Ogrn)
			require.NoError(t, err)
			require.NotEmpty(t, l.Clinic.Name)
			require.NotEmpty(t, *l.Clinic.Address)
			if l.Employer != nil {
				require.Regexp(t, `^\d{10}$`, *l.Employer.RegistrationNumber)
			}
			if !l.ReturnOn.IsZero() {
				require.Equal(t, l.EndsOn.AddDays(1), l.ReturnOn)
			}
			periods, err := w.leaves.Periods(ctx, l)
			require.NoError(t, err)
			require.NotEmpty(t, periods)
			require.LessOrEqual(t, len(periods), 3)
			next := l.StartsOn
			for _, period := range periods {
				require.Equal(t, next, period.StartsOn)
				require.NotEmpty(t, period.DoctorName)
				require.NotEmpty(t, *period.DoctorPost)
				next = period.EndsOn.AddDays(1)
			}
			require.Equal(t, l.EndsOn.AddDays(1), next)
			if l.State == sickleave.Extended {
				require.Greater(t, len(periods), 1)
			}
		}
	}

	all := w.cabinet(w.as(t, "ivanova"), t).leaves
	states := seen(all, func(l *sickleave.SickLeave) sickleave.State { return l.State })
	for _, s := range sickleave.States() {
		require.NotZero(t, states[s], s)
	}
	require.Equal(t, 1, states[sickleave.Opened])
	require.Equal(t, 1, states[sickleave.Extended])
	require.Equal(t, sickleave.Opened, all[0].State, "the newest is open")
	require.True(t, all[0].IssuedOn.After(all[1].IssuedOn))
	require.GreaterOrEqual(t, len(seen(all, func(l *sickleave.SickLeave) sickleave.Reason { return l.Reason })), 10)
}

func testChains(t *testing.T, w *world) {
	t.Helper()
	ctx := w.as(t, "ivanova")
	all := w.cabinet(ctx, t).leaves
	byNumber := make(map[string]*sickleave.SickLeave, len(all))
	for _, l := range all {
		byNumber[l.Number] = l
	}
	require.Len(t, byNumber, len(all))
	continuations, duplicates := 0, 0
	for _, l := range all {
		require.Equal(t, l.Continuation, l.PreviousNumber != nil)
		before := 0
		for at := l; at.PreviousNumber != nil; {
			previous := byNumber[*at.PreviousNumber]
			require.Equal(t, at.Number, *previous.NextNumber)
			require.Equal(t, previous.EndsOn.AddDays(1), at.StartsOn)
			before += *previous.Days()
			at = previous
		}
		if l.Continuation {
			continuations++
		}
		if l.Duplicate {
			duplicates++
		}
		periods, err := w.leaves.Periods(ctx, l)
		require.NoError(t, err)
		for _, p := range periods {
			before += p.StartsOn.DaysUntil(p.EndsOn) + 1
			require.Equal(t, before > 15 && l.Reason != sickleave.Maternity, p.CommissionChairman != nil)
		}
	}
	require.Equal(t, 2, continuations)
	require.Equal(t, 1, duplicates)
}

func testPayments(t *testing.T, w *world) {
	t.Helper()
	percents := map[int64]int{}
	for _, p := range persona.All() {
		for _, l := range w.cabinet(w.as(t, p.Name), t).leaves {
			paid := l.State == sickleave.BenefitPaid
			filled := paid || l.State == sickleave.FilledByEmployer || l.State == sickleave.FilledByEmployerRegister
			require.Equal(t, filled, l.Employer != nil, l.State)
			require.Equal(t, paid || l.State == sickleave.FilledByEmployerRegister, l.Payment != nil, l.State)
			if l.Payment == nil {
				continue
			}
			require.Equal(t, paid, !l.Payment.PaidOn.IsZero())

			daily := nearest(int64(l.Employer.AverageEarnings.Kopecks), 730)
			require.EqualValues(t, daily, l.Employer.AverageDailyEarnings.Kopecks)
			percent := int64(100)
			switch years := float64(l.Employer.InsuredMonths) / 12; {
			case slices.Contains([]sickleave.Reason{sickleave.Maternity, sickleave.WorkAccident, sickleave.OccupationalDisease}, l.Reason):
			case years < 5:
				percent = 60
			case years < 8:
				percent = 80
			}
			percents[percent]++
			perDay := nearest(daily*percent, 100)
			byEmployer := int64(0)
			if (l.Reason == sickleave.Illness || l.Reason == sickleave.Injury) && !l.Continuation {
				byEmployer = int64(min(3, *l.Days()))
			}
			require.EqualValues(t, perDay*byEmployer, l.Payment.ByEmployer.Kopecks)
			require.EqualValues(t, perDay*(int64(*l.Days())-byEmployer), l.Payment.ByFund.Kopecks)
			require.EqualValues(t, perDay*int64(*l.Days()), l.Payment.Total().Kopecks)
		}
	}
	for _, p := range []int64{60, 80, 100} {
		require.NotZero(t, percents[p], p)
	}
}

// nearest divides and rounds a half up.
func nearest(n, by int64) int64 {
	q, r := n/by, n%by
	if 2*r >= by {
		q++
	}
	return q
}

func testBenefits(t *testing.T, w *world) {
	t.Helper()
	types := map[benefit.Type]int{}
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, b := range w.cabinet(ctx, t).benefits {
			require.Contains(t, benefit.Types(), b.Type)
			types[b.Type]++
			require.Equal(t, b.State == benefit.NoticeIssued, b.Notice != nil)
			accruals, err := w.benefits.Accruals(ctx, b)
			require.NoError(t, err)
			sum := money.Kopecks(0)
			for _, a := range accruals {
				sum += a.Amount.Kopecks
				require.Positive(t, a.Amount.Kopecks)
				require.False(t, a.StartsOn.After(a.EndsOn))
				withheld := int64(0)
				if b.Type == benefit.TemporaryDisability {
					withheld = nearest(int64(a.Amount.Kopecks)*13, 10_000) * 100
				}
				require.EqualValues(t, withheld, a.Withheld.Kopecks)
			}
			if b.Amount == nil {
				require.Empty(t, accruals)
			} else {
				require.Equal(t, sum, b.Amount.Kopecks)
				require.NotEmpty(t, accruals)
			}
			calculated := slices.Contains([]benefit.State{benefit.Calculated, benefit.SentForPayment, benefit.Paid, benefit.Closed}, b.State)
			require.Equal(t, calculated || b.Type == benefit.ChildCare, b.Amount != nil, b.State)

			leave, err := w.benefits.SickLeave(ctx, b)
			require.NoError(t, err)
			if leave == nil {
				continue
			}
			require.Equal(t, leave.EndsOn, b.EndsOn)
			if b.Amount != nil {
				require.Equal(t, leave.Payment.ByFund, b.Amount)
				require.Equal(t, leave.Payment.PaidOn, accruals[0].PaidOn)
				require.Equal(t, b.StartsOn, accruals[0].StartsOn)
			}
			if leave.State == sickleave.BenefitPaid {
				require.Contains(t, []benefit.State{benefit.Paid, benefit.Closed}, b.State)
			}
		}
	}
	for _, want := range benefit.Types() {
		require.NotZero(t, types[want], want)
	}

	ivanovas := w.cabinet(w.as(t, "ivanova"), t).benefits
	states := seen(ivanovas, func(b *benefit.Benefit) benefit.State { return b.State })
	for _, s := range benefit.States() {
		require.NotZero(t, states[s], s)
	}
}

func testAppeals(t *testing.T, w *world) {
	t.Helper()
	numbers := map[string]bool{}
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, a := range w.cabinet(ctx, t).appeals {
			require.Contains(t, appeal.Kinds(), a.Kind)
			body, err := w.appeals.Body(a)
			require.NoError(t, err)
			require.NotEmpty(t, a.Subject)
			require.True(t, *body != "" || a.State == appeal.Draft)
			require.Equal(t, a.RegisteredAt != nil, a.Number != nil)
			require.Equal(t, a.RegisteredAt != nil, !a.DueOn.IsZero())
			require.Equal(t, a.State == appeal.Draft, a.SubmittedAt == nil)
			if a.Number != nil {
				require.False(t, numbers[*a.Number])
				numbers[*a.Number] = true
				workdays := 0
				for d := calendar.DateOf(*a.RegisteredAt, calendar.Moscow()); d.Before(a.DueOn); {
					d = d.AddDays(1)
					if day := d.Time(time.UTC).Weekday(); day != time.Saturday && day != time.Sunday {
						workdays++
					}
				}
				require.Equal(t, 5, workdays)
			}
			messages, err := w.appeals.Messages(ctx, a)
			require.NoError(t, err)
			for _, m := range messages {
				require.NotEmpty(t, m.Body)
				require.Equal(t, m.Author == appeal.Fund, m.AuthorName != nil)
				require.False(t, m.SentAt.Before(a.CreatedAt))
			}
			if a.State == appeal.Done || a.State == appeal.Refused {
				require.NotEmpty(t, messages, "what is decided is answered")
			}
			attachments, err := w.appeals.Attachments(ctx, a)
			require.NoError(t, err)
			for _, x := range attachments {
				require.NotEmpty(t, x.Version.DocumentTitle)
				require.False(t, x.AttachedAt.Before(x.Version.CreatedAt), "a file is attached once it is there")
				require.False(t, x.AttachedAt.Before(a.CreatedAt))
			}
		}
	}

	ctx := w.as(t, "ivanova")
	all := w.cabinet(ctx, t).appeals
	states := seen(all, func(a *appeal.Appeal) appeal.State { return a.State })
	for _, s := range appeal.States() {
		require.NotZero(t, states[s], s)
	}
	mine := seen(all, func(a *appeal.Appeal) appeal.Kind { return a.Kind })
	for _, k := range appeal.Kinds() {
		require.NotZero(t, mine[k], k)
	}
	attached := 0
	for _, a := range all {
		attachments, err := w.appeals.Attachments(ctx, a)
		require.NoError(t, err)
		attached += len(attachments)
	}
	require.Equal(t, 8, attached)
}

func testTimelines(t *testing.T, w *world) {
	t.Helper()
	for _, p := range persona.All() {
		ctx := w.as(t, p.Name)
		for _, a := range w.cabinet(ctx, t).appeals {
			steps, err := w.appeals.Timeline(ctx, a)
			require.NoError(t, err)
			require.Nil(t, steps[0].From)
			require.Equal(t, appeal.Draft, steps[0].To)
			require.Equal(t, appeal.Citizen, steps[0].Actor)
			require.Equal(t, a.CreatedAt.UTC(), steps[0].OccurredAt.UTC())
			reviewed := false
			for i, s := range steps[1:] {
				require.Equal(t, steps[i].To, *s.From)
				require.True(t, s.From.CanBecome(s.To, s.Actor), "%s to %s by %s", *s.From, s.To, s.Actor)
				require.True(t, s.OccurredAt.After(steps[i].OccurredAt), "%s to %s", *s.From, s.To)
				reviewed = reviewed || s.To == appeal.UnderReview
			}
			require.Equal(t, a.State, steps[len(steps)-1].To)
			require.Equal(t, reviewed, a.Specialist != nil)
		}
		// The others have no timeline of their own: the feed tells theirs.
		last := map[string]string{}
		for _, e := range w.events(ctx, t) {
			subject := e.Subject.String()
			if e.To == nil {
				continue
			}
			from, known := last[subject]
			last[subject] = *e.To
			if !known {
				continue
			}
			possible := map[ref.Kind]bool{
				ref.SickLeave: sickleave.State(from).CanBecome(sickleave.State(*e.To)),
				ref.Benefit:   benefit.State(from).CanBecome(benefit.State(*e.To)),
				ref.Document:  document.State(from).CanBecome(document.State(*e.To)),
				ref.Deadline:  deadline.State(from).CanBecome(deadline.State(*e.To)),

				ref.Clarification: clarification.State(from).CanBecome(clarification.State(*e.To)),
				ref.Appeal:        true, // its timeline, above
			}[e.Subject.Kind]
			require.True(t, possible, "%s %s to %s", e.Subject.Kind, from, *e.To)
		}
	}
}
