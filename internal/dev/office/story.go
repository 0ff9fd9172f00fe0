package office

import (
	"fmt"
	"maps"
	"time"

	"kabinet/internal/benefit"
	"kabinet/internal/calendar"
	"kabinet/internal/deadline"
	"kabinet/internal/dev/persona"
	"kabinet/internal/fund"
	"kabinet/internal/notice"
)

// The plans that are begun at the push of a button, and the story that tells the same.
const (
	planNews      = "news"
	planSystem    = "system"
	planNewsStory = "story-news"
)

// What the demo people had at the fund before, by seed, and what goes on with it.
const (
	childCareNumber = "00-01-101140" // of ivanova, ready for calculation, month after month
	fluNumber       = "910010101034" // of ivanova, open
)

// stories are what happens by itself. All subjects are new ones of the office or those named above, and what is told of
// each follows its state machine.
func stories() map[string]plan {
	return map[string]plan{
		planNews:      {title: "Новость", steps: []step{{0, publish}}},
		planSystem:    {title: "Сбой системы", steps: []step{{0, degrade}, {hours(6), restore}}},
		planNewsStory: {title: "Новость", story: true, every: hours(14 * 24), steps: []step{{hours(4), publish}}},
		"story-system": {title: "Сбой системы", story: true, every: hours(5 * 24), steps: []step{
			{hours(30), degrade}, {hours(6), restore},
		}},
		"story-maintenance": {title: "Плановые работы", story: true, every: hours(60 * 24), steps: []step{{hours(20), planWork}}},
		"story-contribution": {title: "Взносы работодателя", story: true, steps: []step{
			{hours(10), contributed("ivanova", "АО «Примерский приборостроительный завод»", "0000104217", "53515.00", "1428.85")},
			{hours(1), contributed("petrov", "ООО «Вымышленные дороги»", "0000310558", "40161.00", "1072.30")},
		}},
		"story-deadline": {title: "Срок", story: true, steps: []step{
			{hours(14), setDeadline(deadline.Open, "Установлен срок.")}, {hours(72), setDeadline(deadline.Done, "Справка получена.")},
		}},
		"story-childcare": {title: "Пособие по уходу за ребёнком", story: true, steps: childCare()},
		"story-flu":       {title: "Больничный: грипп", story: true, steps: flu()},
		"story-illness":   {title: "Новый больничный и пособие по нему", story: true, steps: illness()},
	}
}

// allPlans are those of employees and the stories.
func allPlans() map[string]plan {
	plans := employeePlans()
	maps.Copy(plans, stories())
	return plans
}

func text(ru, en string) map[string]string { return map[string]string{"ru": ru, "en": en} }

func publish(d *desk, j *job) []report {
	news := []struct {
		importance notice.Importance
		title      map[string]string
		text       map[string]string
	}{
		{
			notice.Information, text("Пособия индексированы", "Benefits have been indexed"),
			text("С 1 февраля пособия на детей выросли. Ничего подавать не нужно.", "Since 1 February child benefits are higher. Nothing has to be filed."),
		},
		{
			notice.Important, text("Выплаты в праздники", "Payments over the holidays"),
			text("Пособия, срок которых приходится на выходной, придут накануне.", "Benefits due on a day off arrive the day before."),
		},
		{
			notice.Information, text("Новые справки в кабинете", "New certificates in the cabinet"),
			text("Справку о размере пособия теперь можно заказать обращением.", "A certificate of the amount of a benefit can now be asked for by an appeal."),
		},
	}
	n := news[(d.Told[planNews]+d.Told[planNewsStory])%len(news)]
	number := j.fact("number", func() string { return fmt.Sprintf("Н-%d-%09d", d.today().Year(), d.serial()) })
	return []report{{fund.TypeAnnouncementPublished, number, map[string]any{
		"number": number, "importance": n.importance, "title": n.title, "text": n.text,
		"expiresAt": d.now.AddDate(0, 0, 30).Format(time.RFC3339),
	}}}
}

// systemOf is the system that a story is about: they take turns.
func systemOf(d *desk, j *job) string {
	systems := []notice.System{notice.Payments, notice.Documents, notice.SMS, notice.Email}
	return j.fact("system", func() string { return string(systems[int(d.serial())%len(systems)]) })
}

