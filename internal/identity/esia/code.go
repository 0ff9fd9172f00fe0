package esia

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/locale"
)

// Code is an error code of ESIA, such as ESIA-007004.
type Code string

// The codes that a relying party meets.
const (
	CodeWrongCertificate     Code = "ESIA-007002" // the certificate does not match the client
	CodeBadParameter         Code = "ESIA-007003" // a parameter is wrong or given twice
	CodeRefused              Code = "ESIA-007004" // the person refused
	CodeUnauthorizedClient   Code = "ESIA-007005"
	CodeBadScope             Code = "ESIA-007006"
	CodeInternal             Code = "ESIA-007007"
	CodeOverload             Code = "ESIA-007008"
	CodeBadResponseType      Code = "ESIA-007009"
	CodeInvalidGrant         Code = "ESIA-007011" // code or refresh token used, expired, revoked or another client's
	CodeBadGrantType         Code = "ESIA-007012"
	CodeNoScope              Code = "ESIA-007013"
	CodeNoParameter          Code = "ESIA-007014"
	CodeWrongTime            Code = "ESIA-007015"
	CodeNoPermission         Code = "ESIA-007019"
	CodeWrongRedirect        Code = "ESIA-007023"
	CodeUnparsable           Code = "ESIA-007038"
	CodeChallengeUnsupported Code = "ESIA-007039" // PKCE: challenge or verifier missing or malformed
	CodeWrongVerifier        Code = "ESIA-007040" // PKCE: verifier does not match
	CodeNoOneTimeCode        Code = "ESIA-007046"
	CodeWrongSecret          Code = "ESIA-007053" // client_secret or certificate hash
	CodeNotConfirmed         Code = "ESIA-007055"
	CodeNoRole               Code = "ESIA-007060"
	CodeRoleNotAllowed       Code = "ESIA-007061"
	CodeRoleNotActive        Code = "ESIA-007062"
	CodeForeignOrganisation  Code = "ESIA-007194"
	CodeClientNotProved      Code = "ESIA-008010"
)

