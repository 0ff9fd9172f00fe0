package seed

import (
	"kabinet/internal/appeal"
	"kabinet/internal/benefit"
	"kabinet/internal/document"
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
				kind: appeal.CertificateRequest, subject: "Справка о размере пособия", specialist: "Журавлёва Н. В.",
				body: "Прошу выдать справку о размере пособия по последнему оплаченному больничному.",
				steps: []stepSpec{
					drafted(moment{3, 11}), submitted(moment{3, 12}), registered(moment{2, 10}), underReview(moment{1, 14}),
				},
				attached: []attachedSpec{{document: "passport", version: 1}},
			},
		},
	}
}

// sidorov, whose account is not confirmed, has one certificate.
func sidorov() biography {
	return biography{leaves: []leafSpec{{
		key: "cold", start: 3, periods: []int{6}, state: sickleave.Opened,
		reason: sickleave.Illness, diagnosis: "J06.9", clinic: polyclinic(),
	}}}
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
				kind: appeal.Application, subject: "Дать представителю доступ к сведениям организации", specialist: "Карпенко Д. С.",
				body: "Прошу предоставить Волкову И. Н. право подавать сведения от имени организации. Доверенность приложена.",
				steps: []stepSpec{
					drafted(moment{4, 10}), submitted(moment{4, 11}), registered(moment{3, 9}), underReview(moment{2, 9}),
				},
				attached: []attachedSpec{{document: "power", version: 1}, {document: "extract", version: 1}},
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
	}
}

// agent has adopted a child and asks for others.
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
			kind: appeal.Inquiry, subject: "Какие полномочия нужны представителю", specialist: "Гущин А. Л.",
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
	}
}

// child has a paper that a parent has put there.
func child() biography {
	return biography{documents: []documentSpec{
		{key: "birth", title: "Свидетельство о рождении", kind: document.Identity, versions: []versionSpec{{
			added: 7, name: "свидетельство", format: formatJPEG, state: document.Processing,
			lines: []string{"Образец для показа, не документ"},
		}}},
	}}
}