func degrade(d *desk, j *job) []report {
	system := systemOf(d, j)
	return []report{{fund.TypeSystemStatus, system, map[string]any{
		"system": system, "state": notice.Degraded, "note": text("Работает с задержками, мы это исправляем.", "It is slow; we are on it."),
	}}}
}

func restore(d *desk, j *job) []report {
	system := systemOf(d, j)
	return []report{{fund.TypeSystemStatus, system, map[string]any{"system": system, "state": notice.Operational}}}
}

func planWork(d *desk, j *job) []report {
	number := j.fact("number", func() string { return fmt.Sprintf("Р-%d-%09d", d.today().Year(), d.serial()) })
	night := d.today().AddDays(2).Time(calendar.Moscow())
	return []report{{fund.TypeMaintenancePlanned, number, map[string]any{
		"number": number, "systems": []notice.System{notice.Fund, notice.Payments},
		"text":     text("Плановые работы: статусы и оплата могут запаздывать.", "Planned maintenance: statuses and payments may be late."),
		"startsAt": night.Add(time.Hour).Format(time.RFC3339), "endsAt": night.Add(5 * time.Hour).Format(time.RFC3339),
	}}}
}

// snils is the insurance number of a demo person, digits only.
func snils(name string) string {
	p, _ := persona.ByName(name)
	return string(p.Profile.Snils)
}

// contributed reports what an employer has paid for the month before.
func contributed(who, employer, registration, base, amount string) func(*desk, *job) []report {
	return func(d *desk, j *job) []report {
		number := j.fact("number "+who, func() string { return fmt.Sprintf("В-%d-%09d", d.today().Year(), d.serial()) })
		month := calendar.NewDate(d.today().Year(), d.today().Month(), 1).AddDays(-1)
		return []report{{fund.TypeContributionReported, number, map[string]any{
			"number": number, "snils": snils(who), "kind": "SOCIAL_INSURANCE", "period": month.String()[:len("2026-01")],
			"employer": map[string]string{"name": employer, "registrationNumber": registration}, "base": base, "amount": amount,
		}}}
	}
}

func setDeadline(state deadline.State, comment string) func(*desk, *job) []report {
	return func(d *desk, j *job) []report {
		number := j.fact("number", func() string { return fmt.Sprintf("С-%d-%09d", d.today().Year(), d.serial()) })
		return []report{{fund.TypeDeadlineSet, number, map[string]any{
			"number": number, "snils": snils("ivanova"), "state": state, "title": "Представить справку об учёбе ребёнка",
			"dueOn": j.firstDay(d).AddDays(21), "comment": comment,
		}}}
	}
}

// processed reports of a benefit that it goes on.
func processed(number func(*desk, *job) string, state benefit.State, comment, amount string) func(*desk, *job) []report {
	return func(d *desk, j *job) []report {
		data := map[string]any{"number": number(d, j), "state": state, "comment": comment}
		if amount != "" {
			data["amount"] = amount
		}
		return []report{{fund.TypeBenefitChanged, number(d, j), data}}
	}
}

// childCare is the allowance for the present month.
func childCare() []step {
	number := func(*desk, *job) string { return childCareNumber }
	return []step{
		{hours(6), processed(number, benefit.Calculated, "Начислено за месяц.", "")},
		{hours(6), processed(number, benefit.SentForPayment, "Платёж передан в казначейство.", "")},
		{hours(6), func(d *desk, j *job) []report {
			first := calendar.NewDate(d.today().Year(), d.today().Month(), 1)
			next := calendar.NewDate(first.Year(), first.Month(), 28).AddDays(4)
			last := calendar.NewDate(next.Year(), next.Month(), 1).AddDays(-1)
			return append(processed(number, benefit.Paid, "Деньги перечислены на счёт.", "")(d, j),
				report{fund.TypeBenefitAccrued, childCareNumber, map[string]any{
					"number": childCareNumber, "startsOn": first, "endsOn": last, "amount": "21394.30",
					"accruedOn": d.today(), "paidOn": d.today(), "comment": "Выплачено за месяц.",
				}})
		}},
	}
}

// leaf reports of a certificate that it goes on; further adds to what is told.
func leaf(number func(*desk, *job) string, state, comment string, further func(d *desk, j *job) map[string]any) func(*desk, *job) []report {
	return func(d *desk, j *job) []report {
		data := map[string]any{"number": number(d, j), "state": state, "comment": comment}
		if further != nil {
			maps.Copy(data, further(d, j))
		}
		return []report{{fund.TypeSickLeaveChanged, number(d, j), data}}
	}
}

