package web

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"kabinet/internal/clientaddr"
	"kabinet/internal/ratelimit"
)

// Limiter counts; see package ratelimit.
type Limiter interface {
	// Take gives nil, or a refusal that tells when to come back.
	Take(ctx context.Context, limit ratelimit.Limit, key string) error
}

// pace is how often an endpoint is served to one machine: an address of IPv4, or, of IPv6, what a machine chooses its
// addresses from. Households (of IPv6, which a provider gives many addresses), networks and all together have so many
// times as much. Each limit is far above the one below it, so that whoever uses up their own refuses nobody else.
type pace struct {
	name        string
	rate, burst int // in a second, and at once
}

// How much of an address, in bits, names whom. What an IPv6 address holds behind it its owner chooses as they like.
const (
	machineBits  = 64
	homeBits     = 56
	networkBits  = 48
	networkBits4 = 24
)

// How many machines' share the others have. What all have is some ten times what one instance serves: it stands against
// attacks from very many networks, of which each is stopped long before.
const (
	homeShares    = 2
	networkShares = 20
	allShares     = 1000
)

// limit is that of so many machines.
func (p pace) limit(whose string, shares int) ratelimit.Limit {
	return ratelimit.Limit{Name: p.name + whose, Rate: shares * p.rate, Per: time.Second, Burst: shares * p.burst}
}

// The limits of the endpoints that anybody can reach and that cost more than an answer: signatures, keys, rows, requests
// to the identity provider. Behind one address may stand a whole town, where a mobile operator translates addresses; the
// limits are far above what people do, and stop machines. A secret is never guessed at this rate: each has 256 bits.
// The provider ends everybody's sessions from its few addresses.
var (
	loginPace          = pace{"login", 20, 600}
	callbackPace       = pace{"callback", 20, 600}
	tokenPace          = pace{"token", 40, 1200}
	providerLogoutPace = pace{"provider logout", 100, 2000}
)

// count is what one limit counts under one key.
type count struct {
	limit ratelimit.Limit
	key   string
}

// counts are those of an address but for that of all, the narrowest first. An address that is not known counts as one.
func (p pace) counts(a netip.Addr) []count {
	a = a.Unmap()
	machine, network := p.limit("", 1), p.limit(" of a network", networkShares)
	if !a.Is6() {
		return []count{{machine, a.String()}, {network, within(a, networkBits4)}}
	}
	household := p.limit(" of a household", homeShares)
	return []count{{machine, within(a, machineBits)}, {household, within(a, homeBits)}, {network, within(a, networkBits)}}
}

// within names the network of an address.
func within(a netip.Addr, bits int) string {
	p, err := a.Prefix(bits)
	if err != nil {
		return a.String()
	}
	return p.String()
}

// take counts a request from an address. What it is refused for itself costs nobody else.
func (p pace) take(ctx context.Context, l Limiter, a netip.Addr) error {
	for _, c := range p.counts(a) {
		if err := l.Take(ctx, c.limit, c.key); err != nil {
			return err
		}
	}
	return l.Take(ctx, p.limit(" of all", allShares), "")
}

// limited serves an endpoint at its pace.
func (e *edge) limited(p pace, next http.HandlerFunc) http.HandlerFunc {
	if e.Limiter == nil {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := p.take(r.Context(), e.Limiter, clientaddr.FromContext(r.Context())); err != nil {
			e.refuse(w, r, err)
			return
		}
		next(w, r)
	}
}

// addressed puts the client's address into the context.
func (e *edge) addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := clientaddr.Resolve(r.RemoteAddr, r.Header.Values(clientaddr.Header), e.TrustedProxies)
		next.ServeHTTP(w, r.WithContext(clientaddr.NewContext(r.Context(), a)))
	})
}
