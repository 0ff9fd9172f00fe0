package esia

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"

	protocol "kabinet/internal/identity/esia"
)

// refusal is an error as ESIA words it.
type refusal struct {
	code protocol.Code
}

func refuse(code protocol.Code) *refusal { return &refusal{code: code} }

// words is the OAuth name of an error and ESIA's text.
type words struct{ name, text string }

func (r *refusal) words() words {
	if w, ok := vocabulary[r.code]; ok {
		return w
	}
	return words{"server_error", "Неизвестная ошибка."}
}

// description is error_description as ESIA composes it.
func (r *refusal) description() string { return string(r.code) + ": " + r.words().text }

// redirect is the client's address with the refusal in its query.
func (r *refusal) redirect(redirectURI, state string) string {
	query := url.Values{"error": {r.words().name}, "error_description": {r.description()}}
	if state != "" {
		query.Set("state", state)
	}
	return withQuery(redirectURI, query)
}

// answer writes the refusal as JSON.
func (r *refusal) answer(w http.ResponseWriter, status int, state string) {
	writeJSON(w, status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		State       string `json:"state,omitempty"`
	}{r.words().name, r.description(), state})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone; there is nobody to tell
}

// withQuery adds parameters to a registered address, which is known to parse.
func withQuery(address string, add url.Values) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := u.Query()
	maps.Copy(query, add)
	u.RawQuery = query.Encode()
	return u.String()
}

// vocabulary is how each code is told. Immutable.
var vocabulary = map[protocol.Code]words{
	protocol.CodeWrongCertificate:     {"invalid_request", "Сертификат системы-клиента не соответствует её мнемонике."},
	protocol.CodeBadParameter:         {"invalid_request", "Параметр запроса имеет неверное значение или указан несколько раз."},
	protocol.CodeRefused:              {"access_denied", "Владелец ресурса или сервис авторизации отклонил запрос."},
	protocol.CodeUnauthorizedClient:   {"unauthorized_client", "Система-клиент не имеет права запрашивать маркер доступа таким методом."},
	protocol.CodeBadScope:             {"invalid_scope", "Запрошенная область доступа указана неверно или неизвестна."},
	protocol.CodeInternal:             {"server_error", "Неожиданная ошибка в работе сервиса авторизации."},
	protocol.CodeOverload:             {"temporarily_unavailable", "Сервис авторизации не может выполнить запрос из-за нагрузки или технических работ."},
	protocol.CodeBadResponseType:      {"unsupported_response_type", "Сервис авторизации не поддерживает получение маркера доступа этим методом."},
	protocol.CodeInvalidGrant:         {"invalid_grant", "Код или маркер обновления недействителен, просрочен, отозван или выдан другой системе."},
	protocol.CodeBadGrantType:         {"unsupported_grant_type", "Тип авторизационного кода не поддерживается."},
	protocol.CodeNoScope:              {"invalid_scope", "Запрос не содержит области доступа."},
	protocol.CodeNoParameter:          {"invalid_request", "Запрос не содержит обязательного параметра."},
	protocol.CodeWrongTime:            {"invalid_request", "Неверное время запроса."},
	protocol.CodeNoPermission:         {"access_denied", "Отсутствует разрешение на доступ."},
	protocol.CodeWrongRedirect:        {"invalid_request", "Адрес перенаправления отсутствует в списке разрешённых."},
	protocol.CodeUnparsable:           {"invalid_request", "Запрос не удалось разобрать."},
	protocol.CodeChallengeUnsupported: {"invalid_request", "Параметры PKCE отсутствуют или указаны неверно."},
	protocol.CodeWrongVerifier:        {"invalid_grant", "Параметр code_verifier не соответствует code_challenge."},
	protocol.CodeNoOneTimeCode:        {"access_denied", "Одноразовый код недоступен."},
	protocol.CodeWrongSecret:          {"unauthorized_client", "Подпись запроса или хэш сертификата не прошли проверку."},
	protocol.CodeNotConfirmed:         {"access_denied", "Вход выполняется с неподтверждённой учётной записью."},
	protocol.CodeNoRole:               {"access_denied", "Роль для входа не выбрана."},
	protocol.CodeRoleNotAllowed:       {"access_denied", "Вход с выбранной ролью не разрешён."},
	protocol.CodeRoleNotActive:        {"access_denied", "Выбранная роль не действует."},
	protocol.CodeForeignOrganisation:  {"invalid_scope", "Пользователь не является сотрудником организации."},
	protocol.CodeClientNotProved:      {"invalid_client", "Ошибка аутентификации системы-клиента."},
}
