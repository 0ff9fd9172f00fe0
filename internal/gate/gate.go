// Package gate compares what a part of the cabinet needs with who asks: the level of their account, and how far they have
// come in. It is asked by the directive @access and by the downloads; the rules of Ent, which know owners alone, are the
// second lock.
package gate

import (
	"kabinet/internal/fault"
	"kabinet/internal/locale"
	"kabinet/internal/viewer"
)

// The refusals of those who have not come in.
var (
	// ErrBlocked: they came from a network that they have not approved.
	ErrBlocked = fault.New(fault.AccessLevelRequired,
		locale.Text{Ru: "Вход выполнен из сети, которую вы не разрешали.", En: "You have signed in from a network that you have not approved."},
		locale.Text{Ru: "Подтвердите вход кодом из SMS: approveThisNetwork.", En: "Confirm it with a code from an SMS: approveThisNetwork."})
	// ErrIncomplete: something is lacking without which nobody uses the cabinet.
	ErrIncomplete = fault.New(fault.AccessLevelRequired,
		locale.Text{Ru: "Вход ещё не завершён.", En: "You have not come in yet."},
		locale.Text{Ru: "Что осталось сделать, показывает viewer.entry.", En: "What is still to be done stands in viewer.entry."})
)

// Admit tells whether a viewer has come as far, and their account stands as high, as something needs: nil, or the refusal.
func Admit(v viewer.Viewer, level viewer.Level, entry viewer.Entry) error {
	switch {
	case !v.IsPerson() || v.Entry < viewer.Blocked:
		return fault.ErrUnauthenticated
	case v.Entry < entry && v.Entry == viewer.Blocked:
		return ErrBlocked
	case v.Entry < entry:
		return ErrIncomplete
	case v.Level < level:
		return fault.ErrAccessLevel
	}
	return nil
}
