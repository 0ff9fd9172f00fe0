package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
)

const (
	maxAnswer = 1 << 20 // bytes of any answer
	// keysAge is how long fetched keys are not fetched again. Anybody can send a logout token with a
	// key id that nobody knows; that must not become a request to the provider each time.
	keysAge           = 10 * time.Second
	assertionLifetime = time.Minute
	// maxExpiresIn keeps a nonsensical expires_in from overflowing, in seconds.
	maxExpiresIn = 10 * 365 * 24 * 3600
)

var errTooLong = errors.New("oidc: the answer is too long")

// seconds is expires_in, which some providers write as a string.
type seconds int64

// UnmarshalJSON implements json.Unmarshaler. What cannot be read is zero: not told.
func (s *seconds) UnmarshalJSON(raw []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err == nil && n > 0 && n < maxExpiresIn {
		*s = seconds(n)
	}
	return nil
}

// tokenAnswer is what the token endpoint says, whether it agrees or not.
type tokenAnswer struct {
	AccessToken  string  `json:"access_token"`
	IDToken      string  `json:"id_token"`
	RefreshToken string  `json:"refresh_token"`
	TokenType    string  `json:"token_type"`
	ExpiresIn    seconds `json:"expires_in"`
	Error        string  `json:"error"`
}

// requestTokens posts to the token endpoint. It is never repeated: a code serves once.
func (rp *RelyingParty) requestTokens(ctx context.Context, m metadata, form url.Values) (tokenAnswer, error) {
	if rp.config.Key != nil {
		assertion, err := rp.assertion(m.TokenURL)
		if err != nil {
			return tokenAnswer{}, err
		}
		form.Set("client_id", rp.config.ClientID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, identity.ErrUnavailable.Because(errors.New("oidc: making a request"))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if rp.config.Key == nil {
		// RFC 6749, 2.3.1: both are form-encoded first.
		request.SetBasicAuth(url.QueryEscape(rp.config.ClientID), url.QueryEscape(rp.config.ClientSecret))
	}
	status, _, body, err := rp.do(request)
	if err != nil {
		return tokenAnswer{}, err
	}
	var answer tokenAnswer
	readable := json.Unmarshal(body, &answer) == nil
	switch {
	case readable && status == http.StatusOK && answer.Error == "":
		return answer, checkTokenAnswer(answer)
	case readable && answer.Error == "invalid_grant":
		return tokenAnswer{}, identity.ErrToken.Because(errGrant)
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return tokenAnswer{}, identity.ErrUnavailable.Because(fmt.Errorf("oidc: token endpoint: status %d", status))
	default:
		// Neither the person nor time can mend it: the cabinet's registration is wrong.
		return tokenAnswer{}, identity.ErrAnswer.Because(fmt.Errorf("oidc: token endpoint: status %d", status))
	}
}

func checkTokenAnswer(answer tokenAnswer) error {
	if !strings.EqualFold(answer.TokenType, "Bearer") || answer.AccessToken == "" {
		return identity.ErrAnswer.Because(errors.New("oidc: the answer of the token endpoint is incomplete"))
	}
	return nil
}

// assertion proves the client by its key: RFC 7523, and OpenID Connect Core, section 9.
func (rp *RelyingParty) assertion(audience string) (string, error) {
	fail := func(err error) (string, error) {
		return "", fault.ErrInternal.Because(fmt.Errorf("oidc: making the client's assertion: %w", err))
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fail(err)
	}
	algorithm, err := algorithmOf(rp.config.Key)
	if err != nil {
		return fail(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: algorithm, Key: jose.JSONWebKey{Key: rp.config.Key, KeyID: rp.config.KeyID},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return fail(err)
	}
	now := rp.config.Clock.Now()
	payload, err := json.Marshal(map[string]any{
		"iss": rp.config.ClientID, "sub": rp.config.ClientID, "aud": audience, "jti": id.String(),
		"iat": now.Unix(), "exp": now.Add(assertionLifetime).Unix(),
	})
	if err != nil {
		return fail(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return fail(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		return fail(err)
	}
	return text, nil
}

// userInfo reads the claims about the person, plain or signed.
func (rp *RelyingParty) userInfo(ctx context.Context, m metadata, accessToken string) (claims, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.UserInfoURL, nil)
	if err != nil {
		return nil, identity.ErrUnavailable.Because(errors.New("oidc: making a request"))
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	status, kind, body, err := rp.do(request)
	if err != nil {
		return nil, err
	}
	switch {
	case status == http.StatusOK:
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return nil, identity.ErrToken.Because(fmt.Errorf("oidc: userinfo: status %d", status))
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return nil, identity.ErrUnavailable.Because(fmt.Errorf("oidc: userinfo: status %d", status))
	default:
		return nil, identity.ErrAnswer.Because(fmt.Errorf("oidc: userinfo: status %d", status))
	}
	if kind == "application/jwt" {
		if body, err = rp.openUserInfo(ctx, m, string(body)); err != nil {
			return nil, err
		}
	}
	var told claims
	if json.Unmarshal(body, &told) != nil {
		return nil, identity.ErrAnswer.Because(errors.New("oidc: userinfo: not the JSON that was agreed"))
	}
	return told, nil
}

// do carries out one request and reads a bounded answer with its media type.
func (rp *RelyingParty) do(request *http.Request) (status int, kind string, body []byte, err error) {
	request.Header.Set("Accept", "application/json")
	response, err := rp.http.Do(request)
	if err != nil {
		return 0, "", nil, identity.ErrUnavailable.Because(fmt.Errorf("oidc: %w", withoutAddress(err)))
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	switch {
	case errors.Is(err, errTooLong):
		return 0, "", nil, identity.ErrAnswer.Because(err)
	case err != nil:
		return 0, "", nil, identity.ErrUnavailable.Because(fmt.Errorf("oidc: reading the answer: %w", withoutAddress(err)))
	}
	kind, _, _ = mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode, kind, body, nil
}

// withoutAddress drops the address that net/http puts into its errors.
func withoutAddress(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// bounded lets no answer be longer than maxAnswer, whoever reads it.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err //nolint:wrapcheck // http.Client wraps it
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxAnswer}
	return response, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err //nolint:wrapcheck // io.EOF stays what it is
}

// keyCache answers requests for the provider's keys from memory for keysAge. It serves the key set
// alone, whose only requests go to one address.
type keyCache struct {
	http.RoundTripper
	clock clock.Clock

	mu      sync.Mutex
	body    []byte
	header  http.Header
	fetched time.Time
}

// RoundTrip implements http.RoundTripper.
func (c *keyCache) RoundTrip(request *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.body == nil || c.clock.Now().Sub(c.fetched).Abs() >= keysAge {
		response, err := c.RoundTripper.RoundTrip(request)
		if err != nil || response.StatusCode != http.StatusOK {
			return response, err //nolint:wrapcheck // http.Client wraps it
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, fmt.Errorf("oidc: reading the keys: %w", err)
		}
		c.body, c.header, c.fetched = body, response.Header, c.clock.Now()
	}
	return &http.Response{
		Status: http.StatusText(http.StatusOK), StatusCode: http.StatusOK, Header: c.header.Clone(),
		Body: io.NopCloser(bytes.NewReader(c.body)), Request: request,
	}, nil
}

// newTransport is for a host far away that may hang: every phase has its limit, and the request
// as a whole has Config.Timeout.
func newTransport(timeout time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    timeout,
		ResponseHeaderTimeout:  timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}

// newClient never follows a redirect: it would carry a code or a token to an address that was
// neither configured nor discovered.
func newClient(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
