package notice

import "kabinet/internal/locale"

// System is a system behind the cabinet.
type System string

// The systems.
const (
	ESIA      System = "ESIA"      // logins and personal data
	Fund      System = "FUND"      // sick leaves, benefits, appeals
	Payments  System = "PAYMENTS"  // card payments
	Documents System = "DOCUMENTS" // the checks of documents and signatures
	SMS       System = "SMS"
	Email     System = "EMAIL"
)

// Systems lists all systems.
func Systems() []System { return []System{ESIA, Fund, Payments, Documents, SMS, Email} }

// Known tells whether s is one of the systems.
func (s System) Known() bool { return !s.Text().IsZero() }

// Text names the system to people.
func (s System) Text() locale.Text {
	switch s {
	case ESIA:
		return locale.Text{Ru: "Госуслуги (ЕСИА)", En: "State services (ESIA)"}
	case Fund:
		return locale.Text{Ru: "Информационная система фонда", En: "The fund's information system"}
	case Payments:
		return locale.Text{Ru: "Приём платежей", En: "Payments"}
	case Documents:
		return locale.Text{Ru: "Проверка документов и подписей", En: "Checks of documents and signatures"}
	case SMS:
		return locale.Text{Ru: "Сообщения SMS", En: "SMS messages"}
	case Email:
		return locale.Text{Ru: "Электронная почта", En: "E-mail"}
	}
	return locale.Text{}
}

// State is how a system does. Any state can follow any other: systems fail and come back as they like.
type State string

// The states.
const (
	Operational State = "OPERATIONAL"
	Degraded    State = "DEGRADED"
	Unavailable State = "UNAVAILABLE"
)

// States lists all states.
func States() []State { return []State{Operational, Degraded, Unavailable} }

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to people.
func (s State) Text() locale.Text {
	switch s {
	case Operational:
		return locale.Text{Ru: "Работает.", En: "Works."}
	case Degraded:
		return locale.Text{Ru: "Работает с перебоями.", En: "Works with interruptions."}
	case Unavailable:
		return locale.Text{Ru: "Не работает.", En: "Does not work."}
	}
	return locale.Text{}
}

// Importance is how much an announcement matters.
type Importance string

// The degrees of importance.
const (
	Information Importance = "INFORMATION"
	Important   Importance = "IMPORTANT"
	Urgent      Importance = "URGENT"
)

// Importances lists all degrees, the least first.
func Importances() []Importance { return []Importance{Information, Important, Urgent} }
