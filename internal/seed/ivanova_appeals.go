package seed

import "kabinet/internal/appeal"

func ivanovaAppeals() []appealSpec {
	return append(ivanovaFinishedAppeals(), ivanovaOpenAppeals()...)
}

func ivanovaFinishedAppeals() []appealSpec {
	return []appealSpec{
		{
			kind: appeal.Application, subject: "Перечислять пособия на новый счёт", specialist: "Журавлёва Н. В.",
			body: "Прошу с этого месяца перечислять все пособия на новый счёт. Реквизиты указаны в приложенном заявлении.",
			steps: []stepSpec{
				drafted(moment{39, 10}), submitted(moment{39, 11}), registered(moment{38, 10}), underReview(moment{37, 9}),
				decided(appeal.Done, moment{35, 15}, "Реквизиты изменены."),
			},
			messages: []messageSpec{
				fromFund(moment{35, 16}, "Мария Сергеевна, новый счёт внесён в вашу карточку. Ближайшая выплата придёт уже на него."),
				fromCitizen(moment{35, 20}, "Спасибо, что так быстро!"),
			},
			attached: []attachedSpec{{document: "new account", version: 3}, {document: "account", version: 1}},
		},
		{
			kind: appeal.Inquiry, subject: "Почему больничный рассчитан из 80 % заработка", specialist: "Гущин А. Л.",
			body: "За больничный с переломом мне начислили 80 % среднего заработка. Мой стаж скоро составит восемь лет. " +
				"Объясните, пожалуйста, на какую дату считается стаж.",
			steps: []stepSpec{
				drafted(moment{31, 20}), submitted(moment{31, 21}), registered(moment{30, 9}), underReview(moment{29, 10}),
				decided(appeal.Done, moment{28, 16}, "Ответ дан в сообщении."),
			},
			messages: []messageSpec{
				fromFund(moment{28, 17}, "Здравствуйте! Страховой стаж считается на день открытия больничного. В тот день он был "+
					"меньше восьми лет, поэтому применены 80 %. По больничным, открытым после того, как стаж достиг восьми лет, "+
					"пособие считается из 100 % заработка."),
			},
		},
		{
			kind: appeal.CertificateRequest, subject: "Справка о выплаченных пособиях за год", specialist: "Журавлёва Н. В.",
			body: "Прошу выдать справку о размере всех пособий, выплаченных за последние двенадцать месяцев. Нужна для банка.",
			steps: []stepSpec{
				drafted(moment{26, 12}), submitted(moment{26, 13}), registered(moment{25, 9}), underReview(moment{25, 11}),
				decided(appeal.Done, moment{23, 14}, "Справка подготовлена."),
			},
			messages: []messageSpec{
				fromFund(moment{23, 15}, "Справка готова и отправлена на вашу электронную почту. Для банка её можно распечатать."),
			},
		},
		{
			kind: appeal.Complaint, subject: "Работодатель поздно передал сведения по больничному", specialist: "Карпенко Д. С.",
			body: "Завод передал сведения по моему больничному только через три дня после запроса. Прошу принять меры.",
			steps: []stepSpec{
				drafted(moment{23, 18}), submitted(moment{23, 19}), registered(moment{22, 10}), underReview(moment{21, 9}),
				decided(appeal.Refused, moment{19, 12},
					"Срок не нарушен: работодатель отвечает на запрос фонда в течение трёх рабочих дней."),
			},
			messages: []messageSpec{
				fromFund(moment{19, 13}, "Мария Сергеевна, запрос ушёл работодателю в день закрытия больничного, ответ получен на "+
					"третий рабочий день. Это укладывается в установленный срок, оснований для мер нет."),
			},
		},
		{
			kind: appeal.Feedback, subject: "Удобно, но не хватает подсказки о стаже", specialist: "Мельникова О. Ю.",
			body: "В кабинете всё понятно, но хорошо бы рядом с суммой показывать, какой стаж учтён и какой процент применён.",
			steps: []stepSpec{
				drafted(moment{19, 20}), submitted(moment{19, 21}), registered(moment{18, 11}), underReview(moment{18, 12}),
				decided(appeal.Done, moment{16, 10}, "Предложение передано разработчикам."),
			},
			messages: []messageSpec{
				fromFund(moment{16, 11}, "Благодарим за предложение! Мы передали его тем, кто развивает кабинет."),
			},
		},
		{
			kind: appeal.Complaint, subject: "Не пришла выплата за ребёнка",
			body: "Обычно ежемесячное пособие приходит к этому дню, а сегодня его ещё нет. Прошу разобраться.",
			steps: []stepSpec{
				drafted(moment{16, 8}), submitted(moment{16, 9}), registered(moment{15, 10}),
				{appeal.Withdrawn, appeal.Citizen, moment{15, 18}, "Деньги пришли вечером, вопрос снят."},
			},
		},
	}
}

