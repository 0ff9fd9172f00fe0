package esia_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"kabinet/internal/dev/esia"
	"kabinet/internal/dev/persona"
	protocol "kabinet/internal/identity/esia"
)

func TestAuthorizeIsStrict(t *testing.T) {
	s := newStand(t)
	at := func(d time.Duration) func(url.Values) {
		return func(p url.Values) { p.Set("timestamp", s.clock.Now().Add(d).Format("2006.01.02 15:04:05 -0700")) }
	}
	set := func(name, value string) func(url.Values) { return func(p url.Values) { p.Set(name, value) } }
	for name, c := range map[string]struct {
		before func(url.Values) // before signing
		after  func(url.Values) // after it
		want   protocol.Code
	}{
		"no certificate hash":     {set("client_certificate_hash", ""), nil, protocol.CodeNoParameter},
		"another client's hash":   {set("client_certificate_hash", s.other), nil, protocol.CodeWrongCertificate},
		"hash of nobody":          {set("client_certificate_hash", strings.Repeat("0", 64)), nil, protocol.CodeWrongSecret},
		"no timestamp":            {set("timestamp", ""), nil, protocol.CodeNoParameter},
		"timestamp in other form": {set("timestamp", "2026-03-02T09:00:00Z"), nil, protocol.CodeWrongTime},
		"too old":                 {at(-esia.TimestampWindow - time.Second), nil, protocol.CodeWrongTime},
		"from the future":         {at(esia.TimestampWindow + time.Second), nil, protocol.CodeWrongTime},
		"no scope":                {set("scope", ""), nil, protocol.CodeNoScope},
		"unknown scope":           {set("scope", "openid everything"), nil, protocol.CodeBadScope},
		"unknown scope_org":       {set("scope_org", "http://evil.example/?org_oid=1"), nil, protocol.CodeBadScope},
		"state is no UUID":        {set("state", "abc"), nil, protocol.CodeBadParameter},
		"no state":                {set("state", ""), nil, protocol.CodeNoParameter},
		"no signature":            {nil, set("client_secret", ""), protocol.CodeNoParameter},
		"signature is no base64":  {nil, set("client_secret", "!!!"), protocol.CodeWrongSecret},
		"another's signature":     {nil, func(p url.Values) { sign(t, otherKey(), p) }, protocol.CodeWrongSecret},
		"scope changed later":     {nil, set("scope", "openid"), protocol.CodeWrongSecret},
		"state changed later":     {nil, set("state", uuid.NewString()), protocol.CodeWrongSecret},
		"time changed later":      {nil, at(time.Second), protocol.CodeWrongSecret},
		"scope_org added later":   {nil, set("scope_org", "http://esia.gosuslugi.ru/org_inf?org_oid=1"), protocol.CodeWrongSecret},
		"no response type":        {set("response_type", ""), nil, protocol.CodeNoParameter},
		"implicit flow":           {set("response_type", "token"), nil, protocol.CodeBadResponseType},
		"unknown access type":     {set("access_type", "always"), nil, protocol.CodeBadParameter},
		"plain challenge":         {set("code_challenge_method", "plain"), nil, protocol.CodeChallengeUnsupported},
		"malformed challenge":     {set("code_challenge", "abc"), nil, protocol.CodeChallengeUnsupported},
		"unknown failure":         {set("fail", "ESIA-1"), nil, protocol.CodeBadParameter},
		"failure asked for":       {set("fail", "ESIA-007055"), nil, protocol.CodeNotConfirmed},
		"foreign organisation":    {set("scope_org", "http://esia.gosuslugi.ru/org_inf?org_oid=2000000001"), nil, protocol.CodeForeignOrganisation},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.authorizeRequest()
			p.Set("persona", "ivanova")
			if c.before != nil {
				c.before(p)
			}
			sign(t, clientKey(), p)
			if c.after != nil {
				c.after(p)
			}
			query := sentBack(t, s.authorize(p))
			requireCode(t, c.want, query.Get("error_description"))
			require.NotEmpty(t, query.Get("error"))
			require.Equal(t, p.Get("state"), query.Get("state"))
			require.Empty(t, query.Get("code"))
		})
	}
}

