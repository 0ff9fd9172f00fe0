package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clientaddr"
	"kabinet/internal/clock"
	"kabinet/internal/fault"
	"kabinet/internal/ratelimit"
	"kabinet/internal/web"
)

// counts is a limiter that remembers what it was asked, and refuses some.
type counts struct {
	mu     sync.Mutex
	keys   map[string][]string // by the limit's name
	refuse string
}

func (c *counts) Take(_ context.Context, limit ratelimit.Limit, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = map[string][]string{}
	}
	c.keys[limit.Name] = append(c.keys[limit.Name], key)
	if limit.Name != c.refuse {
		return nil
	}
	refusal := *ratelimit.ErrTooMany
	refusal.RetryAfter = 1500 * time.Millisecond
	return &refusal
}

func TestWhatAnybodyCanReachIsLimited(t *testing.T) {
	for name, test := range map[string]struct{ method, target string }{
		"login":           {http.MethodGet, "/auth/login"},
		"callback":        {http.MethodGet, "/auth/callback"},
		"token":           {http.MethodPost, "/auth/mobile/token"},
		"provider logout": {http.MethodPost, "/auth/backchannel-logout"},
	} {
		for _, refuse := range []string{name, name + " of a network", name + " of all"} {
			t.Run(refuse, func(t *testing.T) {
				l := &counts{refuse: refuse}
				b := newCabinet(t, withApp, listening(t), func(o *web.Options) { o.Limiter = l }).browser()
				answer := b.do(t, test.method, test.target, "", "Accept-Language", "en")
				r := requireRefused(t, answer, http.StatusTooManyRequests, fault.RateLimited)
				require.Equal(t, "2", answer.Header.Get("Retry-After"), "rounded up: earlier does not help")
				require.Equal(t, 2, r.RetryAfterSeconds)
				require.Empty(t, answer.Cookies())
				want := map[string][]string{name: {"192.0.2.1"}, name + " of a network": {"192.0.2.0/24"}, name + " of all": {""}}
				for counted, keys := range l.keys {
					require.Equal(t, want[counted], keys)
				}
				require.Len(t, l.keys, map[string]int{name: 1, name + " of a network": 2, name + " of all": 3}[refuse],
					"one who asks too much uses up nobody else's share")
			})
		}
	}
	l := &counts{}
	b := newCabinet(t, withApp, listening(t), func(o *web.Options) { o.Limiter = l }).browser()
	for _, target := range []string{"/auth/mobile/login", "/auth/frontchannel-logout"} {
		b.get(t, target)
	}
	b.do(t, http.MethodPost, "/auth/mobile/refresh", "")
	require.Len(t, l.keys["login"], 1)
	require.Len(t, l.keys["provider logout"], 1)
	require.Len(t, l.keys["token"], 1)
	require.Equal(t, http.StatusSeeOther, newCabinet(t, func(o *web.Options) { o.Limiter = nil }).browser().get(t, "/auth/login").StatusCode)
}

// TestAMachineThatLogsInIsStopped with the limits that there are: it is, others are not, and it may go on later.
func TestAMachineThatLogsInIsStopped(t *testing.T) {
	c := newCabinet(t, withApp)
	for name, try := range map[string]func() *http.Response{
		"begin":    func() *http.Response { return c.browser().get(t, "/auth/mobile/login?redirect_uri=x") },
		"callback": func() *http.Response { return c.browser().get(t, "/auth/callback?code=guess&state=guess") },
		"code": func() *http.Response {
			return c.postForm(t, "/auth/mobile/token", url.Values{"code": {"guess"}, "code_verifier": {strings.Repeat("a", 43)}, "redirect_uri": {appScheme}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			passed := 0
			var last *http.Response
			for range 2000 {
				if last = try(); last.StatusCode == http.StatusTooManyRequests {
					break
				}
				passed++
			}
			requireRefused(t, last, http.StatusTooManyRequests, fault.RateLimited)
			require.NotEmpty(t, last.Header.Get("Retry-After"))
			require.GreaterOrEqual(t, passed, 500, "people behind one address are not stopped")
			c.pass(time.Minute)
			require.NotEqual(t, http.StatusTooManyRequests, try().StatusCode)
		})
	}
	c.pass(time.Minute)
	b := c.browser()
	b.login(t, "ivanova")
	require.NotZero(t, b.query(t).Person)
}

func TestTheAddressOfARequest(t *testing.T) {
	for name, test := range map[string]struct {
		connected string
		forwarded []string
		want      string
	}{
		"nobody in between":       {"198.51.100.1:1", nil, "198.51.100.1"},
		"a stranger who lies":     {"198.51.100.1:1", []string{"203.0.113.1"}, "198.51.100.1"},
		"through the proxy":       {"10.0.0.1:1", []string{"203.0.113.1"}, "203.0.113.1"},
		"who lies to the proxy":   {"10.0.0.1:1", []string{"1.1.1.1, 203.0.113.1"}, "203.0.113.1"},
		"in lines of their own":   {"10.0.0.1:1", []string{"1.1.1.1", "203.0.113.1"}, "203.0.113.1"},
		"IPv4 in IPv6":            {"[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.1"}, "203.0.113.1"},
		"the proxy says nonsense": {"10.0.0.1:1", []string{"203.0.113.1, x"}, "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCabinet(t, func(o *web.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
			var got netip.Addr
			c.api = func(_ http.ResponseWriter, r *http.Request) { got = clientaddr.FromContext(r.Context()) }
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", nil)
			r.RemoteAddr = test.connected
			r.Header["X-Forwarded-For"] = test.forwarded
			r.Header.Set("Forwarded", "for=9.9.9.9")
			r.Header.Set("X-Real-Ip", "9.9.9.9")
			c.ServeHTTP(httptest.NewRecorder(), r)
			require.Equal(t, test.want, got.String())
		})
	}
}

