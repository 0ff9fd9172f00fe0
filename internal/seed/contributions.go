package seed

import (
	"fmt"

	"kabinet/ent"
	"kabinet/internal/contribution"
	"kabinet/internal/ref"
)

// contributionMonths is for how many months there are contributions: the two years of which the earnings are known.
const contributionMonths = 24

// rate is what of the earnings is paid for a kind of insurance, in hundredths of a per cent.
func rate(kind contribution.Kind) int64 {
	switch kind {
	case contribution.Pension:
		return 21_84
	case contribution.SocialInsurance:
		return 2_67
	case contribution.HealthInsurance:
		return 5_49
	case contribution.WorkInjury:
		return 20
	}
	return 0
}

// writeContributions writes what an employer has paid for the person. An employer reports a month by the 25th of the
// next, so that the newest month of which something is known on any day is the one before the last. The newest month
// alone is told in the feed: what came before, the list tells.
func (a *author) writeContributions(j job) {
	if j.employer == "" {
		return
	}
	for i, base := range a.monthlyEarnings(j.twoYears) {
		ago := contributionMonths + 1 - i
		at := a.at(workdayBy(a.month(ago-1).AddDays(24)), 12)
		for _, kind := range contribution.Kinds() {
			row := &ent.Contribution{
				ID: a.id(), OwnerID: a.owner, CreatedAt: at, UpdatedAt: at, Number: fmt.Sprintf("В-%02d-%06d", a.ordinal, a.serial()),
				Kind: string(kind), Period: a.month(ago), EmployerName: j.employer, EmployerRegistrationNumber: j.registrationNumber,
				Base: base, Amount: (base*rate(kind) + 5000) / 10_000,
			}
			a.records.contributions = append(a.records.contributions, row)
			if i == contributionMonths-1 {
				said := "Работодатель отчитался о взносах за месяц."
				a.records.events = append(a.records.events, event{at: at, subject: ref.Of(ref.Contribution, row.ID), comment: &said})
			}
		}
	}
}

// monthlyEarnings parts the earnings of two years into months, the oldest first: one a little more than the average, the
// next as much less.
func (a *author) monthlyEarnings(twoYears int64) []int64 {
	months := make([]int64, contributionMonths)
	average := twoYears / contributionMonths
	more := int64(0)
	for i := range months {
		more = -more
		if i%2 == 0 {
			more = a.chance.Int64N(average/10 + 1)
		}
		months[i] = average + more
	}
	months[len(months)-1] += twoYears - average*contributionMonths
	return months
}
