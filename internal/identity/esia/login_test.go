package esia_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/dev/persona"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

func TestEverybodyLogsIn(t *testing.T) {
	s := newStand(t)
	for _, p := range persona.All() {
		t.Run(p.Name, func(t *testing.T) {
			login, err := s.login(t, p.Name)
			require.NoError(t, err)
			require.Equal(t, esia.ProviderName, login.Provider)
			require.Equal(t, p.Subject(), login.Subject)
			require.Equal(t, p.Trusted, login.Trusted)
			require.Equal(t, identity.Password, login.Method)
			require.NotEmpty(t, login.ProviderSession)
			require.NotEmpty(t, login.Tokens.Access)
			require.NotEmpty(t, login.Tokens.Refresh)
			require.NotEmpty(t, login.Tokens.ID)
			require.Equal(t, s.clock.Now().Add(time.Hour), login.Tokens.ExpiresAt)
			// Field by field, because a Profile hides itself from the failure's text.
			require.Equal(t, fields(t, p.Profile), fields(t, login.Profile))
		})
	}
}

func fields(t *testing.T, p identity.Profile) string {
	t.Helper()
	text, err := json.MarshalIndent(p, "", " ")
	require.NoError(t, err)
	return string(text)
}

func TestSignatureIsRecordedAsTheMethod(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova", "method=DS")
	login, err := s.rp.Complete(t.Context(), tx, query)
	require.NoError(t, err)
	require.Equal(t, identity.Signature, login.Method)
}

// The order of what is signed is written out here once more, from ESIA's description.
func TestAuthorizeRequest(t *testing.T) {
	s := newStand(t, func(c *esia.Config) {
		c.Scopes = []string{"openid", "fullname"}
		c.OrganisationScopes = []string{"http://esia.gosuslugi.ru/org_inf?org_oid=2000000001"}
	})
	address, tx, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	require.Equal(t, callback, tx.RedirectURI)
	require.Equal(t, s.clock.Now(), tx.StartedAt)
	require.Empty(t, tx.Nonce)

	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "/aas/oauth2/v2/ac", u.Path)
	q := u.Query()
	require.Equal(t, "code", q.Get("response_type"))
	require.Equal(t, "offline", q.Get("access_type"))
	require.Equal(t, "2026.03.02 09:00:00 +0000", q.Get("timestamp"))
	require.Equal(t, tx.State, q.Get("state"))
	_, err = uuid.Parse(tx.State)
	require.NoError(t, err)
	require.Equal(t, s.config.Signer.CertificateHash(), q.Get("client_certificate_hash"))

	sum := sha256.Sum256([]byte(tx.Verifier))
	require.Equal(t, base64.RawURLEncoding.EncodeToString(sum[:]), q.Get("code_challenge"))
	require.Equal(t, "S256", q.Get("code_challenge_method"))

	signature, err := base64.RawURLEncoding.DecodeString(q.Get("client_secret"))
	require.NoError(t, err)
	digest := sha256.Sum256([]byte("KABINET" + "openid fullname" +
		"http://esia.gosuslugi.ru/org_inf?org_oid=2000000001" +
		"2026.03.02 09:00:00 +0000" + tx.State + callback))
	require.NoError(t, rsa.VerifyPKCS1v15(&clientKey().PublicKey, crypto.SHA256, digest[:], signature))
	require.NotContains(t, address, tx.Verifier)
}

func TestEveryLoginIsItsOwn(t *testing.T) {
	s := newStand(t)
	_, first, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	_, second, err := s.rp.Begin(t.Context(), callback)
	require.NoError(t, err)
	require.NotEqual(t, first.State, second.State)
	require.NotEqual(t, first.Verifier, second.Verifier)
}

func TestBeginRefusesAddressesThatCannotBeRegistered(t *testing.T) {
	s := newStand(t)
	for _, address := range []string{"", "/auth/callback", "javascript:alert(1)", "http://u:p@host/", "http://host/#x", "app://callback"} {
		_, _, err := s.rp.Begin(t.Context(), address)
		require.Equal(t, fault.Internal, fault.CodeOf(err), address)
	}
}

