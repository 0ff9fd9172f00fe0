package benefit

import (
	"slices"

	"kabinet/internal/locale"
)

// State is the state of a benefit in the fund's processing.
type State string

// The states.
const (
	Loaded                    State = "LOADED"
	ReadyForCalculation       State = "READY_FOR_CALCULATION"
	CalculationBeingConfirmed State = "CALCULATION_BEING_CONFIRMED"
	Calculated                State = "CALCULATED"
	SentForPayment            State = "SENT_FOR_PAYMENT"
	Paid                      State = "PAID"
	Closed                    State = "CLOSED"
	NoticeIssued              State = "NOTICE_ISSUED"
	Duplicate                 State = "DUPLICATE"
)

// processing is the order of the states in which nothing goes wrong.
func processing() []State {
	return []State{Loaded, ReadyForCalculation, CalculationBeingConfirmed, Calculated, SentForPayment, Paid, Closed}
}

// States lists all states.
func States() []State { return append(processing(), NoticeIssued, Duplicate) }

// CanBecome tells whether the fund may report that a benefit in state s is now in state next. Processing goes forward
// and may skip steps; a notice or the discovery of a duplicate can come at any time before the payment is sent; after
// a notice processing begins again; a paid benefit that runs on (child care) is calculated again; closed and duplicate are
// final.
func (s State) CanBecome(next State) bool {
	order := processing()
	from, to := slices.Index(order, s), slices.Index(order, next)
	switch {
	case s == NoticeIssued:
		return next == Loaded || next == ReadyForCalculation || next == Closed || next == Duplicate
	case from < 0 || s == Closed:
		return false
	case next == NoticeIssued || next == Duplicate:
		return s != SentForPayment && s != Paid
	case s == Paid:
		return next == Closed || next == ReadyForCalculation
	}
	return to > from
}

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Loaded:
		return locale.Text{Ru: "Загружено: сведения поступили в фонд.", En: "Loaded: the fund has received the data."}
	case ReadyForCalculation:
		return locale.Text{Ru: "Готово к расчёту: все сведения есть.", En: "Ready for calculation: all data is there."}
	case CalculationBeingConfirmed:
		return locale.Text{Ru: "Расчёт подтверждается.", En: "The calculation is being confirmed."}
	case Calculated:
		return locale.Text{Ru: "Рассчитано: сумма определена.", En: "Calculated: the amount is set."}
	case SentForPayment:
		return locale.Text{Ru: "Направлено на выплату.", En: "Sent for payment."}
	case Paid:
		return locale.Text{Ru: "Выплачено.", En: "Paid."}
	case Closed:
		return locale.Text{Ru: "Закрыто.", En: "Closed."}
	case NoticeIssued:
		return locale.Text{Ru: "Направлено извещение: сведения нужно исправить.", En: "A notice was issued: something must be corrected."}
	case Duplicate:
		return locale.Text{Ru: "Дубль другого пособия.", En: "A duplicate of another benefit."}
	}
	return locale.Text{}
}
