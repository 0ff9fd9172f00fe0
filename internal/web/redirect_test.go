package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/web"
)

// elsewhere are addresses that some browser could take for another place, or that no link of the cabinet has.
func elsewhere() []string {
	return []string{
		"", "e", "benefits", "//e", "///e", "////e", `/\e`, `\/e`, `\\e`, `/\/e`, "/%5Ce", "/%5c%5ce", "/%2Fe", "/%2f%2fe", "/x//e",
		"/..//e", "/.//e", "/../e", "/a/../..//e", "/a/..", "/%2e%2e//e", "/%2E%2E/e",
		"/\te", "/%09/e", "/\t/e", "/\n/e", "/\r\n/e", "/%0d%0aSet-Cookie:a=b", "/\x00", "/%00", "/a\x7f", "/a%7f", "/ /e", " /e", "/%20/e", "\t//e",
		"https:e", "https:/e", "https://e", "https:///e", "HTTPS://e", "http:e", "//e@lk.example.ru", "https://lk.example.ru@e",
		"https://lk.example.ru/", "lk.example.ru", "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,e",
		"vbscript:e", "file:///etc/passwd", "mailto:e", "blob:e", "?a", "#a", ".", "..", "/%", "/%zz", "*", "*/e",
		"/" + strings.Repeat("a", 1024), strings.Repeat("/", 2000),
	}
}

func TestReturnAddressesElsewhereLeadHome(t *testing.T) {
	c := newCabinet(t)
	for _, address := range elsewhere() {
		require.Equal(t, "/", web.LocalPath(address), "%q", address)
		b := c.browser()
		answer := b.get(t, c.visit(t, b.begin(t, address), "persona=empty"))
		require.Equal(t, "/", answer.Header.Get("Location"), "%q", address)
	}
	b := c.browser()
	twice := b.get(t, "/auth/login?return_to=/good&return_to=//e")
	answer := b.get(t, c.visit(t, twice.Header.Get("Location"), "persona=empty"))
	require.Equal(t, "/good", answer.Header.Get("Location"), "the first counts")
}

func TestReturnAddressesWithinAreKept(t *testing.T) {
	c := newCabinet(t)
	for _, address := range []string{
		"/", "/playground/", "/benefits", "/benefits/BE_x", "/a?b=c&d=e", "/a?next=//e", "/a?next=https://e/", "/a#part", "/a?b#c/d",
		"/%D0%B0", "/a+b", "/a?b=%20c", "/a;b", "/a@b", "/a:b", "/.well-known/x", "/...", "/a..b", "/" + strings.Repeat("a", 1023),
	} {
		require.Equal(t, address, web.LocalPath(address))
		b := c.browser()
		answer := b.get(t, c.visit(t, b.begin(t, address), "persona=empty"))
		require.Equal(t, address, answer.Header.Get("Location"))
	}
}

// FuzzLocalPath: whatever is asked for, the browser is sent to a path of the cabinet.
func FuzzLocalPath(f *testing.F) {
	for _, address := range append(elsewhere(), "/a?b=c#d", "/%D0%B0", "/a/./b", "/a?\u2028", "/а", "/\xff") {
		f.Add(address)
	}
	home, err := url.Parse(secureAddress + "/auth/callback?code=x")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, address string) {
		got := web.LocalPath(address)
		require.LessOrEqual(t, len(got), 1024)
		require.Equal(t, got, web.LocalPath(got), "a good one stays")
		recorder := httptest.NewRecorder()
		http.Redirect(recorder, httptest.NewRequest(http.MethodGet, home.String(), nil), got, http.StatusSeeOther)
		location := recorder.Header().Get("Location")
		// As browsers read it (WHATWG): tabs and line ends do not count, nor control characters around; \ is /.
		read := strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(location)
		read = strings.TrimFunc(read, func(r rune) bool { return r <= ' ' })
		require.Regexp(t, `^/([^/]|$)`, read)
		require.NotRegexp(t, `[\x00-\x20\x7f-\xff]`, location, "nothing that a header cannot carry")
		target, err := home.Parse(read)
		require.NoError(t, err)
		require.Equal(t, home.Scheme+"://"+home.Host, target.Scheme+"://"+target.Host)
		require.Nil(t, target.User)
	})
}
