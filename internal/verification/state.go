package verification

import "kabinet/internal/locale"

// State is the state of a request.
type State string

// The states.
const (
	Submitted State = "SUBMITTED"
	Confirmed State = "CONFIRMED"
	Rejected  State = "REJECTED"
)

// States lists all states.
func States() []State { return []State{Submitted, Confirmed, Rejected} }

// CanBecome tells whether the fund may report that a request in state s is now in state next. A verdict is given once;
// after a rejection a new request is made.
func (s State) CanBecome(next State) bool {
	switch s {
	case Submitted:
		return next == Confirmed || next == Rejected
	case Confirmed, Rejected:
		return false
	}
	return false
}

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Submitted:
		return locale.Text{Ru: "Отправлено: фонд проверяет документы.", En: "Submitted: the fund examines the documents."}
	case Confirmed:
		return locale.Text{Ru: "Личность подтверждена. Войдите снова, чтобы получить полный доступ.", En: "The identity is confirmed. Sign in again to get full access."}
	case Rejected:
		return locale.Text{Ru: "Не подтверждено: исправьте указанное и отправьте новый запрос.", En: "Not confirmed: mend what is named and make a new request."}
	}
	return locale.Text{}
}
