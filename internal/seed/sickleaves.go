package seed

import (
	"fmt"
	"slices"

	"kabinet/ent"
	"kabinet/internal/calendar"
	"kabinet/internal/identifier"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
)

// commissionAfter is the number of days of release from work beyond which a medical commission decides.
const commissionAfter = 15

// leafSpec is what is told of a certificate.
type leafSpec struct {
	key       string // by which benefits and continuations name it
	start     int    // how many days ago the release from work began
	periods   []int  // days of each period of treatment
	state     sickleave.State
	reason    sickleave.Reason
	outcome   sickleave.Outcome
	diagnosis string // ICD-10
	clinic    clinic
	continues string // key of the certificate that it continues
	replaces  string // key of the terminated certificate in whose place it was issued
	secondJob bool
}

// leaf is a certificate made up.
type leaf struct {
	row    *ent.SickLeave
	days   int           // in all certificates of the chain
	filled calendar.Date // when the employer filled it in, or would have
	paid   calendar.Date
}

func (a *author) writeLeave(b biography, s leafSpec) {
	total := 0
	for _, n := range s.periods {
		total += n
	}
	starts := a.daysAgo(s.start)
	ends := starts.AddDays(total - 1)
	row := &ent.SickLeave{
		ID: a.id(), OwnerID: a.owner, Number: fmt.Sprintf("910%02d0%06d", a.ordinal, a.serial()),
		State: string(s.state), Reason: string(s.reason), Outcome: optional(s.outcome),
		IssuedOn: starts, StartsOn: starts, EndsOn: ends,
		ClinicName: s.clinic.name, ClinicAddress: &s.clinic.address, ClinicOgrn: optional(s.clinic.ogrn()),
	}
	l := &leaf{row: row}
	a.leaves[s.key] = l
	if s.continues != "" {
		primary := a.leaves[s.continues]
		l.days = primary.days
		row.Continuation, row.PreviousNumber, primary.row.NextNumber = true, &primary.row.Number, &row.Number
	}
	closed := ends.AddDays(1)
	if s.replaces != "" {
		row.Duplicate, row.IssuedOn = true, addWorkdays(closed, 1)
		closed = row.IssuedOn
	}
	if s.outcome == sickleave.Fit || s.outcome == sickleave.Aftercare {
		row.ReturnOn = ends.AddDays(1)
	}
	sealed, err := sickleave.SealDiagnosis(a.sealer, row.ID, s.diagnosis)
	a.fail(err)
	row.Diagnosis = sealed

	l.filled = addWorkdays(closed, 3)
	l.paid = addWorkdays(l.filled, paidAfter)
	a.writePeriods(l, s)
	a.fillIn(b, l, s, total)
	subject := ref.Of(ref.SickLeave, row.ID)
	a.written[about{ref.SickLeave, s.key}] = subject
	row.CreatedAt, row.UpdatedAt = a.tell(subject, a.leafTurns(l, s, closed))
	a.records.leaves = append(a.records.leaves, row)
}

func (a *author) writePeriods(l *leaf, s leafSpec) {
	from := l.row.StartsOn
	for i, n := range s.periods {
		l.days += n
		period := &ent.TreatmentPeriod{
			OwnerID: a.owner, SickLeaveID: l.row.ID, Ordinal: i + 1, StartsOn: from, EndsOn: from.AddDays(n - 1),
			DoctorName: s.clinic.doctor, DoctorPost: &s.clinic.post,
		}
		// A release for maternity is given at once by the gynaecologist alone.
		if l.days > commissionAfter && s.reason != sickleave.Maternity {
			period.CommissionChairman = &s.clinic.chairman
		}
		a.records.periods = append(a.records.periods, period)
		from = from.AddDays(n)
	}
}

// fillIn is the employer's part and the payment, as far as the state has them.
func (a *author) fillIn(b biography, l *leaf, s leafSpec, days int) {
	filled := []sickleave.State{sickleave.FilledByEmployer, sickleave.FilledByEmployerRegister, sickleave.BenefitPaid}
	if !slices.Contains(filled, s.state) {
		return
	}
	j := b.job
	employment := "MAIN"
	if s.secondJob {
		j, employment = b.secondJob, "PART_TIME"
	}
	row := l.row
	row.EmployerName, row.EmployerRegistrationNumber, row.Employment = &j.employer, &j.registrationNumber, &employment
	row.InsuredMonths = b.insuredMonths - s.start/30
	daily := dailyEarnings(j.twoYears)
	row.AverageEarnings, row.AverageDailyEarnings = &j.twoYears, &daily
	if s.state == sickleave.FilledByEmployer {
		return // not calculated yet
	}
	perDay := dailyBenefit(daily, percentage(s.reason, row.InsuredMonths))
	employers := int64(min(days, employersDays(s.reason, row.Continuation)))
	byEmployer, byFund := perDay*employers, perDay*(int64(days)-employers)
	row.PaidByEmployer, row.PaidByFund = &byEmployer, &byFund
	if s.state == sickleave.BenefitPaid {
		row.PaidOn = l.paid
	}
}

// dailyEarnings is the average over two years, in kopecks.
func dailyEarnings(twoYears int64) int64 { return (twoYears + 365) / 730 }