// Codes lists every code that has a refusal of its own, in order.
func Codes() []Code {
	codes := make([]Code, 0, len(refusals))
	for code := range refusals {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// Refusal is what a person is told when ESIA answers with this code. An unknown code is a
// failure of the sign-in service.
func Refusal(code Code) *fault.Error {
	if refusal, ok := refusals[code]; ok {
		return refusal
	}
	return identity.ErrAnswer
}

var (
	support = locale.Text{
		Ru: "Повторите позже; если ошибка останется, сообщите её код в поддержку.",
		En: "Try again later; if the error stays, report its code to support.",
	}
	again = locale.Text{Ru: "Начните вход заново.", En: "Start signing in again."}
)

// ours is a refusal that the person can do nothing about: the cabinet's registration at ESIA or
// its request is wrong. The code goes into the text because support will ask for it.
func ours(code Code, ru, en string) *fault.Error {
	return fault.New(fault.UpstreamUnavailable, locale.Text{
		Ru: fmt.Sprintf("Госуслуги не приняли запрос кабинета: %s (%s).", ru, code),
		En: fmt.Sprintf("Gosuslugi did not accept the cabinet's request: %s (%s).", en, code),
	}, support)
}

func refuse(kind fault.Code, ru, en, remedyRu, remedyEn string) *fault.Error {
	return fault.New(kind, locale.Text{Ru: ru, En: en}, locale.Text{Ru: remedyRu, En: remedyEn})
}

func waiting(e *fault.Error, d time.Duration) *fault.Error {
	e.RetryAfter = d
	return e
}

// errDeleted: the token is good but the account behind it is closed.
var errDeleted = refuse(fault.Unauthenticated,
	"Учётная запись Госуслуг удалена.", "The Gosuslugi account has been deleted.",
	"Восстановите её в центре обслуживания Госуслуг.", "Restore it at a Gosuslugi service centre.")

// refusals says what each code means for the person. Immutable.
var refusals = map[Code]*fault.Error{
	CodeWrongCertificate:   ours(CodeWrongCertificate, "сертификат не соответствует системе", "the certificate does not belong to the system"),
	CodeBadParameter:       ours(CodeBadParameter, "неверный параметр", "a parameter is wrong"),
	CodeUnauthorizedClient: ours(CodeUnauthorizedClient, "система не имеет права на такой вход", "the system may not sign people in this way"),
	CodeBadScope:           ours(CodeBadScope, "неверный перечень запрошенных данных", "the list of requested data is wrong"),
	CodeBadResponseType:    ours(CodeBadResponseType, "способ входа не поддерживается", "the way of signing in is not supported"),
	CodeBadGrantType:       ours(CodeBadGrantType, "способ получения маркера не поддерживается", "the grant type is not supported"),
	CodeNoScope:            ours(CodeNoScope, "не указан перечень запрошенных данных", "the list of requested data is missing"),
	CodeNoParameter:        ours(CodeNoParameter, "не хватает параметра", "a parameter is missing"),
	CodeWrongTime:          ours(CodeWrongTime, "неверное время запроса", "the time of the request is wrong"),
	CodeWrongRedirect:      ours(CodeWrongRedirect, "адрес возврата не зарегистрирован", "the return address is not registered"),
	CodeUnparsable:         ours(CodeUnparsable, "запрос не удалось разобрать", "the request could not be parsed"),
	CodeWrongSecret:        ours(CodeWrongSecret, "подпись не подтверждена", "the signature was not confirmed"),
	CodeClientNotProved:    ours(CodeClientNotProved, "система не опознана", "the system was not recognised"),

	CodeChallengeUnsupported: refuse(fault.Unauthenticated,
		"Вход не подтверждён: проверочный код отсутствует или неверен (ESIA-007039).",
		"The sign-in was not confirmed: its verification code is missing or malformed (ESIA-007039).", again.Ru, again.En),
	CodeWrongVerifier: refuse(fault.Unauthenticated,
		"Вход не подтверждён: он был начат в другом месте (ESIA-007040).",
		"The sign-in was not confirmed: it was started elsewhere (ESIA-007040).", again.Ru, again.En),
	CodeInvalidGrant: refuse(fault.Unauthenticated,
		"Код входа уже использован, устарел или отозван.",
		"The sign-in code has been used, has expired or was revoked.", again.Ru, again.En),

	CodeInternal: refuse(fault.UpstreamUnavailable,
		"На Госуслугах произошла ошибка.", "An error occurred at Gosuslugi.",
		"Повторите вход через несколько минут.", "Try to sign in again in a few minutes."),
	CodeOverload: waiting(refuse(fault.UpstreamUnavailable,
		"Госуслуги перегружены или на обслуживании.", "Gosuslugi is overloaded or under maintenance.",
		"Повторите вход через минуту.", "Try to sign in again in a minute."), time.Minute),
	CodeNoOneTimeCode: waiting(refuse(fault.UpstreamUnavailable,
		"Госуслуги сейчас не могут выдать одноразовый код.", "Gosuslugi cannot give a one-time code at the moment.",
		"Повторите вход через минуту или выберите другой способ.", "Try again in a minute, or choose another way to sign in."), time.Minute),

	CodeRefused: refuse(fault.Unauthenticated,
		"Вход отменён: доступ к данным Госуслуг не разрешён.", "The sign-in was cancelled: access to your Gosuslugi data was not allowed.",
		"Войдите снова и разрешите доступ.", "Sign in again and allow access."),
	CodeNoPermission: refuse(fault.Unauthenticated,
		"Вы не дали кабинету разрешения на доступ к данным или отозвали его.", "You have not permitted the cabinet to use your data, or have withdrawn the permission.",
		"Войдите снова и подтвердите разрешение.", "Sign in again and confirm the permission."),
	CodeNotConfirmed: refuse(fault.AccessLevelRequired,
		"Учётная запись Госуслуг не подтверждена.", "The Gosuslugi account is not confirmed.",
		"Подтвердите её через банк, в МФЦ или электронной подписью.", "Confirm it through a bank, at a service centre or with an e-signature."),
	CodeNoRole: refuse(fault.AccessLevelRequired,
		"Для входа не выбрана роль.", "No role was chosen for the sign-in.",
		"Войдите снова и выберите роль.", "Sign in again and choose a role."),
	CodeRoleNotAllowed: refuse(fault.AccessLevelRequired,
		"С выбранной ролью войти нельзя.", "The chosen role does not allow signing in.",
		"Войдите снова с другой ролью.", "Sign in again with another role."),
	CodeRoleNotActive: refuse(fault.AccessLevelRequired,
		"Выбранная роль больше не действует.", "The chosen role is no longer in force.",
		"Войдите снова с другой ролью.", "Sign in again with another role."),
	CodeForeignOrganisation: refuse(fault.AccessLevelRequired,
		"Вы не являетесь сотрудником этой организации.", "You do not belong to this organisation.",
		"Попросите руководителя добавить вас на Госуслугах.", "Ask its head to add you at Gosuslugi."),
}

// codePattern finds the code at the head of an error_description.
var codePattern = regexp.MustCompile(`^\s*(ESIA-\d{6})\b`)

// refusalOf makes a refusal of `error` and `error_description`. Neither is repeated to anybody:
// the description may hold what was sent.
func refusalOf(oauthError, description string) *fault.Error {
	if m := codePattern.FindStringSubmatch(description); m != nil {
		code := Code(m[1])
		return Refusal(code).Because(&ProtocolError{Code: code})
	}
	switch oauthError {
	case "access_denied":
		return Refusal(CodeRefused).Because(&ProtocolError{})
	case "invalid_grant":
		return Refusal(CodeInvalidGrant).Because(&ProtocolError{})
	case "invalid_token", "insufficient_scope":
		return identity.ErrToken.Because(&ProtocolError{})
	case "temporarily_unavailable":
		return Refusal(CodeOverload).Because(&ProtocolError{})
	case "server_error":
		return Refusal(CodeInternal).Because(&ProtocolError{})
	default:
		return identity.ErrAnswer.Because(&ProtocolError{})
	}
}

// ProtocolError is the cause inside a refusal that ESIA itself gave; it is for logs and metrics.
type ProtocolError struct {
	// Code is empty when ESIA named none.
	Code Code
}

// Error names the code and nothing else.
func (e *ProtocolError) Error() string {
	if e.Code == "" {
		return "esia: refused without a code"
	}
	return "esia: refused with " + string(e.Code)
}
