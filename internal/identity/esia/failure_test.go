package esia_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	emulator "kabinet/internal/dev/esia"
	"kabinet/internal/fault"
	"kabinet/internal/identity"
	"kabinet/internal/identity/esia"
)

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestTokenEndpointFails(t *testing.T) {
	const secret = "tell-nobody"
	for name, c := range map[string]struct {
		status int
		body   string
		want   *fault.Error
	}{
		"500 with a page":          {500, "<html>" + secret, identity.ErrUnavailable},
		"502":                      {502, "", identity.ErrUnavailable},
		"429":                      {429, "", identity.ErrUnavailable},
		"500 with a code":          {500, `{"error":"server_error","error_description":"ESIA-007007: ` + secret + `"}`, esia.Refusal(esia.CodeInternal)},
		"400 without a code":       {400, secret, identity.ErrAnswer},
		"401":                      {401, "", identity.ErrToken},
		"200 with a page":          {200, "<html>" + secret, identity.ErrAnswer},
		"200 with half an answer":  {200, `{"access_token":"` + secret, identity.ErrAnswer},
		"200 with other types":     {200, `{"access_token":7}`, identity.ErrAnswer},
		"200 with two answers":     {200, `{} {}`, identity.ErrAnswer},
		"200 with nothing":         {200, "", identity.ErrAnswer},
		"200 with an empty object": {200, "{}", identity.ErrAnswer},
		"204":                      {204, "", identity.ErrAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.token = answer(c.status, c.body)
			_, err := s.login(t, "ivanova")
			require.ErrorIs(t, err, c.want)
			require.NotContains(t, err.Error(), secret)
			require.EqualValues(t, 1, s.posts.Load(), "a code is never sent twice")
		})
	}
}

func TestTokenAnswerThatDoesNotBelong(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another state":    func(a map[string]any) { a["state"] = "5f0c1a52-3f4e-4b57-9d5a-2d7a5c1c8a11" },
		"no state":         func(a map[string]any) { delete(a, "state") },
		"another type":     func(a map[string]any) { a["token_type"] = "DPoP" },
		"no access token":  func(a map[string]any) { delete(a, "access_token") },
		"no id_token":      func(a map[string]any) { a["id_token"] = "" },
		"huge description": func(a map[string]any) { a["x"] = strings.Repeat("x", 2<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.token = s.tampered(t, change)
			_, err := s.login(t, "ivanova")
			require.ErrorIs(t, err, identity.ErrAnswer)
			require.Zero(t, s.gets.Load())
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	s := newStand(t)
	s.token = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere/te", http.StatusTemporaryRedirect)
	}
	_, err := s.login(t, "ivanova")
	require.ErrorIs(t, err, identity.ErrAnswer)
	require.EqualValues(t, 1, s.posts.Load(), "the code does not travel on")

	s.token = nil
	s.person = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/rs/elsewhere", http.StatusFound)
	}
	_, err = s.login(t, "ivanova")
	require.ErrorIs(t, err, identity.ErrAnswer)
	require.EqualValues(t, 1, s.gets.Load(), "nor does the token")
}

func TestTokenEndpointHangs(t *testing.T) {
	s := newStand(t, func(c *esia.Config) { c.Timeout = 50 * time.Millisecond })
	s.token = func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // the server sees the client leave only after the body was read
		<-r.Context().Done()
	}
	_, err := s.login(t, "ivanova")
	require.ErrorIs(t, err, identity.ErrUnavailable)
	require.EqualValues(t, 1, s.posts.Load())
}

func TestAnswerStopsHalfWay(t *testing.T) {
	s := newStand(t)
	s.token = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"access_token":"`))
	}
	_, err := s.login(t, "ivanova")
	require.ErrorIs(t, err, identity.ErrUnavailable)
}

func TestNobodyAnswers(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	s.server.Close()
	_, err := s.rp.Complete(t.Context(), tx, query)
	require.ErrorIs(t, err, identity.ErrUnavailable)
	require.NotContains(t, err.Error(), query.Get("code"))
}

func TestReadingIsRepeatedOnce(t *testing.T) {
	s := newStand(t)
	s.person = func(w http.ResponseWriter, r *http.Request) {
		if s.gets.Load() == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.emulator.ServeHTTP(w, r)
	}
	_, err := s.login(t, "ivanova")
	require.NoError(t, err)
	require.EqualValues(t, 3, s.gets.Load(), "person twice, roles once")
	require.EqualValues(t, 1, s.posts.Load())
}

func TestPersonServiceFails(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    *fault.Error
		gets    int32
	}{
		"500":                       {answer(500, ""), identity.ErrUnavailable, 2},
		"500 with code":             {answer(500, `{"error_description":"ESIA-007008: x"}`), esia.Refusal(esia.CodeOverload), 2},
		"401":                       {answer(401, `{"error":"invalid_token"}`), identity.ErrToken, 1},
		"403":                       {answer(403, `{"code":"ESIA-007019","message":"x"}`), esia.Refusal(esia.CodeNoPermission), 1},
		"403 bare":                  {answer(403, ""), identity.ErrToken, 1},
		"404":                       {answer(404, ""), identity.ErrAnswer, 1},
		"garbage":                   {answer(200, "<html>"), identity.ErrAnswer, 1},
		"huge":                      {answer(200, `{"lastName":"`+strings.Repeat("x", 2<<20)+`"}`), identity.ErrAnswer, 1},
		"huge but for spaces":       {answer(200, `{"lastName":"x"}`+strings.Repeat(" ", 2<<20)), identity.ErrAnswer, 1},
		"a list":                    {answer(200, `[]`), identity.ErrAnswer, 1},
		"links instead of elements": {answer(200, `{"contacts":{"elements":["http://x/1"]}}`), identity.ErrAnswer, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.person = c.handler
			_, err := s.login(t, "ivanova")
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.gets, s.gets.Load())
			require.NotContains(t, err.Error(), "1000000001", "the account number stays out of errors")
		})
	}
}