func flu() []step {
	number := func(*desk, *job) string { return fluNumber }
	return []step{
		{hours(8), leaf(number, "020", "Листок продлён.", func(d *desk, j *job) map[string]any {
			return map[string]any{"endsOn": j.firstDay(d).AddDays(6)}
		})},
		{hours(40), leaf(number, "030", "Лечение окончено, листок закрыт.", func(d *desk, j *job) map[string]any {
			return map[string]any{"endsOn": j.firstDay(d).AddDays(6), "returnOn": j.firstDay(d).AddDays(7)}
		})},
	}
}

// illness is a certificate of petrov from its issue to the payment of its benefit: seven days, of which the employer pays
// three.
func illness() []step {
	leave := func(d *desk, j *job) string {
		return j.fact("leave", func() string { return fmt.Sprintf("919%09d", d.serial()) })
	}
	number := func(d *desk, j *job) string {
		return j.fact("benefit", func() string { return fmt.Sprintf("П-%d-%09d", d.today().Year(), d.serial()) })
	}
	starts := func(d *desk, j *job) calendar.Date { return j.firstDay(d).AddDays(-6) }
	const amount = "3168.88" // four days
	return []step{
		{hours(5), func(d *desk, j *job) []report { return []report{issued(leave(d, j), starts(d, j))} }},
		{hours(6), leaf(leave, "020", "Листок продлён.", func(d *desk, j *job) map[string]any {
			return map[string]any{"endsOn": starts(d, j).AddDays(6)}
		})},
		{hours(6), leaf(leave, "030", "Лечение окончено, листок закрыт.", func(d *desk, j *job) map[string]any {
			return map[string]any{"returnOn": starts(d, j).AddDays(7)}
		})},
		{hours(6), leaf(leave, "070", "Работодатель передал сведения.", nil)},
		{hours(2), func(d *desk, j *job) []report {
			return []report{{fund.TypeBenefitStarted, number(d, j), map[string]any{
				"number": number(d, j), "snils": snils("petrov"), "type": benefit.TemporaryDisability, "sickLeave": leave(d, j),
				"startsOn": starts(d, j).AddDays(3), "endsOn": starts(d, j).AddDays(6), "comment": "Сведения для пособия поступили.",
			}}}
		}},
		{hours(4), processed(number, benefit.ReadyForCalculation, "Все сведения есть.", "")},
		{hours(6), processed(number, benefit.Calculated, "Сумма пособия определена.", amount)},
		{hours(6), processed(number, benefit.SentForPayment, "Платёж передан в казначейство.", "")},
		{hours(6), func(d *desk, j *job) []report {
			told := append(processed(number, benefit.Paid, "Деньги перечислены на счёт.", "")(d, j),
				report{fund.TypeBenefitAccrued, number(d, j), map[string]any{
					"number": number(d, j), "startsOn": starts(d, j).AddDays(3), "endsOn": starts(d, j).AddDays(6),
					"amount": amount, "withheld": "412.00", "accruedOn": d.today(), "paidOn": d.today(), "comment": "Пособие выплачено.",
				}})
			return append(told, leaf(leave, "080", "Пособие выплачено.", func(d *desk, _ *job) map[string]any {
				return map[string]any{"paidByFund": amount, "paidOn": d.today()}
			})(d, j)...)
		}},
	}
}

func issued(number string, starts calendar.Date) report {
	ends := starts.AddDays(4)
	return report{fund.TypeSickLeaveIssued, number, map[string]any{
		"number": number, "snils": snils("petrov"), "state": "010", "reason": "01", "diagnosis": "J06.9",
		"issuedOn": starts, "startsOn": starts, "endsOn": ends, "comment": "Открыт больничный лист.",
		"clinic": map[string]string{
			"name": "ГБУЗ «Вымышленная городская поликлиника № 1»", "address": "000101, Вымышленная область, г. Примерск, ул. Садовая, д. 3",
		},
		"periods": []map[string]any{{"startsOn": starts, "endsOn": ends, "doctorName": "Лечебникова О. П.", "doctorPost": "врач-терапевт"}},
	}}
}
