package identifier

import (
	"errors"
	"fmt"
)

// One error per identifier says which one was wrong.
var (
	ErrSnils           = errors.New("identifier: not a SNILS")
	ErrInn             = errors.New("identifier: not an INN")
	ErrOgrn            = errors.New("identifier: not an OGRN")
	ErrPassport        = errors.New("identifier: not a passport number")
	ErrSickLeaveNumber = errors.New("identifier: not a sick leave number")
	ErrPhone           = errors.New("identifier: not a Russian mobile number")
	ErrEmail           = errors.New("identifier: not an e-mail address")
)

// One error per reason says what was wrong with it. Each refusal wraps one of
// the identifiers above and one of these reasons.
var (
	ErrForm        = errors.New("the form is wrong")
	ErrCheckDigits = errors.New("the check digits do not match")
	ErrNeverIssued = errors.New("such a number is never issued")
)

func refuse(identifier, reason error) error { return fmt.Errorf("%w: %w", identifier, reason) }
