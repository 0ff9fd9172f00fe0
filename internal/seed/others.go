package seed

import (
	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/clarification"
	"kabinet/internal/deadline"
	"kabinet/internal/document"
	"kabinet/internal/ref"
	"kabinet/internal/sickleave"
)

// petrov has a little of each. His insurance record is short.
func petrov() biography {
	return biography{
		job:           job{employer: "ООО «Вымышленные дороги»", registrationNumber: "0000310558", twoYears: 963_870_00},
		insuredMonths: 41,
		leaves: []leafSpec{
			{
				key: "pneumonia", start: 96, periods: []int{7, 8, 4}, state: sickleave.BenefitPaid,
				reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J18.9", clinic: polyclinic(),
			},
			{
				key: "wrist", start: 12, periods: []int{7}, state: sickleave.Closed,
				reason: sickleave.Injury, outcome: sickleave.Fit, diagnosis: "S63.5", clinic: hospital(),
			},
		},
		benefits: []benefitSpec{{kind: benefit.TemporaryDisability, state: benefit.Paid, leave: "pneumonia"}},
		documents: []documentSpec{
			{key: "passport", title: "Паспорт, разворот с фотографией", kind: document.Identity, versions: []versionSpec{{
				added: 70, name: "паспорт", format: formatJPEG, state: document.Approved, after: 1,
				lines: []string{"Паспорт гражданина", "Образец для показа, не документ"},
			}}},
			{key: "x-ray", title: "Рентгенограмма лучезапястного сустава", kind: document.Medical, versions: []versionSpec{{
				added: 5, name: "рентген", format: formatPDF, state: document.Processing,
				lines: []string{"Костных повреждений не выявлено."},
			}}},
		},
		appeals: []appealSpec{
			{
				kind: appeal.Inquiry, subject: "Когда придёт пособие по больничному", specialist: "Гущин А. Л.",
				body: "Больничный закрыт неделю назад. Подскажите, когда ждать выплату?",
				steps: []stepSpec{
					drafted(moment{48, 13}), submitted(moment{48, 14}), registered(moment{47, 9}), underReview(moment{47, 11}),
					decided(appeal.Done, moment{45, 15}, "Ответ дан в сообщении."),
				},
				messages: []messageSpec{
					fromFund(moment{45, 16}, "Здравствуйте! Фонд платит в течение десяти рабочих дней после того, как работодатель "+
						"передал сведения. Ваша выплата уже рассчитана."),
				},
			},
			{
				key: "certificate", kind: appeal.CertificateRequest, subject: "Справка о размере пособия", specialist: "Журавлёва Н. В.",
				body: "Прошу выдать справку о размере пособия по последнему оплаченному больничному.",
				steps: []stepSpec{
					drafted(moment{3, 11}), submitted(moment{3, 12}), registered(moment{2, 10}), underReview(moment{1, 14}),
				},
				attached: []attachedSpec{{document: "passport", version: 1}},
			},
		},
		clarifications: []clarificationSpec{
			{
				leave: "wrist", addressee: clarification.Doctor, asked: moment{10, 12},
				question: "Можно ли в дни больничного ходить на физиотерапию в другую поликлинику?",
				answered: moment{9, 10}, answer: "Можно: направление действует во всех поликлиниках города. Режим при этом не нарушается.",
			},
			{
				leave: "wrist", addressee: clarification.Employer, asked: moment{3, 18},
				question: "Переданы ли в фонд сведения о моём заработке для расчёта?",
			},
		},
		deadlines: []deadlineSpec{
			{
				title: "Указать период, за который нужна справка о размере пособия", about: about{ref.Appeal, "certificate"},
				state: deadline.Open, set: moment{1, 16}, due: 4,
			},
			{
				title: "Подтвердить реквизиты счёта для выплаты пособия", about: about{ref.Benefit, "pneumonia"},
				state: deadline.Done, set: moment{46, 10}, due: -41, settled: moment{44, 12}, comment: "Реквизиты подтверждены.",
			},
			{
				title: "Представить объяснение о нарушении режима лечения", about: about{ref.SickLeave, "wrist"},
				state: deadline.Cancelled, set: moment{3, 11}, due: 7, settled: moment{2, 15}, comment: "Отметка о нарушении снята врачом.",
			},
		},
	}
}

// sidorov, whose account is not confirmed, has one certificate. Questions about it he cannot ask.
func sidorov() biography {
	return biography{
		leaves: []leafSpec{{
			key: "cold", start: 3, periods: []int{6}, state: sickleave.Opened,
			reason: sickleave.Illness, diagnosis: "J06.9", clinic: polyclinic(),
		}},
		deadlines: []deadlineSpec{
			{
				title: "Подтвердить учётную запись Госуслуг, чтобы получать пособия через кабинет", state: deadline.Open, set: moment{2, 10}, due: 5,
			},
			{
				title: "Сообщить фонду номер телефона для связи", state: deadline.Done, set: moment{30, 10}, due: -10,
				settled: moment{24, 14}, comment: "Номер указан.",
			},
			{
				title: "Прийти на приём в отделение фонда", state: deadline.Cancelled, set: moment{20, 12}, due: -6,
				settled: moment{15, 9}, comment: "Вопрос решён без приёма.",
			},
		},
	}
}

