package clarification

import "kabinet/internal/locale"

// State is the state of a clarification.
type State string

// The states.
const (
	Asked    State = "ASKED"
	Answered State = "ANSWERED"
)

// States lists all states.
func States() []State { return []State{Asked, Answered} }

// CanBecome tells whether the fund may bring a clarification from state s to state next. An answer is final: who wants
// to know more asks again.
func (s State) CanBecome(next State) bool { return s == Asked && next == Answered }

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Asked:
		return locale.Text{Ru: "Вопрос задан: ждём ответа.", En: "Asked: awaiting the answer."}
	case Answered:
		return locale.Text{Ru: "Ответ получен.", En: "Answered."}
	}
	return locale.Text{}
}
