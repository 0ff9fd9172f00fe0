package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

const (
	// sendTimeout bounds one send, with all that it tries: a person is waiting.
	sendTimeout = 5 * time.Second
	// maxAnswer is how much of a gateway's answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10
	// smsTries is how often a short message is tried.
	smsTries = 2
)

// SMSGateway sends short messages through a gateway: POST of {"to", "text"} as JSON. The gateway must send what comes
// twice with one Idempotency-Key once, for a message is tried again when the connection or the gateway fails.
type SMSGateway struct {
	url    string
	token  string
	client *http.Client
}

// NewSMSGateway makes the sender for a gateway at an address of http or https, to which the token is shown as a
// bearer's.
func NewSMSGateway(address, token string) (*SMSGateway, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("notify: the address of the SMS gateway must be https://… or http://…")
	}
	return &SMSGateway{url: u.String(), token: token, client: &http.Client{
		Timeout: sendTimeout,
		// Another address than the configured one gets neither the token nor the message.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements Sender.
func (g *SMSGateway) Send(ctx context.Context, m Message) error {
	if err := m.Check(SMS); err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		To   string `json:"to"`
		Text string `json:"text"`
	}{m.Address, m.Text})
	if err != nil {
		return ErrMessage
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	key := uuid.NewString()
	for range smsTries {
		var again bool
		if again, err = g.post(ctx, key, body); !again || ctx.Err() != nil {
			break
		}
	}
	if err != nil && caller.Err() != nil {
		return caller.Err()
	}
	return err
}

// post tries once, and tells whether to try again.
func (g *SMSGateway) post(ctx context.Context, key string, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("%w: SMS gateway: no request can be made", ErrUnavailable)
	}
	request.Header.Set("Authorization", "Bearer "+g.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	answer, err := g.client.Do(request)
	if err != nil {
		// The error of the client holds the whole address, which may hold a secret; its cause does not.
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err
		}
		return true, fmt.Errorf("%w: SMS gateway: %w", ErrUnavailable, err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // what it says may repeat the message
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return false, nil
	case code >= 500:
		return true, fmt.Errorf("%w: SMS gateway: status %d", ErrUnavailable, code)
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout,
		code == http.StatusUnauthorized, code == http.StatusForbidden:
		// Nothing is wrong with the message, and nothing is gained by asking again at once.
		return false, fmt.Errorf("%w: SMS gateway: status %d", ErrUnavailable, code)
	default:
		return false, fmt.Errorf("%w: SMS gateway: status %d", ErrRejected, code)
	}
}