// newcomer has not been in the cabinet yet; what the fund has waits for her.
func newcomer() biography {
	return biography{
		job:           job{employer: "ООО «Вымышленные дороги»", registrationNumber: "0000310558", twoYears: 1_204_000_00},
		insuredMonths: 30,
		leaves: []leafSpec{{
			key: "flu", start: 40, periods: []int{7}, state: sickleave.BenefitPaid,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J10.1", clinic: polyclinic(),
		}},
		benefits: []benefitSpec{{kind: benefit.TemporaryDisability, state: benefit.Paid, leave: "flu"}},
	}
}

// director has a few records of his own, beside those of the organisation that he heads.
func director() biography {
	return biography{
		job:           jobAt("director", 3_212_000_00),
		insuredMonths: 316,
		leaves: []leafSpec{{
			key: "back", start: 61, periods: []int{6}, state: sickleave.BenefitPaid,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "M54.5", clinic: polyclinic(),
		}},
		benefits: []benefitSpec{{kind: benefit.TemporaryDisability, state: benefit.Closed, leave: "back"}},
		documents: []documentSpec{
			{key: "power", title: "Доверенность на ведение дел организации в фонде", kind: document.PowerOfAttorney, versions: []versionSpec{{
				added: 30, name: "доверенность", format: formatPDF, state: document.Approved, after: 2,
				lines: []string{
					"Общество с ограниченной ответственностью «Пример»", "уполномочивает Волкова Игоря Николаевича",
					"подавать сведения и получать ответы фонда.",
				},
			}}},
			{key: "extract", title: "Выписка из реестра юридических лиц", kind: document.Certificate, versions: []versionSpec{{
				added: 31, name: "выписка", format: formatXML, state: document.Approved, after: 1,
				lines: []string{"Общество с ограниченной ответственностью «Пример»", "Состояние: действующее"},
			}}},
		},
		appeals: []appealSpec{
			{
				kind: appeal.Feedback, subject: "Список сотрудников одним файлом", specialist: "Мельникова О. Ю.",
				body: "Было бы удобно выгружать список больничных сотрудников одним файлом.",
				steps: []stepSpec{
					drafted(moment{21, 9}), submitted(moment{21, 10}), registered(moment{20, 10}), underReview(moment{19, 10}),
					decided(appeal.Done, moment{17, 12}, "Предложение принято к рассмотрению."),
				},
				messages: []messageSpec{fromFund(moment{17, 13}, "Благодарим! Такая выгрузка уже запланирована.")},
			},
			{
				key: "access", kind: appeal.Application, subject: "Дать представителю доступ к сведениям организации", specialist: "Карпенко Д. С.",
				body: "Прошу предоставить Волкову И. Н. право подавать сведения от имени организации. Доверенность приложена.",
				steps: []stepSpec{
					drafted(moment{4, 10}), submitted(moment{4, 11}), registered(moment{3, 9}), underReview(moment{2, 9}),
				},
				attached: []attachedSpec{{document: "power", version: 1}, {document: "extract", version: 1}},
			},
		},
		clarifications: []clarificationSpec{
			{
				leave: "back", addressee: clarification.Employer, asked: moment{50, 10},
				question: "Какие два года взяты для расчёта среднего заработка?",
				answered: moment{48, 15}, answer: "Два календарных года перед годом болезни; справки от прежних работодателей не понадобились.",
			},
			{
				leave: "back", addressee: clarification.Doctor, asked: moment{2, 17},
				question: "Можно ли получить выписку по этому больничному для санатория?",
			},
		},
		deadlines: []deadlineSpec{
			{
				title: "Представить согласие представителя на обработку персональных данных", about: about{ref.Appeal, "access"},
				state: deadline.Open, set: moment{2, 12}, due: 5,
			},
			{
				title: "Подтвердить адрес организации по выписке из реестра", about: about{ref.Document, "extract"},
				state: deadline.Done, set: moment{30, 10}, due: -20, settled: moment{29, 16}, comment: "Адрес подтверждён.",
			},
			{
				title: "Уточнить реквизиты счёта для пособия", about: about{ref.Benefit, "back"},
				state: deadline.Cancelled, set: moment{32, 10}, due: -25, settled: moment{30, 15}, comment: "Реквизиты верны.",
			},
		},
	}
}

