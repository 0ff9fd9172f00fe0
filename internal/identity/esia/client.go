package esia

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"kabinet/internal/identity"
)

// maxAnswer bounds what is read of any answer, in bytes: a person with a hundred organisations
// stays far below.
const maxAnswer = 1 << 20

// tokenAnswer is what the token endpoint says when it agrees.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
	State        string `json:"state"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
}

// refusalAnswer is what any endpoint says when it refuses; REST uses code and message.
type refusalAnswer struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Code        string `json:"code"`
	Message     string `json:"message"`
}

// post sends a form. It is never repeated: a code or a refresh token serves once.
func (rp *RelyingParty) post(ctx context.Context, path string, form url.Values, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, rp.config.Backchannel+path, strings.NewReader(form.Encode()))
	if err != nil {
		return identity.ErrUnavailable.Because(errors.New("esia: making a request"))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, err := rp.do(request)
	if err != nil {
		return err
	}
	return decode(status, body, answer)
}

// get reads a REST resource. It is repeated once when the connection or the server failed.
func (rp *RelyingParty) get(ctx context.Context, path, query, accessToken string, answer any) error {
	var failure error
	for range 2 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, rp.config.Backchannel+path+query, nil)
		if err != nil {
			return identity.ErrUnavailable.Because(errors.New("esia: making a request"))
		}
		request.Header.Set("Authorization", "Bearer "+accessToken)
		status, body, err := rp.do(request)
		if err == nil {
			failure = decode(status, body, answer)
			if status < http.StatusInternalServerError {
				return failure
			}
			continue
		}
		failure = err
		if ctx.Err() != nil || !errors.Is(err, identity.ErrUnavailable) {
			return failure
		}
	}
	return failure
}

// do carries out one request and reads a bounded answer.
func (rp *RelyingParty) do(request *http.Request) (int, []byte, error) {
	request.Header.Set("Accept", "application/json")
	response, err := rp.http.Do(request)
	if err != nil {
		return 0, nil, identity.ErrUnavailable.Because(fmt.Errorf("esia: %w", withoutAddress(err)))
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, identity.ErrUnavailable.Because(fmt.Errorf("esia: reading the answer: %w", withoutAddress(err)))
	}
	if len(body) > maxAnswer {
		return 0, nil, identity.ErrAnswer.Because(errors.New("esia: the answer is too long"))
	}
	return response.StatusCode, body, nil
}

// withoutAddress drops the address that net/http puts into its errors: it names a person.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// decode reads an answer, or makes a refusal of it.
func decode(status int, body []byte, answer any) error {
	if status == http.StatusOK {
		// The error of encoding/json is left out: it quotes the answer.
		if err := json.Unmarshal(body, answer); err != nil {
			return identity.ErrAnswer.Because(errors.New("esia: the answer is not the JSON that was agreed"))
		}
		return nil
	}
	var told refusalAnswer
	readable := json.Unmarshal(body, &told) == nil
	if readable && codePattern.MatchString(told.Code) {
		told.Description = told.Code
	}
	switch {
	case readable && (told.Error != "" || told.Description != ""):
		return refusalOf(told.Error, told.Description)
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return identity.ErrUnavailable.Because(fmt.Errorf("esia: status %d", status))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return identity.ErrToken.Because(fmt.Errorf("esia: status %d", status))
	default:
		return identity.ErrAnswer.Because(fmt.Errorf("esia: status %d", status))
	}
}
