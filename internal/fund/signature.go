package fund

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/locale"
)

// tolerance is how far the time of a signature may be from ours, by Standard Webhooks.
const tolerance = 5 * time.Minute

// ErrSignature refuses a request that nobody we know has signed.
var ErrSignature = fault.New(fault.Unauthenticated,
	locale.Text{Ru: "Подпись запроса неверна или устарела.", En: "The signature of the request is wrong or too old."},
	locale.Text{
		Ru: "Подпишите тело по Standard Webhooks действующим ключом и проверьте часы.",
		En: "Sign the body by Standard Webhooks with a valid key and check the clock.",
	})

// secretPrefix marks a secret of Standard Webhooks.
const secretPrefix = "whsec_"

// Verifier checks the signatures of what comes in, with any of several secrets so that they can be rotated.
type Verifier struct {
	keys  []*standardwebhooks.Webhook
	clock clock.Clock
}

// NewVerifier makes a Verifier of secrets in the form `whsec_` and base64.
func NewVerifier(c clock.Clock, secrets ...string) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("fund: no secret to verify signatures with")
	}
	v := &Verifier{clock: c}
	for i, s := range secrets {
		key, err := webhook(s)
		if err != nil {
			return nil, fmt.Errorf("fund: secret %d: %w", i+1, err)
		}
		v.keys = append(v.keys, key)
	}
	return v, nil
}

func webhook(secret string) (*standardwebhooks.Webhook, error) {
	if !strings.HasPrefix(secret, secretPrefix) || len(secret) < len(secretPrefix)+32 {
		return nil, errors.New("it must be whsec_ and at least 24 bytes in base64")
	}
	key, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, errors.New("it is not base64") // the library's error quotes the secret
	}
	return key, nil
}

// Verify checks the signature of a body.
func (v *Verifier) Verify(header http.Header, body []byte) error {
	seconds, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return ErrSignature
	}
	if age := v.clock.Now().Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return ErrSignature
	}
	for _, key := range v.keys {
		if key.VerifyIgnoringTimestamp(body, header) == nil {
			return nil
		}
	}
	return ErrSignature
}

// Sign puts the signature of a body into the header of its request.
func Sign(header http.Header, secret, id string, now time.Time, body []byte) error {
	key, err := webhook(secret)
	if err != nil {
		return fmt.Errorf("fund: secret: %w", err)
	}
	signature, err := key.Sign(id, now, body)
	if err != nil {
		return fmt.Errorf("fund: sign: %w", err)
	}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return nil
}
