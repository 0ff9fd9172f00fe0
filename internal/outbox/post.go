package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// postTimeout bounds one attempt.
	postTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10

	mediaType = "application/cloudevents+json"
)

// Signer puts the signature of a body into the header of its request, by Standard Webhooks.
type Signer func(header http.Header, id string, now time.Time, body []byte) error

// event is the CloudEvents 1.0 envelope of a command in structured mode. Data goes out byte for byte as it was sealed, so that
// the checksum holds.
type event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	Sequence        string          `json:"sequence"`
	Checksum        string          `json:"checksum"`
	DataContentType string          `json:"datacontenttype"`
	Data            json.RawMessage `json:"data"`
}

func checksum(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// attempt is what came of a post.
type attempt struct {
	code  ErrorCode     // empty when the fund has taken it
	after time.Duration // how long the fund asks to wait; 0 if it does not say
	cause error         // for the log; it says nothing of what was sent
}

// target is where commands go.
type target struct {
	url    string
	sign   Signer
	client *http.Client
}

func newTarget(address string, sign Signer, timeout time.Duration, connections int) (*target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("outbox: the fund's address must be https://… or http://…")
	}
	return &target{url: u.String(), sign: sign, client: &http.Client{
		Timeout: timeout,
		// Another address than the configured one gets nothing.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections,
			IdleConnTimeout: time.Minute, TLSHandshakeTimeout: timeout, ForceAttemptHTTP2: true,
		},
	}}, nil
}

// post makes one attempt. The error is ours: the request could not be made or the caller has left, and nothing can be
// said about the fund.
func (t *target) post(ctx context.Context, now time.Time, e event) (attempt, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return attempt{}, fmt.Errorf("post command: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return attempt{}, errors.New("post command: no request can be made")
	}
	request.Header.Set("Content-Type", mediaType)
	if err := t.sign(request.Header, e.ID, now, body); err != nil {
		return attempt{}, fmt.Errorf("post command: %w", err)
	}
	answer, err := t.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return attempt{}, ctx.Err()
		}
		return broken(err), nil
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // what it says may repeat the command
	return judge(answer.StatusCode, answer.Header.Get("Retry-After")), nil
}

// broken judges an exchange that came to no answer.
func broken(err error) attempt {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // the outer one holds the address
	}
	if slow, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || (ok && slow.Timeout()) {
		return attempt{code: Timeout, cause: err}
	}
	return attempt{code: Unavailable, cause: err}
}

// wayStatuses are those of gateways, and of a fund that does not know our secret (yet) or our clock.
func wayStatuses() []int {
	return []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusMisdirectedRequest,
	}
}

// judge judges an answer. What has come before is as good as taken now. Only what the fund says of a command refuses it;
// that we are not known, or that there is nothing at the address, is a fault of the way there, and will be mended.
func judge(status int, retryAfter string) attempt {
	a := attempt{cause: fmt.Errorf("status %d", status)}
	switch {
	case status >= 200 && status < 300, status == http.StatusConflict:
		return attempt{}
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		a.code = Timeout
	case status == http.StatusTooEarly, status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		a.code = Busy
	case slices.Contains(wayStatuses(), status):
		a.code = Unavailable
	case status >= 400 && status < 500:
		a.code = Refused
	default:
		a.code = Unavailable
	}
	if seconds, err := strconv.Atoi(retryAfter); err == nil && seconds > 0 {
		a.after = time.Duration(min(seconds, int(longest/time.Second))) * time.Second
	}
	return a
}