func ivanovaOpenAppeals() []appealSpec {
	return []appealSpec{
		{
			key: "second job", kind: appeal.Application, subject: "Оплатить больничный по второму месту работы", specialist: "Карпенко Д. С.",
			body: "Прошу назначить пособие и по второму месту работы: я работаю по совместительству у ИП Лебедевой А. К.",
			steps: []stepSpec{
				drafted(moment{6, 19}), submitted(moment{6, 20}), registered(moment{5, 11}), underReview(moment{4, 9}),
				decided(appeal.NeedsCorrection, moment{2, 14},
					"В справке нет даты начала работы. Попросите работодателя указать её и приложите новую версию справки."),
			},
			messages: []messageSpec{
				fromFund(moment{2, 15}, "Мария Сергеевна, всё остальное в порядке: не хватает только даты, с которой вы работаете "+
					"у второго работодателя. Заново заполнять заявление не нужно."),
				fromCitizen(moment{1, 12}, "Поняла, запросила исправленную справку."),
			},
			attached: []attachedSpec{{document: "second job", version: 1}},
		},
		{
			key: "years", kind: appeal.Application, subject: "Заменить годы расчётного периода", specialist: "Гущин А. Л.",
			body: "В одном из двух расчётных лет я была в отпуске по беременности и родам. Прошу заменить этот год предшествующим.",
			steps: []stepSpec{
				drafted(moment{5, 19}), submitted(moment{5, 20}), registered(moment{4, 10}), underReview(moment{4, 12}),
				decided(appeal.NeedsCorrection, moment{3, 12}, "Укажите в заявлении, каким годом заменить год отпуска."),
				submitted(moment{2, 21}),
				{appeal.UnderReview, appeal.Fund, moment{1, 11}, "Исправленное заявление принято в работу."},
			},
			messages: []messageSpec{
				fromFund(moment{3, 13}, "Здравствуйте! В заявлении нужно назвать год, который вы просите учесть вместо года отпуска."),
				fromCitizen(moment{2, 22}, "Добавила новую версию заявления, год указан."),
			},
			attached: []attachedSpec{
				{document: "years", version: 1},
				{document: "years", version: 2, when: moment{2, 20}},
				{document: "income", version: 2, when: moment{2, 20}},
			},
		},
		{
			kind: appeal.Complaint, subject: "Из-за ошибки работодателя задерживается пособие", specialist: "Карпенко Д. С.",
			body: "По больничному на время карантина направлено извещение: у завода не сошёлся заработок. Прошу поторопить " +
				"работодателя, исправить это я сама не могу.",
			steps: []stepSpec{
				drafted(moment{4, 8}), submitted(moment{4, 9}), registered(moment{3, 10}), underReview(moment{2, 10}),
			},
			messages: []messageSpec{
				fromCitizen(moment{2, 19}, "Подскажите, пожалуйста, связались ли вы уже с бухгалтерией завода?"),
				fromFund(moment{1, 12}, "Да, бухгалтерия подтвердила ошибку и готовит исправленные сведения."),
			},
		},
		{
			kind: appeal.CertificateRequest, subject: "Справка о неполучении пособия на погребение", specialist: "Журавлёва Н. В.",
			body: "Прошу выдать справку о том, что пособие на погребение мне по другому месту не выплачивалось.",
			steps: []stepSpec{
				drafted(moment{3, 9}), submitted(moment{3, 10}), registered(moment{2, 9}), underReview(moment{1, 10}),
			},
			attached: []attachedSpec{{document: "passport", version: 1}},
		},
		{
			kind: appeal.Inquiry, subject: "Как оплачивается уход за ребёнком при отите",
			body: "Младшему ребёнку меньше года. За сколько дней ухода в этом году мне ещё могут заплатить?",
			steps: []stepSpec{
				drafted(moment{2, 18}), submitted(moment{2, 19}), registered(moment{1, 9}),
			},
		},
		{
			kind: appeal.CertificateRequest, subject: "Справка о периодах нетрудоспособности",
			body:  "Прошу выдать справку обо всех периодах нетрудоспособности за год для предъявления по месту учёбы.",
			steps: []stepSpec{drafted(moment{1, 18}), submitted(moment{1, 19})},
		},
		{
			kind: appeal.Application, subject: "Назначить пособие на погребение",
			body:     "Прошу назначить социальное пособие на погребение. Справку о смерти приложу, как только получу оригинал.",
			steps:    []stepSpec{drafted(moment{3, 21})},
			attached: []attachedSpec{{document: "account", version: 1}},
		},
		{
			kind: appeal.Feedback, subject: "Предложение по мобильному приложению", // the text is still to be written
			steps: []stepSpec{drafted(moment{1, 21})},
		},
	}
}
