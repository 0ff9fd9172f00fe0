package identity_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity"
)

// One marker stands in every secret and personal place.
const marker = "must-not-be-seen"

func login() identity.Login {
	return identity.Login{
		Provider: "esia", Subject: marker, Method: identity.Signature, Trusted: true, ProviderSession: marker,
		Tokens: identity.Tokens{Access: marker, Refresh: marker, ID: marker},
		Profile: identity.Profile{
			LastName: marker, Snils: marker, Inn: marker,
			Passport: identity.Passport{Number: marker},
			Phone:    identity.Phone{Number: marker}, Email: identity.Email{Address: marker},
			Addresses:     []identity.Address{{Text: marker}},
			Organisations: []identity.Organisation{{Name: marker}},
		},
	}
}

func TestNothingIsPrinted(t *testing.T) {
	l := login()
	tx := identity.Transaction{State: marker, Verifier: marker, Nonce: marker}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	for _, value := range []any{l, tx, l.Tokens, l.Profile, &l, &tx, &l.Tokens, &l.Profile, []identity.Login{l}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, value), marker, "%s of %T", verb, value)
		}
	}
	for _, value := range []any{l, tx, l.Tokens, l.Profile, &l, &tx} {
		logger.Info("x", "value", value)
	}
	require.NotContains(t, log.String(), marker)
	require.Contains(t, log.String(), "SIGNATURE", "how somebody came is no secret")
}

func TestTransactionIsKeptWhole(t *testing.T) {
	tx := identity.Transaction{
		State: "s", Verifier: "v", Nonce: "n", RedirectURI: "https://kabinet.example.ru/auth/callback",
		StartedAt: time.Date(2026, time.March, 2, 9, 0, 0, 123_000, time.UTC),
	}
	text, err := json.Marshal(tx)
	require.NoError(t, err)
	var kept identity.Transaction
	require.NoError(t, json.Unmarshal(text, &kept))
	require.Equal(t, tx, kept)
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, refusal := range []*fault.Error{
		identity.ErrCallback, identity.ErrExpired, identity.ErrToken,
		identity.ErrRefresh, identity.ErrUnavailable, identity.ErrAnswer,
	} {
		for _, text := range []string{refusal.Reason.Ru, refusal.Reason.En, refusal.Remedy.Ru, refusal.Remedy.En} {
			require.NotEmpty(t, text)
		}
	}
}
