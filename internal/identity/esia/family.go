package esia

import (
	"net/url"
	"strings"
	"time"
)

// timestampLayout is ESIA's `yyyy.MM.dd HH:mm:ss Z`.
const timestampLayout = "2006.01.02 15:04:05 -0700"

// Family names one of ESIA's two protocol families. They are never mixed.
type Family int

// The families.
const (
	// Current is what new systems are registered for: raw signatures and the certificate's hash.
	Current Family = iota
	// Legacy is what old registrations still use: CMS signatures.
	Legacy
)

// family is what one protocol family of ESIA does in its own way.
type family struct {
	authorizePath string
	tokenPath     string
	logoutPath    string
	// signed lists the parameters over which client_secret is made, in their order. An absent
	// one counts as empty: that is how scope_org and code drop out where they have no place.
	signed []string
	// certificateHash tells whether the hash of the client's certificate goes along.
	certificateHash bool
	// challenge tells whether PKCE is used. No client of the legacy family is known to do so; there
	// a login is bound by its state alone.
	challenge bool
}

func (f Family) protocol() family {
	if f == Legacy {
		return family{
			authorizePath: "/aas/oauth2/ac",
			tokenPath:     "/aas/oauth2/te",
			logoutPath:    "/idp/ext/Logout",
			signed:        []string{"scope", "timestamp", "client_id", "state"},
		}
	}
	return family{
		authorizePath:   "/aas/oauth2/v2/ac",
		tokenPath:       "/aas/oauth2/v3/te",
		logoutPath:      "/idp/ext/Logout",
		signed:          []string{"client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri", "code"},
		certificateHash: true,
		challenge:       true,
	}
}

// message is what client_secret signs: the values one after another, in UTF-8, with nothing between.
func (f family) message(parameters url.Values) []byte {
	var b strings.Builder
	for _, name := range f.signed {
		b.WriteString(parameters.Get(name))
	}
	return []byte(b.String())
}

func timestamp(now time.Time) string { return now.UTC().Format(timestampLayout) }