func TestTransactionSurvivesJSON(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "petrov")
	text, err := json.Marshal(tx)
	require.NoError(t, err)
	var kept identity.Transaction
	require.NoError(t, json.Unmarshal(text, &kept))
	_, err = s.rp.Complete(t.Context(), kept, query)
	require.NoError(t, err)
}

func TestCallbacksThatAreRefused(t *testing.T) {
	s := newStand(t)
	for name, c := range map[string]struct {
		change func(tx *identity.Transaction, q url.Values)
		want   error
	}{
		"another state":            {func(_ *identity.Transaction, q url.Values) { q.Set("state", uuid.NewString()) }, identity.ErrCallback},
		"no state":                 {func(_ *identity.Transaction, q url.Values) { q.Del("state") }, identity.ErrCallback},
		"two states":               {func(tx *identity.Transaction, q url.Values) { q.Add("state", tx.State) }, identity.ErrCallback},
		"no state on either side":  {func(tx *identity.Transaction, q url.Values) { tx.State = ""; q.Del("state") }, identity.ErrCallback},
		"no transaction":           {func(tx *identity.Transaction, _ url.Values) { *tx = identity.Transaction{} }, identity.ErrCallback},
		"no code":                  {func(_ *identity.Transaction, q url.Values) { q.Del("code") }, identity.ErrCallback},
		"two codes":                {func(_ *identity.Transaction, q url.Values) { q.Add("code", "x") }, identity.ErrCallback},
		"endless code":             {func(_ *identity.Transaction, q url.Values) { q.Set("code", strings.Repeat("x", 5000)) }, identity.ErrCallback},
		"refusal of another login": {func(_ *identity.Transaction, q url.Values) { q.Set("error", "access_denied"); q.Set("state", "x") }, identity.ErrCallback},
		"somebody else's code": {func(_ *identity.Transaction, q url.Values) {
			_, other := s.begin(t, "petrov")
			q.Set("code", other.Get("code"))
		}, esia.Refusal(esia.CodeWrongVerifier)},
		"invented code":          {func(_ *identity.Transaction, q url.Values) { q.Set("code", "invented") }, esia.Refusal(esia.CodeInvalidGrant)},
		"another verifier":       {func(tx *identity.Transaction, _ url.Values) { tx.Verifier = strings.Repeat("v", 43) }, esia.Refusal(esia.CodeWrongVerifier)},
		"malformed verifier":     {func(tx *identity.Transaction, _ url.Values) { tx.Verifier = "short" }, esia.Refusal(esia.CodeChallengeUnsupported)},
		"another return address": {func(tx *identity.Transaction, _ url.Values) { tx.RedirectURI += "/other" }, esia.Refusal(esia.CodeWrongRedirect)},
		"started in the future":  {func(tx *identity.Transaction, _ url.Values) { tx.StartedAt = tx.StartedAt.Add(time.Hour) }, identity.ErrExpired},
		"started too long ago": {func(tx *identity.Transaction, _ url.Values) {
			tx.StartedAt = tx.StartedAt.Add(-esia.DefaultLoginLifetime - time.Second)
		}, identity.ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			tx, query := s.begin(t, "ivanova")
			c.change(&tx, query)
			_, err := s.rp.Complete(t.Context(), tx, query)
			require.ErrorIs(t, err, c.want)
			require.NotContains(t, err.Error(), "invented")
		})
	}
}

func TestCallbackIsCheckedBeforeAnythingIsSent(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	query.Set("state", uuid.NewString())
	_, err := s.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, identity.ErrCallback)
	require.Zero(t, s.posts.Load())
}

func TestCodeServesOnce(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	login, err := s.rp.Complete(t.Context(), tx, query)
	require.NoError(t, err)
	_, err = s.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, esia.Refusal(esia.CodeInvalidGrant))
	require.Equal(t, fault.Unauthenticated, fault.CodeOf(err))

	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrRefresh, "a replayed code ends what it gave")
}

func TestCodeExpires(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	s.advance(emulator.CodeLifetime)
	_, err := s.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, esia.Refusal(esia.CodeInvalidGrant))
}