func TestNothingIsSentToAnAddressThatIsNotRegistered(t *testing.T) {
	s := newStand(t)
	for name, c := range map[string]struct {
		change func(url.Values)
		want   protocol.Code
	}{
		"unknown client":         {func(p url.Values) { p.Set("client_id", "NOBODY") }, protocol.CodeUnauthorizedClient},
		"unknown address":        {func(p url.Values) { p.Set("redirect_uri", "http://evil.example/") }, protocol.CodeWrongRedirect},
		"address with an ending": {func(p url.Values) { p.Set("redirect_uri", callback+"&x=1") }, protocol.CodeWrongRedirect},
		"no address":             {func(p url.Values) { p.Del("redirect_uri") }, protocol.CodeWrongRedirect},
		"two addresses":          {func(p url.Values) { p.Add("redirect_uri", "http://evil.example/") }, protocol.CodeBadParameter},
	} {
		t.Run(name, func(t *testing.T) {
			p := s.authorizeRequest()
			c.change(p)
			sign(t, clientKey(), p)
			w := s.authorize(p)
			require.Equal(t, http.StatusBadRequest, w.Code)
			require.Empty(t, w.Header().Get("Location"))
			require.Contains(t, w.Body.String(), string(c.want))
			require.NotContains(t, w.Body.String(), "evil")
		})
	}
}

func TestSignatureWithPadding(t *testing.T) {
	s := newStand(t)
	p := s.authorizeRequest()
	sign(t, clientKey(), p)
	p.Set("client_secret", p.Get("client_secret")+"==")
	p.Set("persona", "ivanova")
	require.NotEmpty(t, sentBack(t, s.authorize(p)).Get("code"))
}

var linkPattern = regexp.MustCompile(`class="(person|signature)" href="([^"]+)"`)

func TestLoginPage(t *testing.T) {
	s := newStand(t)
	p := s.authorizeRequest()
	sign(t, clientKey(), p)
	w := s.authorize(p)
	require.Equal(t, http.StatusOK, w.Code)
	body := w.Body.String()
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	for _, person := range persona.All() {
		require.Contains(t, body, person.FullName())
		require.Contains(t, body, person.Title)
	}
	// Self-contained, and the policy admits exactly the style that is there.
	require.NotContains(t, body, "http")
	require.NotContains(t, body, "<script")
	require.NotContains(t, body, "src=")
	_, rest, found := strings.Cut(body, "<style>")
	require.True(t, found)
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := w.Header().Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	require.NotContains(t, policy, "unsafe")

	// The page stays good for longer than the timestamp of the request that led to it.
	s.clock.Advance(esia.PageLifetime - time.Second)
	links := linkPattern.FindAllStringSubmatch(body, -1)
	require.Len(t, links, 2*len(persona.All()))
	for _, link := range links[:2] {
		query := sentBack(t, s.get(html.UnescapeString(link[2])))
		require.Equal(t, p.Get("state"), query.Get("state"))
		code := s.codeRequest(query.Get("code"))
		sign(t, clientKey(), code)
		status, answer := s.token(code)
		require.Equal(t, http.StatusOK, status)
		want := map[string]string{"person": "PWD", "signature": "DS"}[link[1]]
		require.Equal(t, want, claims(t, answer["id_token"])["amr"])
	}

	refuse := regexp.MustCompile(`href="(/login\?[^"]*refuse=1[^"]*)"`).FindStringSubmatch(body)
	require.NotNil(t, refuse)
	requireCode(t, protocol.CodeRefused, sentBack(t, s.get(html.UnescapeString(refuse[1]))).Get("error_description"))

	s.clock.Advance(time.Second)
	require.Equal(t, http.StatusBadRequest, s.get(html.UnescapeString(links[0][2])).Code)
	require.Equal(t, http.StatusBadRequest, s.get("/login?request=invented&persona=ivanova").Code)
}

func TestUnknownPersona(t *testing.T) {
	s := newStand(t)
	for _, change := range []func(url.Values){
		func(p url.Values) { p.Set("persona", "<b>nobody</b>") },
		func(p url.Values) { p.Set("persona", "ivanova"); p.Set("method", "SMS") },
	} {
		p := s.authorizeRequest()
		sign(t, clientKey(), p)
		change(p)
		w := s.authorize(p)
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.NotContains(t, w.Body.String(), "nobody")
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	s := newStand(t)
	for _, code := range protocol.Codes() {
		p := s.authorizeRequest()
		p.Set("fail", string(code))
		sign(t, clientKey(), p)
		query := sentBack(t, s.authorize(p))
		requireCode(t, code, query.Get("error_description"))
	}
}
