package esia_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/persona"
	protocol "kabinet/internal/identity/esia"
)

func TestTokenEndpointIsStrict(t *testing.T) {
	s := newStand(t)
	set := func(name, value string) func(url.Values) { return func(p url.Values) { p.Set(name, value) } }
	var authorizeState string
	for name, c := range map[string]struct {
		change func(url.Values)
		want   protocol.Code
	}{
		"unknown client":           {set("client_id", "NOBODY"), protocol.CodeClientNotProved},
		"another return address":   {set("redirect_uri", "http://evil.example/"), protocol.CodeWrongRedirect},
		"no grant type":            {set("grant_type", ""), protocol.CodeNoParameter},
		"password grant":           {set("grant_type", "password"), protocol.CodeBadGrantType},
		"no code":                  {set("code", ""), protocol.CodeNoParameter},
		"unknown code":             {set("code", "invented"), protocol.CodeInvalidGrant},
		"no verifier":              {set("code_verifier", ""), protocol.CodeChallengeUnsupported},
		"another verifier":         {set("code_verifier", strings.Repeat("v", 43)), protocol.CodeWrongVerifier},
		"no token type":            {set("token_type", ""), protocol.CodeNoParameter},
		"wider scope":              {set("scope", "openid fullname snils contacts id_doc"), protocol.CodeInvalidGrant},
		"state is no UUID":         {set("state", "x"), protocol.CodeBadParameter},
		"state of the first step":  {func(p url.Values) { p.Set("state", authorizeState) }, protocol.CodeBadParameter},
		"a parameter twice":        {func(p url.Values) { p.Add("code", "x") }, protocol.CodeBadParameter},
		"hash of another":          {set("client_certificate_hash", s.other), protocol.CodeWrongCertificate},
		"unknown refresh token":    {func(p url.Values) { p.Set("grant_type", "refresh_token"); p.Set("refresh_token", "x") }, protocol.CodeInvalidGrant},
		"no refresh token":         {set("grant_type", "refresh_token"), protocol.CodeNoParameter},
		"time of yesterday":        {set("timestamp", "2026.03.01 09:00:00 +0000"), protocol.CodeWrongTime},
		"time in the future":       {set("timestamp", "2026.03.03 09:00:00 +0000"), protocol.CodeWrongTime},
		"everything too long ever": {set("x", strings.Repeat("x", 70<<10)), protocol.CodeUnparsable},
	} {
		t.Run(name, func(t *testing.T) {
			first := s.authorizeRequest()
			authorizeState = first.Get("state")
			p := s.codeRequest(s.code(t, "ivanova", first))
			c.change(p)
			sign(t, clientKey(), p)
			status, answer := s.token(p)
			require.Equal(t, http.StatusBadRequest, status)
			requireCode(t, c.want, answer["error_description"])
			require.NotEmpty(t, answer["error"])
			require.Nil(t, answer["access_token"])
		})
	}
	t.Run("signed without the code", func(t *testing.T) {
		code := s.code(t, "ivanova", s.authorizeRequest())
		p := s.codeRequest("")
		sign(t, clientKey(), p)
		p.Set("code", code)
		_, answer := s.token(p)
		requireCode(t, protocol.CodeWrongSecret, answer["error_description"])
	})
	t.Run("JSON body", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "/aas/oauth2/v3/te", strings.NewReader(`{}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Equal(t, http.StatusBadRequest, w.Code)
	})
	t.Run("parameters in the address", func(t *testing.T) {
		p := s.codeRequest(s.code(t, "ivanova", s.authorizeRequest()))
		sign(t, clientKey(), p)
		r := httptest.NewRequest(http.MethodPost, "/aas/oauth2/v3/te?"+p.Encode(), nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Equal(t, http.StatusBadRequest, w.Code)
	})
}

func TestCodeOfAnotherClient(t *testing.T) {
	s := newStand(t)
	first := s.authorizeRequest()
	first.Set("scope", "openid")
	code := s.code(t, "ivanova", first)
	p := s.codeRequest(code)
	p.Set("scope", "openid")
	p.Set("client_id", "OTHER")
	p.Set("client_certificate_hash", s.other)
	sign(t, otherKey(), p)
	_, answer := s.token(p)
	requireCode(t, protocol.CodeInvalidGrant, answer["error_description"])

	p = s.codeRequest(code)
	p.Set("scope", "openid")
	sign(t, clientKey(), p)
	status, _ := s.token(p)
	require.Equal(t, http.StatusOK, status, "its owner can still use it")
}

func TestCodeLivesAMinute(t *testing.T) {
	s := newStand(t)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{59 * time.Second, http.StatusOK}, {60 * time.Second, http.StatusBadRequest}} {
		code := s.code(t, "ivanova", s.authorizeRequest())
		s.clock.Advance(c.after)
		p := s.codeRequest(code)
		sign(t, clientKey(), p)
		status, _ := s.token(p)
		require.Equal(t, c.want, status)
	}
}

func TestIDTokenOfEachLevel(t *testing.T) {
	s := newStand(t)
	for name, level := range map[string]string{"ivanova": "PR", "sidorov": "P", "child": "KD"} {
		token := s.tokens(t, name, "openid")["id_token"]
		person, _ := persona.ByName(name)
		c := claims(t, token)
		require.InDelta(t, person.OID, c["sub"], 0, "a number")
		require.Equal(t, issuer, c["iss"])
		require.Equal(t, client, c["aud"])
		about := c["urn:esia:sbj"].(map[string]any)
		require.Equal(t, level, about["urn:esia:sbj:lvl"])
		_, told := about["urn:esia:sbj:is_tru"]
		require.Equal(t, person.Trusted, told)
	}
}

func TestOnlineAccessGivesNoRefreshToken(t *testing.T) {
	s := newStand(t)
	p := s.authorizeRequest()
	p.Set("access_type", "online")
	code := s.codeRequest(s.code(t, "ivanova", p))
	sign(t, clientKey(), code)
	status, answer := s.token(code)
	require.Equal(t, http.StatusOK, status)
	require.Nil(t, answer["refresh_token"])
}
