package seed

import (
	"kabinet/ent"
	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
)

// benefitSpec is what is told of a benefit. It is paid for a certificate, as a lump sum, or month by month.
type benefitSpec struct {
	kind   benefit.Type
	state  benefit.State
	leave  string // key of the certificate
	event  int    // how many days ago happened what a lump sum is paid for
	lump   int64  // kopecks; 0 while not calculated
	months int    // full months before the present one that are paid
	notice string
}

// When, in working days after the data came, processing reaches a state. The law gives ten to the payment.
const (
	loadedAfter     = 0
	readyAfter      = 1
	confirmedAfter  = 3
	calculatedAfter = 5
	sentAfter       = 7
	paidAfter       = 9
	closedAfter     = 12
)

// stage is a state of the processing in which nothing goes wrong.
type stage struct {
	state   benefit.State
	after   int // working days
	hour    int
	comment string
}

func stages() []stage {
	return []stage{
		{benefit.Loaded, loadedAfter, 12, "Сведения поступили в фонд."},
		{benefit.ReadyForCalculation, readyAfter, 10, ""},
		{benefit.CalculationBeingConfirmed, confirmedAfter, 11, "Расчёт проверяет второй специалист."},
		{benefit.Calculated, calculatedAfter, 14, "Сумма пособия определена."},
		{benefit.SentForPayment, sentAfter, 13, "Платёж передан в казначейство."},
		{benefit.Paid, paidAfter, 15, "Деньги перечислены на счёт."},
		{benefit.Closed, closedAfter, 12, ""},
	}
}

func (a *author) writeBenefit(b biography, s benefitSpec) {
	row := &ent.Benefit{
		ID: a.id(), OwnerID: a.owner, Number: a.caseNumber(), Type: string(s.kind), State: string(s.state), Notice: optional(s.notice),
	}
	var turns []turn
	switch {
	case s.leave != "":
		turns = a.writeForLeave(row, s, a.leaves[s.leave])
	case s.months > 0:
		turns = a.writeMonthly(row, s, dailyEarnings(b.job.twoYears))
	default:
		row.StartsOn = a.daysAgo(s.event)
		came := addWorkdays(row.StartsOn, 4)
		turns = a.benefitTurns(came, s.state)
		a.accrue(row, row.StartsOn, row.StartsOn, s.lump, addWorkdays(came, calculatedAfter), addWorkdays(came, paidAfter))
	}
	row.CreatedAt, row.UpdatedAt = a.tell(ref.Of(ref.Benefit, row.ID), turns)
	if row.Notice != nil { // the feed says what the record says
		a.records.events[len(a.records.events)-1].comment = row.Notice
	}
	key := s.leave
	if key == "" {
		key = string(s.kind)
	}
	a.written[about{ref.Benefit, key}] = ref.Of(ref.Benefit, row.ID)
	a.records.benefits = append(a.records.benefits, row)
}

func (a *author) writeForLeave(row *ent.Benefit, s benefitSpec, l *leaf) []turn {
	row.SickLeaveID = &l.row.ID
	// The first days may be the employer's: what the fund pays for begins behind them.
	row.StartsOn = l.row.StartsOn.AddDays(employersDays(sickleave.Reason(l.row.Reason), l.row.Continuation))
	row.EndsOn = l.row.EndsOn
	var byFund int64 // nothing while not calculated; then nothing is accrued either
	if l.row.PaidByFund != nil {
		byFund = *l.row.PaidByFund
	}
	a.accrue(row, row.StartsOn, row.EndsOn, byFund, addWorkdays(l.filled, calculatedAfter), l.paid)
	return a.benefitTurns(l.filled, s.state)
}

// benefitTurns is the processing up to a state of data that came on a day.
func (a *author) benefitTurns(came calendar.Date, state benefit.State) []turn {
	var turns []turn
	add := func(s benefit.State, after, hour int, comment string) {
		turns = append(turns, turn{to: string(s), at: a.at(addWorkdays(came, after), hour), comment: comment})
	}
	for _, s := range stages() {
		switch {
		case state == benefit.Duplicate && s.after > loadedAfter:
			add(benefit.Duplicate, loadedAfter+1, 16, "По этому случаю пособие уже рассчитывается.")
			return turns
		case state == benefit.NoticeIssued && s.after > readyAfter:
			add(benefit.NoticeIssued, readyAfter+1, 16, "")
			return turns
		}
		add(s.state, s.after, s.hour, s.comment)
		if s.state == state {
			break
		}
	}
	return turns
}

// writeMonthly is the child care allowance: 40 % of the average monthly earnings (30.4 average days), a month at a time.
// It is calculated anew each month, so that its state goes round.
func (a *author) writeMonthly(row *ent.Benefit, s benefitSpec, daily int64) []turn {
	row.StartsOn = a.month(s.months)
	row.EndsOn = a.daysAgo(s.event).AddDays(548) // one and a half years after the birth
	amount := (daily*304*40 + 500) / 1000
	turns := []turn{{string(benefit.Loaded), a.at(addWorkdays(row.StartsOn, 1), 12), "Сведения поступили в фонд."}}
	ready := func(d calendar.Date, hour int) {
		turns = append(turns, turn{to: string(benefit.ReadyForCalculation), at: a.at(workdayBy(d), hour)})
	}
	for k := s.months; k > 0; k-- {
		first := a.month(k)
		accrued, paid := workdayBy(first.AddDays(24)), workdayBy(first.AddDays(26))
		ready(first.AddDays(22), 10)
		turns = append(turns,
			turn{string(benefit.Calculated), a.at(accrued, 14), "Начислено за месяц."},
			turn{string(benefit.Paid), a.at(paid, 16), "Деньги перечислены на счёт."})
		a.accrue(row, first, a.month(k-1).AddDays(-1), amount, accrued, paid)
	}
	if s.state == benefit.ReadyForCalculation {
		ready(a.month(1).AddDays(27), 17)
	}
	return turns
}

// accrue adds an amount, if it is calculated in the state of the benefit; and its payment, if it is paid.
func (a *author) accrue(row *ent.Benefit, from, to calendar.Date, amount int64, accrued, paid calendar.Date) {
	state := benefit.State(row.State)
	// A monthly benefit has been paid before, whatever its state is for the present month.
	paidOut := state == benefit.Paid || state == benefit.Closed || row.Type == string(benefit.ChildCare)
	if !paidOut && state != benefit.Calculated && state != benefit.SentForPayment {
		return
	}
	x := &ent.Accrual{OwnerID: a.owner, BenefitID: row.ID, StartsOn: from, EndsOn: to, Amount: amount, AccruedOn: accrued}
	if paidOut {
		x.PaidOn = paid
	}
	if row.Type == string(benefit.TemporaryDisability) {
		x.Withheld = incomeTax(amount)
	}
	if row.Amount != nil {
		amount += *row.Amount
	}
	row.Amount = &amount
	a.records.accruals = append(a.records.accruals, x)
}

// incomeTax is 13 % in whole roubles, half a rouble being one (Tax Code, article 52).
func incomeTax(kopecks int64) int64 { return (kopecks*13 + 5000) / 10_000 * 100 }
