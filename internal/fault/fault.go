package fault

import (
	"context"
	"errors"
	"strings"
	"time"

	"kabinet/internal/locale"
)

// Code is the closed set of extensions.code in the API. A new one is a change of contract.
type Code string

// The codes, and when each is given.
const (
	// Unauthenticated: there is no session, or it has ended.
	Unauthenticated Code = "UNAUTHENTICATED"
	// AccessLevelRequired: the account's level does not allow this.
	AccessLevelRequired Code = "ACCESS_LEVEL_REQUIRED"
	// ConfirmationRequired: a fresh one-time code or signature is needed first.
	ConfirmationRequired Code = "CONFIRMATION_REQUIRED"
	// NotFound: no such thing, or it belongs to somebody else; the two are not told apart.
	NotFound Code = "NOT_FOUND"
	// BadInput: the request itself is wrong.
	BadInput Code = "BAD_INPUT"
	// Conflict: the request contradicts the present state.
	Conflict Code = "CONFLICT"
	// LimitExceeded: the request is larger or dearer than any client needs.
	LimitExceeded Code = "LIMIT_EXCEEDED"
	// RateLimited: too many requests; RetryAfter says when to come back.
	RateLimited Code = "RATE_LIMITED"
	// UpstreamUnavailable: a system behind the cabinet does not answer.
	UpstreamUnavailable Code = "UPSTREAM_UNAVAILABLE"
	// Internal: our own fault; nothing is told but a request id.
	Internal Code = "INTERNAL"
)

// Codes lists the whole set, in the order in which it is documented.
func Codes() []Code {
	return []Code{
		Unauthenticated, AccessLevelRequired, ConfirmationRequired, NotFound, BadInput,
		Conflict, LimitExceeded, RateLimited, UpstreamUnavailable, Internal,
	}
}

// Error is a refusal that may be shown. It never carries anything that the client sent.
type Error struct {
	Code   Code
	Reason locale.Text // what is wrong
	Remedy locale.Text // what to do about it; may be empty
	// RetryAfter is how long to wait before the same request can succeed; zero if waiting does not help.
	RetryAfter time.Duration
	// Cause is for the log only.
	Cause error
}

// Error gives the English reason, for logs and tests; people get Message.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Reason.En
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is lets errors.Is compare refusals by code and reason, whatever caused them.
func (e *Error) Is(target error) bool {
	t, ok := errors.AsType[*Error](target)
	return ok && t.Code == e.Code && t.Reason == e.Reason
}

// Message is the reason and the remedy in one language.
func (e *Error) Message(l locale.Language) string {
	return strings.TrimSpace(e.Reason.In(l) + " " + e.Remedy.In(l))
}

// RetryAfterSeconds is RetryAfter for clients, rounded up: who waits so long does not come too early.
func (e *Error) RetryAfterSeconds() int { return WholeSeconds(e.RetryAfter) }

// WholeSeconds rounds a wait up; zero if there is nothing to wait for.
func WholeSeconds(wait time.Duration) int { return int((max(wait, 0) + time.Second - 1) / time.Second) }

// Because returns a copy of the refusal with its cause, for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// New makes a refusal.
func New(code Code, reason, remedy locale.Text) *Error {
	return &Error{Code: code, Reason: reason, Remedy: remedy}
}

// CodeOf tells the code an error will be shown with: that of the refusal inside it,
// BAD_INPUT for Invalid, INTERNAL for everything else.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if _, ok := errors.AsType[Invalid](err); ok {
		return BadInput
	}
	return Internal
}

// Shown gives the refusal with which an error is shown: the one inside it, ErrBusy when time ran out somewhere, and
// ErrInternal for everything else; the cause of the last two is for the log.
func Shown(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if ranOut(err) {
		return ErrBusy.Because(err)
	}
	return ErrInternal.Because(err)
}

// ranOut tells whether a deadline of ours or a limit of the database ended the work.
func ranOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	state, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if !ok {
		return false
	}
	switch state.SQLState() { // PostgreSQL, appendix A: lock not available, query cancelled, too many connections, going down
	case "55P03", "57014", "53300", "57P01", "57P03":
		return true
	}
	return false
}

// The refusals that every room gives in the same words.
var (
	ErrUnauthenticated = New(Unauthenticated,
		locale.Text{Ru: "Вход не выполнен или сеанс завершён.", En: "You are not signed in, or the session has ended."},
		locale.Text{Ru: "Войдите через Госуслуги.", En: "Sign in with Gosuslugi."})
	ErrAccessLevel = New(AccessLevelRequired,
		locale.Text{Ru: "Для этого нужна подтверждённая учётная запись Госуслуг.", En: "This needs a confirmed Gosuslugi account."},
		locale.Text{Ru: "Подтвердите учётную запись в центре обслуживания или онлайн-банке и войдите снова.", En: "Confirm the account at a service centre or in an online bank, then sign in again."})
	ErrNotFound = New(NotFound,
		locale.Text{Ru: "Запись не найдена.", En: "There is no such record."},
		locale.Text{Ru: "Проверьте ссылку или откройте список заново.", En: "Check the link or reload the list."})
	ErrBusy = New(UpstreamUnavailable,
		locale.Text{Ru: "Сервис перегружен и не ответил вовремя.", En: "The service is overloaded and did not answer in time."},
		locale.Text{Ru: "Повторите через несколько секунд.", En: "Try again in a few seconds."})
	ErrInternal = New(Internal,
		locale.Text{Ru: "Произошла ошибка на нашей стороне.", En: "Something went wrong on our side."},
		locale.Text{Ru: "Повторите позже; при обращении в поддержку назовите номер запроса.", En: "Try again later; quote the request id to support."})
)
