package appeal

import "kabinet/internal/locale"

// State is the state of an appeal.
type State string

// The states.
const (
	Draft           State = "DRAFT"
	Submitted       State = "SUBMITTED"
	Registered      State = "REGISTERED"
	UnderReview     State = "UNDER_REVIEW"
	NeedsCorrection State = "NEEDS_CORRECTION"
	Done            State = "DONE"
	Refused         State = "REFUSED"
	Withdrawn       State = "WITHDRAWN"
)

// States lists all states.
func States() []State {
	return []State{Draft, Submitted, Registered, UnderReview, NeedsCorrection, Done, Refused, Withdrawn}
}

// Actor is whose act a change of state is.
type Actor string

// The actors.
const (
	Citizen Actor = "CITIZEN"
	Fund    Actor = "FUND"
)

// Actors lists all actors.
func Actors() []Actor { return []Actor{Citizen, Fund} }

// CanBecome tells whether an actor may bring an appeal from state s to state next. The citizen submits, corrects and
// withdraws what is not decided; the fund registers, reviews, asks for corrections and decides. Done, refused and
// withdrawn are final: a decision is contested with a new appeal.
func (s State) CanBecome(next State, by Actor) bool {
	if by == Citizen {
		switch s {
		case Draft:
			return next == Submitted
		case NeedsCorrection:
			return next == Submitted || next == Withdrawn
		case Submitted, Registered, UnderReview:
			return next == Withdrawn
		case Done, Refused, Withdrawn:
			return false
		}
		return false
	}
	switch s {
	case Submitted:
		return next == Registered || next == UnderReview || next == Refused
	case Registered:
		return next == UnderReview || next == NeedsCorrection || next == Done || next == Refused
	case UnderReview:
		return next == NeedsCorrection || next == Done || next == Refused
	case NeedsCorrection:
		return next == UnderReview || next == Refused
	case Draft, Done, Refused, Withdrawn:
		return false
	}
	return false
}

// IsEditable tells whether the citizen may change what an appeal in this state says: they write it, or correct it.
func (s State) IsEditable() bool { return s.CanBecome(Submitted, Citizen) }

// IsOpen tells whether the fund works on an appeal in this state: it was submitted and is not decided.
func (s State) IsOpen() bool { return s != Draft && s.CanBecome(Withdrawn, Citizen) }

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Draft:
		return locale.Text{Ru: "Черновик: обращение ещё не отправлено.", En: "Draft: not submitted yet."}
	case Submitted:
		return locale.Text{Ru: "Отправлено: ждёт регистрации в фонде.", En: "Submitted: awaiting registration at the fund."}
	case Registered:
		return locale.Text{Ru: "Зарегистрировано в фонде.", En: "Registered at the fund."}
	case UnderReview:
		return locale.Text{Ru: "На рассмотрении у специалиста.", En: "Under review by a specialist."}
	case NeedsCorrection:
		return locale.Text{Ru: "Требует исправления: посмотрите замечания и отправьте снова.", En: "Needs correction: see the remarks and submit again."}
	case Done:
		return locale.Text{Ru: "Исполнено: ответ готов.", En: "Done: the answer is there."}
	case Refused:
		return locale.Text{Ru: "Отказано: причина указана в ответе.", En: "Refused: the answer names the reason."}
	case Withdrawn:
		return locale.Text{Ru: "Отозвано вами.", En: "Withdrawn by you."}
	}
	return locale.Text{}
}
