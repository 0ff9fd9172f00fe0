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

// pace is how often an endpoint is served to one address, and to all together. What one address may do is a small part of
// what all may, so that no single one uses it up.
type pace struct{ address, all ratelimit.Limit }

// The limits of the endpoints that anybody can reach and that cost more than an answer: signatures, keys, rows, requests
// to the identity provider. Behind one address may stand a whole town, where a mobile operator translates addresses; the
// limits are far above what people do, and stop machines. A secret is never guessed at this rate: each has 256 bits.
var (
	loginPace = pace{
		address: ratelimit.Limit{Name: "login", Rate: 1200, Per: time.Minute, Burst: 600},
		all:     ratelimit.Limit{Name: "login of all", Rate: 500, Per: time.Second, Burst: 5000},
	}
	callbackPace = pace{
		address: ratelimit.Limit{Name: "callback", Rate: 1200, Per: time.Minute, Burst: 600},
		all:     ratelimit.Limit{Name: "callback of all", Rate: 500, Per: time.Second, Burst: 5000},
	}
	tokenPace = pace{
		address: ratelimit.Limit{Name: "token", Rate: 2400, Per: time.Minute, Burst: 1200},
		all:     ratelimit.Limit{Name: "token of all", Rate: 1000, Per: time.Second, Burst: 10_000},
	}
	// The provider ends everybody's sessions from its few addresses.
	providerLogoutPace = pace{
		address: ratelimit.Limit{Name: "provider logout", Rate: 100, Per: time.Second, Burst: 2000},
		all:     ratelimit.Limit{Name: "provider logout of all", Rate: 200, Per: time.Second, Burst: 4000},
	}
)

// limited serves an endpoint at its pace.
func (e *edge) limited(p pace, next http.HandlerFunc) http.HandlerFunc {
	if e.Limiter == nil {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		err := e.Limiter.Take(r.Context(), p.address, site(clientaddr.FromContext(r.Context())))
		if err == nil {
			err = e.Limiter.Take(r.Context(), p.all, "")
		}
		if err != nil {
			e.refuse(w, r, err)
			return
		}
		next(w, r)
	}
}

// siteBits is how much of an IPv6 address names the site; the rest anybody there chooses as they like.
const siteBits = 64

// site is what counts as one address. Those that are not known count as one.
func site(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(siteBits); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// addressed puts the client's address into the context.
func (e *edge) addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := clientaddr.Resolve(r.RemoteAddr, r.Header.Values(clientaddr.Header), e.TrustedProxies)
		next.ServeHTTP(w, r.WithContext(clientaddr.NewContext(r.Context(), a)))
	})
}
