package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/identity/esia"
	"kabinet/internal/locale"
	"kabinet/internal/person/persontest"
	"kabinet/internal/session"
	"kabinet/internal/viewer"
	"kabinet/internal/web"
)

func TestLoginSessionLogout(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*web.Options)
		secure bool
		prefix string
		suffix string
	}{
		"over TLS":           {func(*web.Options) {}, true, "__Host-", ""},
		"plain, in the demo": {demo, false, "", "-8080"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t, test.change)
			b := c.browser()
			requireCookie := func(answer *http.Response, name string, maxAge int) {
				t.Helper()
				for _, cookie := range answer.Cookies() {
					if cookie.Name != test.prefix+name+test.suffix {
						continue
					}
					require.True(t, cookie.HttpOnly)
					require.Equal(t, test.secure, cookie.Secure)
					require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
					require.Equal(t, "/", cookie.Path)
					require.Empty(t, cookie.Domain)
					require.Equal(t, maxAge, cookie.MaxAge)
					return
				}
				require.Fail(t, "no such cookie", "%s among %v", name, answer.Cookies())
			}

			require.Equal(t, state{}, b.state(t))
			answer := b.get(t, "/auth/login?return_to=/benefits?sort=new%26page=2")
			require.Equal(t, http.StatusSeeOther, answer.StatusCode)
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			requireCookie(answer, "kabinet-login", 15*60)
			require.Len(t, answer.Cookies(), 1)
			require.NotContains(t, b.cookies[c.loginName], "benefits", "it is sealed")
			address, err := url.Parse(answer.Header.Get("Location"))
			require.NoError(t, err)
			require.Equal(t, c.address+"/auth/callback", address.Query().Get("redirect_uri"))

			answer = b.get(t, c.visit(t, address.String(), "persona=ivanova"))
			require.Equal(t, http.StatusSeeOther, answer.StatusCode)
			require.Equal(t, "/benefits?sort=new&page=2", answer.Header.Get("Location"))
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			requireCookie(answer, "kabinet-login", -1)
			requireCookie(answer, "kabinet", 0)
			token := b.cookies[c.cookie]
			require.Len(t, b.cookies, 1)

			v := b.query(t)
			require.Equal(t, viewer.Extended, v.Level)
			require.NotZero(t, v.Person)
			require.Equal(t, state{true, "EXTENDED", 15 * 60, 12 * 3600}, b.state(t))

			requireRefused(t, b.do(t, http.MethodPost, "/auth/logout", ""), http.StatusForbidden, fault.BadInput)
			require.Equal(t, v, b.query(t), "a forged logout ends nothing")

			answer = b.do(t, http.MethodPost, "/auth/logout", "", "X-CSRF", "1")
			require.Equal(t, http.StatusOK, answer.StatusCode)
			requireCookie(answer, "kabinet", -1)
			farewell, err := url.Parse(decode[struct{ LogoutURL string }](t, answer).LogoutURL)
			require.NoError(t, err)
			require.Equal(t, c.address+"/", farewell.Query().Get("redirect_url"))
			require.Equal(t, address.Host, farewell.Host)

			require.Empty(t, b.cookies)
			b.cookies[c.cookie] = token
			require.Equal(t, state{}, b.state(t))
			require.Zero(t, b.query(t), "the token is dead, wherever it was kept")
			require.Equal(t, http.StatusOK, b.do(t, http.MethodPost, "/auth/logout", "", "X-CSRF", "1").StatusCode, "out is out")
			require.Empty(t, b.cookies)
			require.Equal(t, http.StatusOK, b.do(t, http.MethodPost, "/auth/logout", "").StatusCode)
		})
	}
}

func TestAnAccountThatIsNotConfirmedIsBasic(t *testing.T) {
	b := newCabinet(t).browser()
	b.login(t, "sidorov")
	require.Equal(t, "BASIC", b.state(t).AccessLevel)
	require.Equal(t, viewer.Basic, b.query(t).Level)
}

