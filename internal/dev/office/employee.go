package office

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"kabinet/internal/appeal"
	"kabinet/internal/clarification"
	"kabinet/internal/fund"
)

// The plans of employees.
const (
	planAppeal        = "appeal"
	planCorrection    = "correction"
	planReply         = "reply"
	planWithdrawal    = "withdrawal"
	planClarification = "clarification"
)

// answerWithin is how many working days the fund has from the registration to its answer.
const answerWithin = 5

// employeePlans are what employees do with what citizens send. After the waits of an appeal it is registered within an
// hour of demo time and decided within twelve.
func employeePlans() map[string]plan {
	return map[string]plan{
		planAppeal: {title: "Обращение", steps: []step{
			{hours(1), register}, {hours(3), assign}, {hours(4), remark}, {hours(4), conclude},
		}},
		planCorrection:    {title: "Исправленное обращение", steps: []step{{hours(1), assign}, {hours(5), conclude}}},
		planReply:         {title: "Ответ на сообщение", steps: []step{{hours(2), reply}}},
		planWithdrawal:    {title: "Отзыв обращения", steps: []step{{hours(1), acknowledge}}},
		planClarification: {title: "Вопрос по больничному", steps: []step{{hours(3), clarify}}},
	}
}

// command is what an employee reads of a command: of a citizen's own words no more than whether they provoke something.
type command struct {
	kind    string
	subject string

	appealKind  string
	number      string
	corrected   bool
	faulty      bool
	hopeless    bool
	askedDoctor bool
}

// provoked tells what the subject line of an appeal asks for.
func provoked(line string) (faulty, hopeless bool) {
	line = strings.ToLower(line)
	return strings.Contains(line, "исправ"), strings.Contains(line, "отказ")
}

// take begins the work that a command asks for.
func (d *desk) take(c command) {
	switch c.kind {
	case appeal.TypeSubmitted:
		d.takeAppeal(c)
	case appeal.TypeCommented:
		d.begin(planReply, c.subject)
	case appeal.TypeWithdrawn:
		d.drop(c.subject)
		d.recall(c.subject)
		d.begin(planWithdrawal, c.subject)
	case clarification.TypeAsked:
		j := d.begin(planClarification, c.subject)
		if c.askedDoctor {
			j.Facts = map[string]string{"doctor": "1"}
		}
	}
}

func (d *desk) takeAppeal(c command) {
	paper := d.dossier(c.subject)
	paper.Kind, paper.Faulty, paper.Hopeless = c.appealKind, c.faulty && !c.corrected, c.hopeless
	if c.number != "" {
		paper.Number = c.number
	}
	d.drop(c.subject, planAppeal, planCorrection)
	// One whose registration the cabinet never heard of, because it was overtaken, is registered again.
	if c.corrected && c.number != "" {
		d.begin(planCorrection, c.subject)
		return
	}
	d.begin(planAppeal, c.subject)
}

// recall takes back what would change an appeal that has ended. Messages may still reach the citizen.
func (d *desk) recall(subject string) {
	d.Queue = slices.DeleteFunc(d.Queue, func(l *letter) bool {
		return l.Subject == subject && l.Type != fund.TypeAppealCommented
	})
}

func register(d *desk, j *job) []report {
	paper := d.dossier(j.Subject)
	if paper.Number == "" {
		paper.Number = fmt.Sprintf("О-%d-%09d", d.today().Year(), d.serial())
	}
	return []report{{fund.TypeAppealRegistered, j.Subject, map[string]any{
		"appeal": j.Subject, "number": paper.Number, "dueOn": addWorkdays(d.today(), answerWithin),
		"comment": "Обращение принято и зарегистрировано.",
	}}}
}

func assign(d *desk, j *job) []report {
	return []report{{fund.TypeAppealAssigned, j.Subject, map[string]any{
		"appeal": j.Subject, "specialist": d.specialist(j.Subject), "comment": "Назначен ответственный специалист.",
	}}}
}

