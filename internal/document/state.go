package document

import "kabinet/internal/locale"

// State is the state of a document in the fund's processing.
type State string

// The states.
const (
	Processing State = "PROCESSING"
	Approved   State = "APPROVED"
	Rejected   State = "REJECTED"
)

// States lists all states.
func States() []State { return []State{Processing, Approved, Rejected} }

// CanBecome tells whether the fund may report that a document in state s is now in state next: a verdict is given
// once on what is processed; a new version is processed anew.
func (s State) CanBecome(next State) bool {
	switch s {
	case Processing:
		return next == Approved || next == Rejected
	case Approved, Rejected:
		return next == Processing
	}
	return false
}

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Processing:
		return locale.Text{Ru: "В обработке.", En: "Being processed."}
	case Approved:
		return locale.Text{Ru: "Одобрен.", En: "Approved."}
	case Rejected:
		return locale.Text{Ru: "Отклонён: причина указана в заключении.", En: "Rejected: the verdict names the reason."}
	}
	return locale.Text{}
}
