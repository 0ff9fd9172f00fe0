package seed

import "kabinet/internal/document"

func ivanovaDocuments() []documentSpec {
	return append(ivanovaPapers(), ivanovaForms()...)
}

func ivanovaPapers() []documentSpec {
	return []documentSpec{
		{key: "passport", title: "Паспорт, разворот с фотографией", kind: document.Identity, versions: []versionSpec{{
			added: 190, name: "паспорт", format: formatJPEG, state: document.Approved, after: 2,
			lines: []string{"Паспорт гражданина", "Образец для показа, не документ"},
		}}},
		{key: "birth", title: "Свидетельство о рождении ребёнка", kind: document.Other, versions: []versionSpec{
			{
				added: 180, name: "свидетельство", format: formatJPEG, state: document.Rejected, after: 1,
				verdict: "Снимок смазан: номер свидетельства не читается. Сфотографируйте документ ещё раз при хорошем свете.",
				lines:   []string{"Св-во № ? ? ? ? ? ?", "Образец для показа, не документ"},
			},
			{
				added: 178, name: "свидетельство-2", format: formatJPEG, state: document.Approved, after: 2,
				lines: []string{"Свидетельство № 000 118", "Образец для показа, не документ"},
			},
		}},
		{key: "mri", title: "Заключение МРТ голеностопного сустава", kind: document.Medical, versions: []versionSpec{{
			added: 140, name: "мрт", format: formatPDF, state: document.Approved, after: 3,
			lines: []string{
				"Исследование: магнитно-резонансная томография.",
				"Заключение: перелом наружной лодыжки, стадия срастания.",
				"Рекомендовано: консультация травматолога, лечебная физкультура.",
			},
		}}},
		{key: "income", title: "Справка о доходах за два года", kind: document.Certificate, versions: []versionSpec{
			{
				added: 60, name: "справка-о-доходах", format: formatXML, state: document.Rejected, after: 2,
				verdict: "Справка только за один год, а расчёт ведётся за два. Запросите у работодателя справку за оба года.",
				lines:   []string{"АО «Примерский приборостроительный завод»", "Доход за год: 655 820,25"},
			},
			{
				added: 56, name: "справка-о-доходах-за-два-года", format: formatXML, state: document.Approved, after: 1,
				lines: []string{
					"АО «Примерский приборостроительный завод»", "Доход за первый год: 628 540,25", "Доход за второй год: 655 820,25",
				},
			},
		}},
		{key: "account", title: "Реквизиты банковского счёта", kind: document.Other, versions: []versionSpec{{
			added: 45, name: "реквизиты", format: formatPDF, state: document.Approved, after: 1,
			lines: []string{"Банк: «Примерский городской банк»", "Счёт получателя: 00000 000 0 0000 0000118"},
		}}},
		{key: "second job", title: "Справка со второго места работы", kind: document.Certificate, versions: []versionSpec{{
			added: 8, name: "второе-место-работы", format: formatXML, state: document.Approved, after: 1,
			lines: []string{"ИП Лебедева Анна Кирилловна", "Работает по совместительству", "Доход за два года: 328 500,00"},
		}}},
		{key: "discharge", title: "Выписной эпикриз", kind: document.Medical, versions: []versionSpec{{
			added: 6, name: "эпикриз", format: formatPDF, state: document.Processing,
			lines: []string{
				"Находилась на обследовании четыре дня.", "Состояние при выписке удовлетворительное.",
				"Рекомендовано наблюдение терапевта по месту жительства.",
			},
		}}},
	}
}

func ivanovaForms() []documentSpec {
	return []documentSpec{
		{key: "new account", title: "Заявление о перечислении пособия на новый счёт", kind: document.Application, versions: []versionSpec{
			{
				added: 44, name: "заявление-о-счёте", format: formatDOCX, state: document.Rejected, after: 1,
				verdict: "В номере счёта девятнадцать цифр вместо двадцати. Проверьте номер по выписке банка.",
				lines:   []string{"Прошу перечислять пособия на счёт 00000 000 0 0000 000118."},
			},
			{
				added: 42, name: "заявление-о-счёте-2", format: formatDOCX, state: document.Rejected, after: 1,
				verdict: "Не указан банк получателя. Добавьте наименование банка.",
				lines:   []string{"Прошу перечислять пособия на счёт 00000 000 0 0000 0000118."},
			},
			{
				added: 40, name: "заявление-о-счёте-3", format: formatDOCX, state: document.Approved, after: 1,
				lines: []string{
					"Прошу перечислять пособия на счёт 00000 000 0 0000 0000118", "в банке «Примерский городской банк».",
				},
			},
		}},
		{key: "power", title: "Доверенность на представителя", kind: document.PowerOfAttorney, versions: []versionSpec{{
			added: 20, name: "доверенность", format: formatPDF, state: document.Rejected, after: 3,
			verdict: "Срок доверенности истёк. Оформите новую доверенность и загрузите её как новую версию.",
			lines:   []string{"Доверяю представлять мои интересы в фонде.", "Доверенность выдана сроком на один год."},
		}}},
		{key: "years", title: "Заявление о замене годов расчётного периода", kind: document.Application, versions: []versionSpec{
			{
				added: 6, name: "замена-годов", format: formatDOCX, state: document.Rejected, after: 3,
				verdict: "Не указано, какими годами заменить годы отпуска по беременности и родам.",
				lines:   []string{"Прошу заменить годы расчётного периода."},
			},
			{
				added: 2, name: "замена-годов-2", format: formatDOCX, state: document.Processing,
				lines: []string{"Прошу заменить год отпуска по беременности и родам", "предшествующим ему годом."},
			},
		}},
	}
}
