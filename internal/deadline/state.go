package deadline

import "kabinet/internal/locale"

// State is the state of a deadline.
type State string

// The states.
const (
	Open      State = "OPEN"
	Done      State = "DONE"
	Cancelled State = "CANCELLED"
)

// States lists all states.
func States() []State { return []State{Open, Done, Cancelled} }

// CanBecome tells whether the fund may report that a deadline in state s is now in state next. An open one is met or
// cancelled; one that was thought met or cancelled is opened again, and only from there goes another way.
func (s State) CanBecome(next State) bool {
	switch s {
	case Open:
		return next == Done || next == Cancelled
	case Done, Cancelled:
		return next == Open
	}
	return false
}

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Open:
		return locale.Text{Ru: "Нужно сделать в срок.", En: "To be done in time."}
	case Done:
		return locale.Text{Ru: "Сделано.", En: "Done."}
	case Cancelled:
		return locale.Text{Ru: "Больше не требуется.", En: "Not needed any more."}
	}
	return locale.Text{}
}