func dailyBenefit(daily, percent int64) int64 { return (daily*percent + 50) / 100 }

// percentage is how much of the average earnings is paid.
func percentage(reason sickleave.Reason, insuredMonths int) int64 {
	switch {
	case reason == sickleave.Maternity || reason == sickleave.WorkAccident || reason == sickleave.OccupationalDisease:
		return 100
	case insuredMonths < 5*12:
		return 60
	case insuredMonths < 8*12:
		return 80
	}
	return 100
}

// employersDays is how many of the first days the employer pays for.
func employersDays(reason sickleave.Reason, continuation bool) int {
	if (reason == sickleave.Illness || reason == sickleave.Injury) && !continuation {
		return 3
	}
	return 0
}

// leafTurns is the life of a certificate up to its state.
func (a *author) leafTurns(l *leaf, s leafSpec, closed calendar.Date) []turn {
	var turns []turn
	add := func(state sickleave.State, day calendar.Date, hour int, comment string) {
		turns = append(turns, turn{to: string(state), at: a.at(day, hour), comment: comment})
	}
	opened, ended := 9, 8 // a continuation is opened on the day on which the one before it is closed
	if s.replaces != "" {
		opened, ended = 14, 15 // on one day, after the other one was terminated
	}
	add(sickleave.Opened, l.row.IssuedOn, opened, "Оформлен: "+s.clinic.name+".")
	from := l.row.StartsOn
	for i, n := range s.periods {
		if i > 0 {
			add(sickleave.Extended, from, 10, "Добавлен новый период лечения.")
		}
		from = from.AddDays(n)
	}
	assess := func() {
		add(sickleave.SentToAssessment, l.row.EndsOn, 15, "Документы переданы в бюро медико-социальной экспертизы.")
	}
	closing := func() {
		add(sickleave.Closed, closed, ended, "Лечение окончено, сведения запрошены у работодателя.")
	}
	switch s.state {
	case sickleave.Opened, sickleave.Extended:
	case sickleave.Closed:
		closing()
	case sickleave.SentToAssessment:
		assess()
	case sickleave.SupplementedByAssessment:
		assess()
		add(sickleave.SupplementedByAssessment, addWorkdays(l.row.EndsOn, 10), 12, "Бюро экспертизы внесло своё решение.")
	case sickleave.FilledByEmployer:
		closing()
		add(sickleave.FilledByEmployer, l.filled, 11, "Работодатель передал сведения для расчёта.")
	case sickleave.FilledByEmployerRegister:
		closing()
		add(sickleave.FilledByEmployerRegister, l.filled, 11, "Работодатель передал сведения реестром прямых выплат.")
	case sickleave.BenefitPaid:
		closing()
		add(sickleave.FilledByEmployer, l.filled, 11, "Работодатель передал сведения для расчёта.")
		add(sickleave.BenefitPaid, l.paid, 16, "Пособие перечислено на ваш счёт.")
	case sickleave.Terminated:
		closing()
		add(sickleave.Terminated, addWorkdays(closed, 1), 12, "В листке ошибка в имени; взамен выдан дубликат.")
	}
	return turns
}

// clinic is a medical organisation and its people.
type clinic struct {
	number   int64
	name     string
	address  string
	doctor   string
	post     string
	chairman string
}

func (c clinic) ogrn() identifier.Ogrn { return identifier.OgrnOf(100_000_000_000 + c.number) }

func polyclinic() clinic {
	return clinic{
		1, "ГБУЗ «Примерская городская поликлиника № 3»", "000101, Вымышленная область, г. Примерск, ул. Лесная, д. 4",
		"Ветрова Н. П.", "врач-терапевт участковый", "Остапчук В. Г.",
	}
}

func childrensPolyclinic() clinic {
	return clinic{
		2, "ГБУЗ «Примерская детская поликлиника № 1»", "000102, Вымышленная область, г. Примерск, пр-кт Мира, д. 31",
		"Лугова Т. А.", "врач-педиатр участковый", "Зимина Е. Р.",
	}
}

func maternityClinic() clinic {
	return clinic{
		3, "ГБУЗ «Женская консультация № 2 г. Примерска»", "000102, Вымышленная область, г. Примерск, ул. Цветочная, д. 9",
		"Яблонская О. М.", "врач — акушер-гинеколог", "Рощина Л. С.",
	}
}

func hospital() clinic {
	return clinic{
		4, "ГБУЗ «Вымышленная областная больница»", "000110, Вымышленная область, г. Примерск, Больничный проезд, д. 1",
		"Каменев Р. Д.", "врач — травматолог-ортопед", "Боровиков А. Ф.",
	}
}

func sanatoriumClinic() clinic {
	return clinic{
		5, "Санаторий «Сосновый берег»", "000230, Вымышленная область, пос. Озёрный, Курортная аллея, д. 2",
		"Снегирёва И. К.", "врач физической и реабилитационной медицины", "Тихонов М. Е.",
	}
}

func occupationalCentre() clinic {
	return clinic{
		6, "ГБУЗ «Вымышленный центр профессиональной патологии»", "000110, Вымышленная область, г. Примерск, ул. Заводская, д. 17",
		"Дубравин С. Л.", "врач-профпатолог", "Ольховская Г. Н.",
	}
}
