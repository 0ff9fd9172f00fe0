package identity

import (
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

var (
	startAgain = locale.Text{
		Ru: "Начните вход заново.",
		En: "Start signing in again.",
	}
	tryLater = locale.Text{
		Ru: "Повторите вход через несколько минут.",
		En: "Try to sign in again in a few minutes.",
	}
)

// The refusals of a login that do not depend on the provider. Compare them with errors.Is.
var (
	// ErrCallback: the callback does not belong to the transaction, or is no callback at all.
	ErrCallback = fault.New(fault.BadInput, locale.Text{
		Ru: "Ответ сервиса входа не относится к этому входу.",
		En: "The answer of the sign-in service does not belong to this sign-in.",
	}, startAgain)
	// ErrExpired: the person took longer than a login may take.
	ErrExpired = fault.New(fault.Unauthenticated, locale.Text{
		Ru: "Время, отведённое на вход, истекло.",
		En: "The time to sign in has run out.",
	}, startAgain)
	// ErrToken: the provider's proof cannot be trusted.
	ErrToken = fault.New(fault.Unauthenticated, locale.Text{
		Ru: "Подтверждение личности не прошло проверку.",
		En: "The proof of identity did not pass the check.",
	}, startAgain)
	// ErrRefresh: the tokens cannot be renewed any more.
	ErrRefresh = fault.New(fault.Unauthenticated, locale.Text{
		Ru: "Срок действия входа истёк или он отозван.",
		En: "The sign-in has expired or was revoked.",
	}, locale.Text{
		Ru: "Войдите снова.",
		En: "Sign in again.",
	})
	// ErrUnavailable: the provider does not answer.
	ErrUnavailable = fault.New(fault.UpstreamUnavailable, locale.Text{
		Ru: "Сервис входа временно недоступен.",
		En: "The sign-in service is temporarily unavailable.",
	}, tryLater)
	// ErrAnswer: the provider answers, but not what was agreed.
	ErrAnswer = fault.New(fault.UpstreamUnavailable, locale.Text{
		Ru: "Сервис входа дал ответ, который не удалось разобрать.",
		En: "The sign-in service gave an answer that could not be understood.",
	}, tryLater)
)