func TestRolesFail(t *testing.T) {
	s := newStand(t)
	s.person = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/roles") {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		s.emulator.ServeHTTP(w, r)
	}
	_, err := s.login(t, "director")
	require.ErrorIs(t, err, identity.ErrUnavailable, "rights are never guessed")
}

func TestCallerLeaves(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	ctx, leave := context.WithCancel(t.Context())
	s.person = func(_ http.ResponseWriter, r *http.Request) {
		leave()
		<-r.Context().Done()
	}
	_, err := s.rp.Complete(ctx, tx, query)
	require.ErrorIs(t, err, identity.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
	require.NotContains(t, err.Error(), "1000000001", "the account number stays out of errors")
	require.EqualValues(t, 1, s.gets.Load(), "nothing is repeated for a caller who has left")

	_, _, err = s.rp.Begin(ctx, callback)
	require.ErrorIs(t, err, identity.ErrUnavailable)
}

func TestDeletedAccount(t *testing.T) {
	s := newStand(t)
	s.person = answer(200, `{"status":"DELETED"}`)
	_, err := s.login(t, "ivanova")
	require.Equal(t, fault.Unauthenticated, fault.CodeOf(err))
	require.NotErrorIs(t, err, identity.ErrToken)
}

func TestTrustNeedsTokenAndRecord(t *testing.T) {
	s := newStand(t)
	s.person = answer(200, `{"trusted":false}`)
	login, err := s.login(t, "ivanova")
	require.NoError(t, err)
	require.False(t, login.Trusted)

	s.person = answer(200, `{"trusted":true}`)
	login, err = s.login(t, "sidorov")
	require.NoError(t, err)
	require.False(t, login.Trusted)
}

func TestFewerScopesMeanFewerData(t *testing.T) {
	s := newStand(t, func(c *esia.Config) { c.Scopes = []string{"openid", "snils"} })
	login, err := s.login(t, "director")
	require.NoError(t, err)
	require.NotEmpty(t, login.Profile.Snils)
	login.Profile.Snils = ""
	require.Equal(t, identity.Profile{}, login.Profile)
	require.EqualValues(t, 1, s.gets.Load(), "roles are not asked for")
}

func TestRefresh(t *testing.T) {
	s := newStand(t)
	login, err := s.login(t, "ivanova")
	require.NoError(t, err)

	s.advance(time.Hour)
	renewed, err := s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.NoError(t, err)
	require.NotEqual(t, login.Tokens.Refresh, renewed.Refresh)
	require.NotEqual(t, login.Tokens.Access, renewed.Access)
	require.Equal(t, s.clock.Now().Add(time.Hour), renewed.ExpiresAt)

	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrRefresh, "the old one is dead")
	_, err = s.rp.Refresh(t.Context(), login.Subject, renewed.Refresh)
	require.NoError(t, err, "the new one is not")
}

func TestRefreshIsRefused(t *testing.T) {
	s := newStand(t)
	login, err := s.login(t, "ivanova")
	require.NoError(t, err)
	stranger, err := s.login(t, "petrov")
	require.NoError(t, err)

	_, err = s.rp.Refresh(t.Context(), login.Subject, "")
	require.ErrorIs(t, err, identity.ErrRefresh)
	_, err = s.rp.Refresh(t.Context(), login.Subject, "invented")
	require.ErrorIs(t, err, identity.ErrRefresh)
	_, err = s.rp.Refresh(t.Context(), login.Subject, stranger.Tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrToken, "tokens of somebody else")

	s.emulator.Fail(emulator.Token, esia.CodeOverload)
	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.Equal(t, fault.UpstreamUnavailable, fault.CodeOf(err), "may be tried again")
	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.NoError(t, err)

	login, err = s.login(t, "ivanova")
	require.NoError(t, err)
	s.advance(emulator.RefreshLifetime)
	_, err = s.rp.Refresh(t.Context(), login.Subject, login.Tokens.Refresh)
	require.ErrorIs(t, err, identity.ErrRefresh)
}

func TestExpiryIsTheEarlierOfTheTwo(t *testing.T) {
	for name, c := range map[string]struct {
		told any
		want time.Duration
	}{
		"told earlier":  {600, 10 * time.Minute},
		"told later":    {7200, time.Hour},
		"told nothing":  {nil, time.Hour},
		"told nonsense": {int64(1) << 62, time.Hour},
		"told the past": {-5, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			s.token = s.tampered(t, func(a map[string]any) { a["expires_in"] = c.told })
			login, err := s.login(t, "petrov")
			require.NoError(t, err)
			require.Equal(t, s.clock.Now().Add(c.want), login.Tokens.ExpiresAt)
		})
	}
}

func TestSecretsHideFromLogs(t *testing.T) {
	s := newStand(t)
	tx, query := s.begin(t, "ivanova")
	login, err := s.rp.Complete(t.Context(), tx, query)
	require.NoError(t, err)
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s", login, login, login, login),
		fmt.Sprintf("%v %+v %#v", tx, tx, tx),
		login.LogValue().String() + tx.LogValue().String() + login.Tokens.LogValue().String() + login.Profile.LogValue().String(),
		fmt.Sprintf("%v %+v %#v", login.Profile, login.Profile, login.Tokens),
	} {
		for _, secret := range []string{tx.State, tx.Verifier, login.Subject, login.Tokens.Access, "Иванова", string(login.Profile.Snils)} {
			require.NotContains(t, text, secret)
		}
	}
}