// remark is made upon about every second appeal, always the same ones.
func remark(d *desk, j *job) []report {
	if chance(j.Subject+" remark", 2) != 0 {
		return nil
	}
	return d.say(j, "Здравствуйте! Ваше обращение у меня в работе: сверяю сведения. Ответ придёт в срок.")
}

func conclude(d *desk, j *job) []report {
	paper := d.dossier(j.Subject)
	if paper.Faulty {
		paper.Faulty = false
		return []report{{fund.TypeAppealDeficiencies, j.Subject, map[string]any{
			"appeal": j.Subject, "author": d.specialist(j.Subject), "comment": "Нужно исправить обращение.",
			"deficiencies": []map[string]string{
				{"what": "Не указан период, о котором идёт речь.", "remedy": "Назовите в тексте месяц и год."},
				{"what": "Приложений не хватает, или их не прочесть.", "remedy": "Приложите скан с разрешением не ниже 300 dpi."},
			},
		}}}
	}
	decision, answer, comment := appeal.Done, answerTo(appeal.Kind(paper.Kind)), "Ответ готов."
	if paper.Hopeless {
		decision, comment = appeal.Refused, "По обращению принято отрицательное решение."
		answer = "В удовлетворении обращения отказано: право на запрошенное не подтверждено сведениями фонда. " +
			"Решение можно обжаловать в вышестоящем органе или в суде."
	}
	return []report{{fund.TypeAppealDecided, j.Subject, map[string]any{
		"appeal": j.Subject, "decision": decision, "answer": answer, "author": d.specialist(j.Subject), "comment": comment,
	}}}
}

func answerTo(k appeal.Kind) string {
	switch k {
	case appeal.Application:
		return "Заявление рассмотрено и удовлетворено. Изменения внесены в сведения фонда."
	case appeal.Inquiry:
		return "Запрошенные сведения проверены. Выплата производится в течение десяти рабочих дней после поступления сведений от работодателя."
	case appeal.CertificateRequest:
		return "Справка подготовлена и направлена вам."
	case appeal.Complaint:
		return "Доводы жалобы проверены. Приняты меры, о результатах сообщено руководителю подразделения."
	case appeal.Feedback:
		return "Благодарим за отзыв! Мы учтём его в работе."
	}
	return "Обращение рассмотрено."
}

func reply(d *desk, j *job) []report {
	return d.say(j, "Спасибо, ваше сообщение получено и приобщено к обращению.")
}

func acknowledge(d *desk, j *job) []report {
	return d.say(j, "Обращение отозвано по вашей просьбе, рассмотрение прекращено.")
}

func clarify(_ *desk, j *job) []report {
	answer := "Средний заработок посчитан за два года до наступления случая, по сведениям, которые передал работодатель."
	if j.Facts["doctor"] != "" {
		answer = "Сведения в листке проверены врачебной комиссией и соответствуют записям в медицинской карте."
	}
	return []report{{fund.TypeClarificationAnswered, j.Subject, map[string]any{"clarification": j.Subject, "answer": answer}}}
}

func (d *desk) say(j *job, text string) []report {
	return []report{{fund.TypeAppealCommented, j.Subject, map[string]any{
		"appeal": j.Subject, "text": text, "author": d.specialist(j.Subject),
	}}}
}

// specialist is who deals with an appeal. All are invented.
func (d *desk) specialist(subject string) string {
	paper := d.dossier(subject)
	if paper.Specialist == "" {
		staff := []string{"Гущин А. Л.", "Журавлёва Н. В.", "Мельникова О. Ю.", "Карпенко Д. С.", "Ответова М. И."}
		paper.Specialist = staff[chance(subject+" specialist", len(staff))]
	}
	return paper.Specialist
}

// chance draws one of n by a text, the same each time.
func chance(text string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // a hash never fails
	return int(h.Sum32()>>8) % n
}
