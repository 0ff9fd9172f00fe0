package esia

import (
	"net/url"
	"strings"
	"time"
)

// timestampLayout is ESIA's `yyyy.MM.dd HH:mm:ss Z`.
const timestampLayout = "2006.01.02 15:04:05 -0700"

// family is what one protocol family of ESIA does in its own way. The two are never mixed.
type family struct {
	authorizePath string
	tokenPath     string
	logoutPath    string
	// signed lists the parameters over which client_secret is made, in their order. An absent
	// one counts as empty: that is how scope_org and code drop out where they have no place.
	signed []string
	// certificateHash tells whether the hash of the client's certificate goes along.
	certificateHash bool
}

// current is the family that new systems are registered for.
func current() family {
	return family{
		authorizePath:   "/aas/oauth2/v2/ac",
		tokenPath:       "/aas/oauth2/v3/te",
		logoutPath:      "/idp/ext/Logout",
		signed:          []string{"client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri", "code"},
		certificateHash: true,
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