func TestAScriptChoosesThePersonInTheDemoOnly(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*web.Options)
		want   string
	}{
		"demo":       {demo, "x&admin=1"},
		"production": {func(*web.Options) {}, ""},
	} {
		b := newCabinet(t, test.change).browser()
		address, err := url.Parse(b.get(t, "/auth/login", "X-Demo-Persona", "x&admin=1").Header.Get("Location"))
		require.NoError(t, err)
		require.Equal(t, test.want, address.Query().Get("persona"), name)
		require.False(t, address.Query().Has("admin"))
	}
}

func TestASessionOfBeforeTheLoginIsEnded(t *testing.T) {
	c := newCabinet(t)
	attacker, victim := c.browser(), c.browser()
	attacker.login(t, "petrov")
	planted := attacker.cookies[c.cookie]

	victim.cookies[c.cookie] = planted
	victim.login(t, "ivanova")
	require.NotEqual(t, planted, victim.cookies[c.cookie])
	require.NotZero(t, victim.query(t).Person)
	require.Zero(t, attacker.query(t), "the planted one opens nothing any more")
	row, err := c.store.Session.Query().All(persontest.System(t))
	require.NoError(t, err)
	require.Len(t, row, 2)
	require.Equal(t, session.ReasonReplaced, row[0].EndReason)

	again := victim.cookies[c.cookie]
	victim.login(t, "ivanova")
	require.NotEqual(t, again, victim.cookies[c.cookie], "a new id at every login")

	for _, nonsense := range []string{"x", strings.Repeat("A", 43), "%00", strings.Repeat("A", 4000)} {
		b := c.browser()
		b.cookies[c.cookie] = nonsense
		b.login(t, "petrov")
		require.NotEqual(t, nonsense, b.cookies[c.cookie])
		require.NotZero(t, b.query(t).Person)
	}
}

func TestCallbacksThatAreRefused(t *testing.T) {
	const notBegun = "This login was not begun in this browser, or too long ago. Begin the login again."
	english := []string{"Accept-Language", "en"}
	for name, test := range map[string]struct {
		// attempt gives the callback that a browser makes in the end.
		attempt func(t *testing.T, b *browser) string
		status  int
		code    fault.Code
		message string // may be empty
	}{
		"nothing was begun": {func(*testing.T, *browser) string { return "/auth/callback" }, 400, fault.BadInput, notBegun},
		"without the login cookie": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			delete(b.cookies, b.loginName)
			return back
		}, 400, fault.BadInput, notBegun},
		"somebody else's code and state": {func(t *testing.T, b *browser) string {
			other := b.browser()
			b.begin(t, "/")
			return b.visit(t, other.begin(t, "/"), "persona=petrov")
		}, 400, fault.BadInput, ""},
		"somebody else's code, own state": {func(t *testing.T, b *browser) string {
			other := b.browser()
			foreign, err := url.Parse(b.visit(t, other.begin(t, "/"), "persona=petrov"))
			require.NoError(t, err)
			own, err := url.Parse(b.begin(t, "/"))
			require.NoError(t, err)
			return "/auth/callback?" + url.Values{"code": {foreign.Query().Get("code")}, "state": {own.Query().Get("state")}}.Encode()
		}, 401, fault.Unauthenticated, ""},
		"another browser's login cookie": {func(t *testing.T, b *browser) string {
			other := b.browser()
			other.begin(t, "/")
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			b.cookies[b.loginName] = other.cookies[b.loginName]
			return back
		}, 400, fault.BadInput, ""},
		"the session cookie as login cookie": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			b.cookies[b.loginName] = strings.Repeat("A", 43)
			return back
		}, 400, fault.BadInput, notBegun},
		"a changed login cookie": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			value := []byte(b.cookies[b.loginName])
			value[len(value)/2] ^= 1
			b.cookies[b.loginName] = string(value)
			return back
		}, 400, fault.BadInput, notBegun},
		"a cut login cookie": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			b.cookies[b.loginName] = b.cookies[b.loginName][:20]
			return back
		}, 400, fault.BadInput, notBegun},
		"the state is missing": {func(t *testing.T, b *browser) string {
			return strings.Replace(b.visit(t, b.begin(t, "/"), "persona=ivanova"), "state=", "x=", 1)
		}, 400, fault.BadInput, ""},
		"a wrong state": {func(t *testing.T, b *browser) string {
			return strings.Replace(b.visit(t, b.begin(t, "/"), "persona=ivanova"), "state=", "state=0", 1)
		}, 400, fault.BadInput, ""},
		"two states": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			return back + "&state=1"
		}, 400, fault.BadInput, ""},
		"no code": {func(t *testing.T, b *browser) string {
			return strings.Replace(b.visit(t, b.begin(t, "/"), "persona=ivanova"), "code=", "x=", 1)
		}, 400, fault.BadInput, ""},
		"after fifteen minutes": {func(t *testing.T, b *browser) string {
			back := b.visit(t, b.begin(t, "/"), "persona=ivanova")
			b.pass(15*time.Minute + time.Second)
			return back
		}, 400, fault.BadInput, notBegun},
		"the person refused": {func(t *testing.T, b *browser) string {
			return b.visit(t, b.begin(t, "/"), "fail="+string(esia.CodeRefused))
		}, 401, fault.Unauthenticated, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCabinet(t).browser()
			back := test.attempt(t, b)
			had := b.cookies[b.loginName] != ""
			answer := b.get(t, back, english...)
			r := requireRefused(t, answer, test.status, test.code)
			if test.message != "" {
				require.Equal(t, test.message, r.Message)
			}
			b.requireNobody(t, answer, 0)
			require.Equal(t, had, len(answer.Cookies()) == 1, "the login serves once, whatever comes of it")
			require.Empty(t, b.cookies)
		})
	}
}