func TestWhatAnAddressCountsAs(t *testing.T) {
	for address, want := range map[string][]string{ // of its machine, household, network, and all
		"198.51.100.1":               {"198.51.100.1", "", "198.51.100.0/24", "all"},
		"::ffff:198.51.100.1":        {"198.51.100.1", "", "198.51.100.0/24", "all"},
		"2001:db8:1:203:4:5:6:7":     {"2001:db8:1:203::/64", "2001:db8:1:200::/56", "2001:db8:1::/48", "all"},
		"2001:db8:1:203::1":          {"2001:db8:1:203::/64", "2001:db8:1:200::/56", "2001:db8:1::/48", "all"},
		"2001:db8:1:204::1":          {"2001:db8:1:204::/64", "2001:db8:1:200::/56", "2001:db8:1::/48", "all"},
		"2001:db8:1:304:ffff::1%eth": {"2001:db8:1:304::/64", "2001:db8:1:300::/56", "2001:db8:1::/48", "all"},
		"2001:db8:2:304::1":          {"2001:db8:2:304::/64", "2001:db8:2:300::/56", "2001:db8:2::/48", "all"},
		"":                           {"invalid IP", "", "invalid Prefix", "all"}, // who is not known counts as one
	} {
		a, _ := netip.ParseAddr(address)
		for name, take := range web.Paces() {
			l := &counts{}
			require.NoError(t, take(t.Context(), l, a))
			for i, whose := range []string{"", " of a household", " of a network", " of all"} {
				switch keys := l.keys[name+whose]; want[i] {
				case "":
					require.Empty(t, keys)
				case "all":
					require.Equal(t, []string{""}, keys)
				default:
					require.Equal(t, []string{want[i]}, keys, address)
				}
			}
		}
	}
}

// TestWhoFloodsRefusesNobodyElse: whatever one machine, one home or one network sends, others come in.
func TestWhoFloodsRefusesNobodyElse(t *testing.T) {
	const rounds = 4 // a second each
	sent := map[string]int{"login": 5000, "callback": 5000, "token": 10_000, "provider logout": 16_000, "miss": 2500}
	for name, test := range map[string]struct {
		from     string // the attacker has all of it, and
		machines int    // sends from so many places in it
		innocent []string
	}{
		"an address of IPv4": {"198.51.100.7/32", 1, []string{"198.51.100.8", "198.51.101.7", "2001:db8::1"}},
		"a network of IPv4":  {"198.51.100.0/24", 256, []string{"198.51.101.7", "203.0.113.1", "2001:db8::1"}},
		"a machine":          {"2001:db8:1:203::/64", 1, []string{"2001:db8:1:204::1", "2001:db8:1:303::1", "2001:db8:2::1", "198.51.100.1"}},
		"a home":             {"2001:db8:1:200::/56", 256, []string{"2001:db8:1:300::1", "2001:db8:2::1", "198.51.100.1"}},
		"an organisation":    {"2001:db8:1::/48", 65536, []string{"2001:db8:2::1", "2001:db9::1", "198.51.100.1"}},
	} {
		for endpoint, take := range web.Paces() {
			requests := sent[endpoint]
			t.Run(name+": "+endpoint, func(t *testing.T) {
				c := clock.NewFixed(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
				l := ratelimit.NewMemory(c, 100_000)
				base := netip.MustParsePrefix(test.from).Addr().AsSlice()
				refused := 0
				for round := range rounds {
					for i := range requests {
						place := (round*requests + i) % test.machines
						from := bytes.Clone(base)
						if len(from) == 4 {
							from[3] += byte(place)
						} else {
							from[6], from[7], from[15] = from[6]+byte(place>>8), from[7]+byte(place), byte(i)
						}
						a, _ := netip.AddrFromSlice(from)
						if take(t.Context(), l, a) != nil {
							refused++
						}
					}
					for _, innocent := range test.innocent {
						require.NoError(t, take(t.Context(), l, netip.MustParseAddr(innocent)), "%s after %d s", innocent, round)
					}
					c.Advance(time.Second)
				}
				require.Positive(t, refused, "and is stopped")
			})
		}
	}
}

func TestTheAddressIsNotLogged(t *testing.T) {
	c := newCabinet(t, func(o *web.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	b := c.browser().from(abroad)
	b.login(t, "ivanova")
	for i := range 3 {
		b.get(t, fmt.Sprint("/auth/callback?", i))
	}
	require.NotContains(t, c.log.String(), abroad)
	for _, key := range c.mini.Keys() {
		require.NotContains(t, key, abroad)
	}
}
