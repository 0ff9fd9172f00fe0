package audit

import (
	"slices"

	"kabinet/ent/auditentry"
	"kabinet/ent/predicate"
	"kabinet/internal/locale"
)

// Action is what was done, under the name that the API has for it. A row keeps the name of the place where it was done
// (Entry.Action), which does not change when the API's names do.
type Action string

// Unlisted is an action that this version of the program does not know.
const Unlisted Action = "OTHER"

// known is an action: its name in a row, its name in the API, and what a person reads.
type known struct {
	name   string
	action Action
	title  locale.Text
}

// actions are all that are journalled. A new one is added here and to the API's enumeration.
func actions() []known {
	return []known{
		{"session.begin", "SESSION_BEGIN", locale.Text{Ru: "Вход в кабинет", En: "Sign-in"}},
		{"session.end", "SESSION_END", locale.Text{Ru: "Завершение сеанса", En: "End of a session"}},
		{"confirmation.send", "CONFIRMATION_SEND", locale.Text{Ru: "Отправка кода подтверждения", En: "A confirmation code was sent"}},
		{"confirmation.accept", "CONFIRMATION_ACCEPT", locale.Text{Ru: "Подтверждение кодом", En: "Confirmation by a code"}},
		{"secret.enter", "SECRET_ENTER", locale.Text{Ru: "Ввод кода доступа", En: "An access code was entered"}},
		{"secret.lock", "SECRET_LOCK", locale.Text{Ru: "Временная блокировка ввода кода", En: "Codes were locked for a while"}},
		{"consent.accept", "CONSENT_ACCEPT", locale.Text{Ru: "Принятие условий", En: "Terms were accepted"}},
		{"record.link", "RECORD_LINK", locale.Text{Ru: "Связь с записью фонда", En: "Link to the fund's record"}},
		{"record.unlink", "RECORD_UNLINK", locale.Text{Ru: "Фонд отозвал связь с записью", En: "The fund took back the link to its record"}},
		{"setup.complete", "SET_UP_COMPLETE", locale.Text{Ru: "Шаг настройки кабинета", En: "A step of setting up"}},
		{"contact.set", "CONTACT_SET", locale.Text{Ru: "Изменение контакта", En: "A contact was changed"}},
		{"inn.set", "INN_SET", locale.Text{Ru: "Указан ИНН", En: "The taxpayer number was entered"}},
		{"network.approve", "NETWORK_APPROVE", locale.Text{Ru: "Разрешена сеть", En: "A network was approved"}},
		{"network.remove", "NETWORK_REMOVE", locale.Text{Ru: "Сеть исключена", En: "A network was removed"}},
		{"verification.request", "VERIFICATION_REQUEST", locale.Text{Ru: "Запрос подтверждения личности", En: "Confirmation of identity was requested"}},
		{"verification.decide", "VERIFICATION_DECIDE", locale.Text{Ru: "Решение фонда о подтверждении личности", En: "The fund decided on the confirmation of identity"}},
		{"appeal.draft.save", "APPEAL_DRAFT_SAVE", locale.Text{Ru: "Сохранён черновик обращения", En: "The draft of an appeal was saved"}},
		{"appeal.submit", "APPEAL_SUBMIT", locale.Text{Ru: "Обращение отправлено", En: "An appeal was submitted"}},
		{"appeal.withdraw", "APPEAL_WITHDRAW", locale.Text{Ru: "Обращение отозвано", En: "An appeal was taken back"}},
		{"appeal.comment", "APPEAL_COMMENT", locale.Text{Ru: "Сообщение в обращении", En: "A message within an appeal"}},
		{"clarification.ask", "CLARIFICATION_ASK", locale.Text{Ru: "Вопрос по больничному листу", En: "A question about a sick leave"}},
		{"access.deny", "ACCESS_DENY", locale.Text{Ru: "Отказ в доступе", En: "Access was denied"}},
	}
}

// Title is the action in words.
func (a Action) Title() locale.Text {
	all := actions()
	if i := slices.IndexFunc(all, func(k known) bool { return k.action == a }); i >= 0 {
		return all[i].title
	}
	return locale.Text{Ru: "Иное действие", En: "Another action"}
}

// Actions are the names of all actions, Unlisted last.
func Actions() []Action {
	var names []Action
	for _, k := range actions() {
		names = append(names, k.action)
	}
	return append(names, Unlisted)
}

func actionNamed(name string) Action {
	all := actions()
	if i := slices.IndexFunc(all, func(k known) bool { return k.name == name }); i >= 0 {
		return all[i].action
	}
	return Unlisted
}

// chosenActions keeps the rows of these actions.
func chosenActions(chosen []Action) predicate.AuditEntry {
	var names, listed []string
	for _, k := range actions() {
		listed = append(listed, k.name)
		if slices.Contains(chosen, k.action) {
			names = append(names, k.name)
		}
	}
	if slices.Contains(chosen, Unlisted) {
		return auditentry.Or(auditentry.ActionIn(names...), auditentry.ActionNotIn(listed...))
	}
	return auditentry.ActionIn(names...)
}