func TestACallbackServesOnce(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	back := c.visit(t, b.begin(t, "/"), "persona=ivanova")
	kept := b.cookies[c.loginName]
	require.Equal(t, http.StatusSeeOther, b.get(t, back).StatusCode)
	first := b.cookies[c.cookie]

	answer := b.get(t, back)
	requireRefused(t, answer, http.StatusBadRequest, fault.BadInput)
	b.requireNobody(t, answer, 1)

	thief := c.browser() // who has copied the cookie and the address
	thief.cookies[c.loginName] = kept
	answer = thief.get(t, back)
	requireRefused(t, answer, http.StatusUnauthorized, fault.Unauthenticated)
	thief.requireNobody(t, answer, 1)
	require.Equal(t, first, b.cookies[c.cookie])
	require.NotZero(t, b.query(t).Person)
}

func TestEveryRefusalOfEsiaIsACodedOne(t *testing.T) {
	c := newCabinet(t)
	for _, code := range esia.Codes() {
		b := c.browser()
		answer := b.get(t, c.visit(t, b.begin(t, "/"), "fail="+string(code)), "Accept-Language", "en")
		want := esia.Refusal(code)
		require.GreaterOrEqual(t, answer.StatusCode, 400)
		r := requireRefused(t, answer, answer.StatusCode, want.Code)
		require.Equal(t, want.Message(locale.English), r.Message)
		b.requireNobody(t, answer, 0)
	}
}

func TestAnErrorTextOfTheCallbackIsNotRepeated(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	address, err := url.Parse(b.begin(t, "/"))
	require.NoError(t, err)
	answer := b.get(t, "/auth/callback?"+url.Values{
		"error": {"<script>marker"}, "error_description": {"marker 112-233-445 95"}, "state": {address.Query().Get("state")},
	}.Encode())
	require.NotContains(t, text(t, answer), "marker")
	require.GreaterOrEqual(t, answer.StatusCode, 400)
	require.NotContains(t, c.log.String(), "marker")
	require.NotContains(t, c.log.String(), "112-233")
}
