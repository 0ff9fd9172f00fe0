package clientaddr_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/clientaddr"
)

func proxies() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("203.0.113.7/32")}
}

func TestResolve(t *testing.T) {
	for name, test := range map[string]struct {
		connected string
		forwarded []string
		want      string // empty: not known
	}{
		"no proxy":                                 {"198.51.100.1:4000", nil, "198.51.100.1"},
		"no proxy, IPv6":                           {"[2001:db8::1]:4000", nil, "2001:db8::1"},
		"no proxy, zone":                           {"[fe80::1%eth0]:4000", nil, "fe80::1"},
		"no proxy, IPv4 in IPv6":                   {"[::ffff:198.51.100.1]:4000", nil, "198.51.100.1"},
		"a stranger who tells of somebody":         {"198.51.100.1:4000", []string{"192.0.2.1"}, "198.51.100.1"},
		"a stranger who tells of a proxy":          {"198.51.100.1:4000", []string{"192.0.2.1, 10.0.0.1"}, "198.51.100.1"},
		"a neighbour of a proxy":                   {"203.0.113.8:4000", []string{"192.0.2.1"}, "203.0.113.8"},
		"through a proxy":                          {"10.0.0.1:4000", []string{"192.0.2.1"}, "192.0.2.1"},
		"through a proxy, IPv6":                    {"[fd00::1]:4000", []string{"2001:db8::1"}, "2001:db8::1"},
		"through a proxy that listens on IPv6":     {"[::ffff:10.0.0.1]:4000", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		"through two":                              {"10.0.0.1:4000", []string{"192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		"through two, in two lines":                {"10.0.0.1:4000", []string{"192.0.2.1", "10.0.0.2"}, "192.0.2.1"},
		"who tells the proxy of somebody":          {"10.0.0.1:4000", []string{"1.1.1.1, 192.0.2.1"}, "192.0.2.1"},
		"who tells it in a line of their own":      {"10.0.0.1:4000", []string{"1.1.1.1", "192.0.2.1"}, "192.0.2.1"},
		"who tells it of a proxy":                  {"10.0.0.1:4000", []string{"1.1.1.1, 10.0.0.9, 192.0.2.1"}, "192.0.2.1"},
		"who tells it nonsense":                    {"10.0.0.1:4000", []string{"<script>, ' OR 1=1, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		"the proxy tells nothing":                  {"10.0.0.1:4000", nil, "10.0.0.1"},
		"the proxy tells an empty line":            {"10.0.0.1:4000", []string{""}, "10.0.0.1"},
		"the proxy tells nonsense":                 {"10.0.0.1:4000", []string{"unknown"}, "10.0.0.1"},
		"the proxy tells of an obfuscated address": {"10.0.0.1:4000", []string{"192.0.2.1, _hidden"}, "10.0.0.1"},
		"the second proxy tells nonsense":          {"10.0.0.1:4000", []string{"192.0.2.1, , 10.0.0.2"}, "10.0.0.2"},
		"a name is no address":                     {"10.0.0.1:4000", []string{"client.example"}, "10.0.0.1"},
		"a range is no address":                    {"10.0.0.1:4000", []string{"192.0.2.0/24"}, "10.0.0.1"},
		"proxies only":                             {"10.0.0.1:4000", []string{"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		"with ports":                               {"10.0.0.1:4000", []string{"192.0.2.1:5000"}, "192.0.2.1"},
		"with ports, IPv6":                         {"10.0.0.1:4000", []string{"[2001:db8::1]:5000"}, "2001:db8::1"},
		"with spaces and tabs":                     {"10.0.0.1:4000", []string{" \t192.0.2.1\t , 10.0.0.2 "}, "192.0.2.1"},
		"digits that other readers take as octal":  {"10.0.0.1:4000", []string{"010.0.0.1"}, "10.0.0.1"},
		"a socket without address":                 {"@", []string{"192.0.2.1"}, ""},
		"nothing":                                  {"", []string{"192.0.2.1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := clientaddr.Resolve(test.connected, test.forwarded, proxies())
			if test.want == "" {
				require.False(t, got.IsValid())
				return
			}
			require.Equal(t, test.want, got.String())
		})
	}
	require.Equal(t, "10.0.0.1", clientaddr.Resolve("10.0.0.1:1", []string{"192.0.2.1"}, nil).String(), "nobody is trusted unless told so")
}

func TestContext(t *testing.T) {
	require.False(t, clientaddr.FromContext(t.Context()).IsValid())
	a := netip.MustParseAddr("192.0.2.1")
	require.Equal(t, a, clientaddr.FromContext(clientaddr.NewContext(t.Context(), a)))
}

// FuzzResolve: whatever a client writes before what the proxy adds, it is the client whom the proxy saw.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"", "1.1.1.1", "10.0.0.1", ",", "1.1.1.1,", "x,10.0.0.1", "::ffff:10.0.0.1", "[::1]:1", strings.Repeat(",", 1000)} {
		f.Add(s, "192.0.2.1")
	}
	f.Fuzz(func(t *testing.T, told, seen string) {
		saw, err := netip.ParseAddr(seen)
		if err != nil {
			return
		}
		saw = saw.Unmap().WithZone("")
		if slices.ContainsFunc(proxies(), func(p netip.Prefix) bool { return p.Contains(saw) }) {
			return
		}
		require.Equal(t, saw, clientaddr.Resolve("10.0.0.1:4000", []string{told, saw.String()}, proxies()))
		require.Equal(t, saw, clientaddr.Resolve("10.0.0.1:4000", []string{told + "," + saw.String() + ", 10.0.0.2"}, proxies()))
		require.Equal(t, saw, clientaddr.Resolve(netip.AddrPortFrom(saw, 1).String(), []string{told}, proxies()), "nobody speaks for themselves")
	})
}
