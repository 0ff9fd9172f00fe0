package clientaddr

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// Header is where proxies name the address that connected to them.
const Header = "X-Forwarded-For"

type contextKey struct{}

// NewContext returns the context of a request from that address.
func NewContext(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// FromContext gives the address of the request; the zero Addr outside of one, and when it is not known.
func FromContext(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(contextKey{}).(netip.Addr)
	return a
}

// Resolve finds the address of a request: of who connected (host:port), or, if that is a trusted proxy, the right-most
// in the lines of X-Forwarded-For that is none. Where these hold what is no address, it is that of the last proxy. IPv4
// within IPv6 is given as IPv4, and without a zone. The zero Addr tells that even who connected is not known.
func Resolve(connected string, forwarded []string, trusted []netip.Prefix) netip.Addr {
	last, ok := parse(connected)
	if !ok {
		return netip.Addr{}
	}
	rest := strings.Join(forwarded, ",") // several lines are one list (RFC 9110, 5.3)
	for more := rest != ""; more && contains(trusted, last); {
		var entry string
		if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
			rest, entry = rest[:comma], rest[comma+1:]
		} else {
			entry, more = rest, false
		}
		a, ok := parse(strings.Trim(entry, " \t"))
		if !ok {
			break
		}
		last = a
	}
	return last
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parse reads an address, with or without a port, as the network and proxies write it.
func parse(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = withPort.Addr()
	}
	return a.Unmap().WithZone(""), true
}