// employee works for the director.
func employee() biography {
	return biography{
		job:           jobAt("employee", 1_051_200_00),
		insuredMonths: 68,
		leaves: []leafSpec{{
			key: "cold", start: 16, periods: []int{5}, state: sickleave.FilledByEmployer,
			reason: sickleave.Illness, outcome: sickleave.Fit, diagnosis: "J06.9", clinic: polyclinic(),
		}},
		benefits: []benefitSpec{{kind: benefit.TemporaryDisability, state: benefit.ReadyForCalculation, leave: "cold"}},
		clarifications: []clarificationSpec{
			{
				leave: "cold", addressee: clarification.Employer, asked: moment{11, 10},
				question: "Когда вы передадите сведения по моему больничному?",
				answered: moment{10, 14}, answer: "В течение трёх рабочих дней после его закрытия, как положено.",
			},
			{
				leave: "cold", addressee: clarification.Employer, asked: moment{1, 13},
				question: "Вошла ли в средний заработок премия за прошлый год?",
			},
		},
		deadlines: []deadlineSpec{
			{
				title: "Подтвердить реквизиты счёта для выплаты пособия", about: about{ref.Benefit, "cold"},
				state: deadline.Open, set: moment{1, 12}, due: 6,
			},
			{
				title: "Сообщить адрес регистрации", state: deadline.Done, set: moment{25, 10}, due: -15,
				settled: moment{22, 11}, comment: "Адрес получен.",
			},
			{
				title: "Представить справку от прежнего работодателя", about: about{ref.SickLeave, "cold"},
				state: deadline.Cancelled, set: moment{5, 10}, due: 2, settled: moment{4, 11}, comment: "Сведения есть у фонда.",
			},
		},
	}
}

// agent has adopted a child and asks for others. He is his own employer: nobody pays contributions for him.
func agent() biography {
	return biography{
		benefits: []benefitSpec{{kind: benefit.ChildPlacement, state: benefit.Paid, event: 120, lump: 26_941_71}},
		documents: []documentSpec{
			{key: "power", title: "Доверенность от ООО «Пример»", kind: document.PowerOfAttorney, versions: []versionSpec{{
				added: 29, name: "доверенность", format: formatPDF, state: document.Approved, after: 2,
				lines: []string{"Право подавать сведения и получать ответы фонда", "от имени организации."},
			}}},
		},
		appeals: []appealSpec{{
			key: "powers", kind: appeal.Inquiry, subject: "Какие полномочия нужны представителю", specialist: "Гущин А. Л.",
			body: "Какие полномочия должны быть в доверенности, чтобы видеть больничные сотрудников организации?",
			steps: []stepSpec{
				drafted(moment{33, 10}), submitted(moment{33, 11}), registered(moment{32, 9}), underReview(moment{32, 12}),
				decided(appeal.Done, moment{30, 14}, "Ответ дан в сообщении."),
			},
			messages: []messageSpec{
				fromFund(moment{30, 15}, "Здравствуйте! Достаточно полномочия на представление интересов в фонде; выдаёт его "+
					"руководитель организации."),
			},
		}},
		deadlines: []deadlineSpec{
			{
				title: "Сообщить фонду новый адрес регистрации", state: deadline.Open, set: moment{3, 10}, due: 8,
			},
			{
				title: "Приложить доверенность от организации", about: about{ref.Appeal, "powers"},
				state: deadline.Done, set: moment{31, 10}, due: -25, settled: moment{29, 20}, comment: "Доверенность загружена.",
			},
			{
				title: "Представить решение суда об усыновлении", about: about{ref.Benefit, string(benefit.ChildPlacement)},
				state: deadline.Cancelled, set: moment{79, 10}, due: -70, settled: moment{78, 12}, comment: "Сведения получены из реестра.",
			},
		},
	}
}

// child has a paper that a parent has put there.
func child() biography {
	return biography{
		documents: []documentSpec{
			{key: "birth", title: "Свидетельство о рождении", kind: document.Identity, versions: []versionSpec{{
				added: 7, name: "свидетельство", format: formatJPEG, state: document.Processing,
				lines: []string{"Образец для показа, не документ"},
			}}},
		},
		deadlines: []deadlineSpec{
			{
				title: "Показать в отделении фонда подлинник свидетельства о рождении", about: about{ref.Document, "birth"},
				state: deadline.Open, set: moment{3, 12}, due: 7,
			},
			{
				title: "Загрузить свидетельство о рождении", state: deadline.Done, set: moment{14, 10}, due: -2,
				settled: moment{6, 10}, comment: "Документ получен.",
			},
			{
				title: "Выбрать летний лагерь по путёвке фонда", state: deadline.Cancelled, set: moment{20, 10}, due: -8,
				settled: moment{16, 12}, comment: "Путёвка передана другому получателю.",
			},
		},
	}
}