func TestTimestampWindow(t *testing.T) {
	for name, off := range map[string]time.Duration{
		"late":  emulator.TimestampWindow + time.Second,
		"early": -emulator.TimestampWindow - time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(c *esia.Config) { c.Leeway = 5 * time.Minute })
			s.clock.Advance(off)
			tx, query := s.begin(t, "ivanova")
			_, err := s.rp.Complete(t.Context(), tx, query)
			require.ErrorIs(t, err, esia.Refusal(esia.CodeWrongTime))
		})
	}
}

func TestRefusalOfTheLoginPage(t *testing.T) {
	s := newStand(t)
	for _, code := range esia.Codes() {
		t.Run(string(code), func(t *testing.T) {
			s.emulator.Fail(emulator.Authorize, code)
			tx, query := s.begin(t, "ivanova")
			checkRefusal(t, s, tx, query, code)
			require.Zero(t, s.posts.Load())
		})
	}
	t.Run("asked for in the address", func(t *testing.T) {
		tx, query := s.begin(t, "ivanova", "fail=ESIA-007004")
		checkRefusal(t, s, tx, query, esia.CodeRefused)
	})
}

func TestRefusalOfTheTokenEndpoint(t *testing.T) {
	s := newStand(t)
	for _, code := range esia.Codes() {
		t.Run(string(code), func(t *testing.T) {
			tx, query := s.begin(t, "ivanova")
			s.emulator.Fail(emulator.Token, code)
			checkRefusal(t, s, tx, query, code)
		})
	}
}

func checkRefusal(t *testing.T, s *stand, tx identity.Transaction, query url.Values, code esia.Code) {
	t.Helper()
	_, err := s.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, esia.Refusal(code))
	var refusal *fault.Error
	require.ErrorAs(t, err, &refusal)
	require.NotEmpty(t, refusal.Reason.Ru)
	require.NotEmpty(t, refusal.Reason.En)
	require.NotEmpty(t, refusal.Remedy.Ru)
	require.NotEmpty(t, refusal.Remedy.En)
	var cause *esia.ProtocolError
	require.ErrorAs(t, err, &cause)
	require.Equal(t, code, cause.Code)
}

func TestRefusalsAreToldApart(t *testing.T) {
	seen := map[string]esia.Code{}
	for _, code := range esia.Codes() {
		reason := esia.Refusal(code).Reason.Ru
		require.Empty(t, seen[reason], "%s says what another says", code)
		seen[reason] = code
	}
	require.Equal(t, identity.ErrAnswer, esia.Refusal("ESIA-999999"))
}

func TestUnknownRefusals(t *testing.T) {
	s := newStand(t)
	for _, c := range []struct {
		oauth, description string
		want               error
	}{
		{"access_denied", "", esia.Refusal(esia.CodeRefused)},
		{"server_error", "no code here: ESIA-007004", esia.Refusal(esia.CodeInternal)},
		{"temporarily_unavailable", "", esia.Refusal(esia.CodeOverload)},
		{"invalid_request", "<script>alert(1)</script>", identity.ErrAnswer},
		{"", "ESIA-999999: something new", identity.ErrAnswer},
	} {
		tx, query := s.begin(t, "ivanova")
		query.Del("code")
		query.Set("error", c.oauth)
		query.Set("error_description", c.description)
		_, err := s.rp.Complete(t.Context(), tx, query)
		require.ErrorIs(t, err, c.want, c.oauth)
		require.NotContains(t, fmt.Sprint(err), "script")
	}
}

func TestLogout(t *testing.T) {
	s := newStand(t)
	browser := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for target, want := range map[string]int{
		goodbye:                http.StatusFound,
		"":                     http.StatusOK,
		"http://evil.example/": http.StatusBadRequest,
		goodbye + "x":          http.StatusBadRequest,
	} {
		response, err := browser.Get(s.rp.Logout(target, "token"))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, target)
		if want == http.StatusFound {
			require.Equal(t, target, response.Header.Get("Location"))
		}
	}
}
