package sickleave

import (
	"fmt"

	"kabinet/internal/locale"
)

// State is the state of a certificate.
type State string

// The states, with the codes of the classifier.
const (
	Opened                   State = "OPENED"                      // 010
	Extended                 State = "EXTENDED"                    // 020
	Closed                   State = "CLOSED"                      // 030
	SentToAssessment         State = "SENT_TO_ASSESSMENT"          // 040
	SupplementedByAssessment State = "SUPPLEMENTED_BY_ASSESSMENT"  // 050
	FilledByEmployer         State = "FILLED_BY_EMPLOYER"          // 060
	FilledByEmployerRegister State = "FILLED_BY_EMPLOYER_REGISTER" // 070
	BenefitPaid              State = "BENEFIT_PAID"                // 080
	Terminated               State = "TERMINATED"                  // 090
)

// States lists all states in the order of their codes.
func States() []State {
	return []State{
		Opened, Extended, Closed, SentToAssessment, SupplementedByAssessment,
		FilledByEmployer, FilledByEmployerRegister, BenefitPaid, Terminated,
	}
}

// CanBecome tells whether the fund may report that a certificate in state s is now in state next. There is no
// published table; this one follows the life of a certificate as the exchange format describes it: a certificate is
// extended any number of times, closed or sent to the disability assessment, filled in by the employer, paid.
// Anything unpaid may be terminated.
func (s State) CanBecome(next State) bool {
	switch s {
	case Opened, Extended:
		switch next {
		case Extended, Closed, SentToAssessment, Terminated:
			return true
		case Opened, SupplementedByAssessment, FilledByEmployer, FilledByEmployerRegister, BenefitPaid:
			return false
		}
	case SentToAssessment:
		return next == SupplementedByAssessment || next == Extended || next == Closed || next == Terminated
	case SupplementedByAssessment:
		return next == Extended || next == Closed || next == Terminated
	case Closed:
		return next == FilledByEmployer || next == FilledByEmployerRegister || next == Terminated
	case FilledByEmployer, FilledByEmployerRegister:
		// An employer may correct what it has filled in until the benefit is paid.
		return next == FilledByEmployer || next == FilledByEmployerRegister || next == BenefitPaid || next == Terminated
	case BenefitPaid, Terminated:
		return false
	}
	return false
}

// Known tells whether s is one of the states.
func (s State) Known() bool { return !s.Text().IsZero() }

// Text explains the state to its owner.
func (s State) Text() locale.Text {
	switch s {
	case Opened:
		return locale.Text{Ru: "Открыт: врач оформил освобождение от работы.", En: "Open: a doctor has released you from work."}
	case Extended:
		return locale.Text{Ru: "Продлён: врач добавил новый период лечения.", En: "Extended: the doctor has added a period of treatment."}
	case Closed:
		return locale.Text{Ru: "Закрыт: лечение окончено, сведения ждут работодателя.", En: "Closed: the treatment is over, your employer's data is awaited."}
	case SentToAssessment:
		return locale.Text{Ru: "Направление на медико-социальную экспертизу.", En: "Sent to the disability assessment."}
	case SupplementedByAssessment:
		return locale.Text{Ru: "Дополнен данными медико-социальной экспертизы.", En: "Supplemented by the disability assessment."}
	case FilledByEmployer:
		return locale.Text{Ru: "Заполнен работодателем: фонд рассчитывает пособие.", En: "Filled in by your employer: the fund is calculating the benefit."}
	case FilledByEmployerRegister:
		return locale.Text{Ru: "Заполнен работодателем (реестр прямых выплат): фонд рассчитывает пособие.", En: "Filled in by your employer (register of direct payments): the fund is calculating the benefit."}
	case BenefitPaid:
		return locale.Text{Ru: "Пособие выплачено.", En: "The benefit has been paid."}
	case Terminated:
		return locale.Text{Ru: "Действие листка прекращено.", En: "The certificate was terminated."}
	}
	return locale.Text{}
}

// StateOfCode gives the state with this code of the classifier.
func StateOfCode(code string) (State, bool) {
	for i, s := range States() {
		if code == fmt.Sprintf("0%d0", i+1) {
			return s, true
		}
	}
	return "", false
}
