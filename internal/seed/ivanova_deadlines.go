package seed

import (
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/deadline"
	"kabinet/internal/ref"
)

func ivanovaDeadlines() []deadlineSpec {
	return []deadlineSpec{
		{
			title: "Приложить исправленную справку со второго места работы", about: about{ref.Appeal, "second job"},
			state: deadline.Open, set: moment{2, 16}, due: 3,
		},
		{
			title: "Представить справку о смерти для назначения пособия на погребение",
			about: about{ref.Benefit, string(benefit.Funeral)}, state: deadline.Open, set: moment{1, 15}, due: 15,
		},
		{ // it is late
			title: "Получить в отделении фонда новую справку об инвалидности", about: about{ref.SickLeave, "hearing"},
			state: deadline.Open, set: moment{12, 11}, due: -1,
		},
		{
			title: "Указать год, которым заменить год отпуска по беременности и родам", about: about{ref.Appeal, "years"},
			state: deadline.Done, set: moment{3, 14}, due: 4, settled: moment{1, 12}, comment: "Исправленное заявление получено.",
		},
		{
			title: "Представить справку о доходах за два года", about: about{ref.Benefit, "second quarantine"},
			state: deadline.Cancelled, set: moment{4, 12}, due: 6, settled: moment{3, 16},
			comment: "Сведения исправляет работодатель, справка не нужна.",
		},
		{
			title: "Подтвердить, что ребёнок проживает с вами", about: about{ref.Benefit, string(benefit.ChildCare)},
			state: deadline.Done, set: moment{60, 10}, due: -40, settled: moment{52, 13}, comment: "Сведения подтверждены.",
		},
	}
}

func ivanovaClarifications() []clarificationSpec {
	return []clarificationSpec{
		{
			leave: "flu", addressee: clarification.Doctor, asked: moment{1, 11},
			question: "Можно ли продлить больничный без приёма, если через пять дней температура не спадёт?",
			answered: moment{1, 16},
			answer: "Да. Позвоните в поликлинику накануне последнего дня: врач осмотрит вас дома и продлит лист. " +
				"Ничего приносить не нужно.",
		},
		{
			leave: "flu", addressee: clarification.Employer, asked: moment{1, 19},
			question: "Передадите ли вы сведения о заработке сразу после закрытия больничного?",
		},
	}
}
