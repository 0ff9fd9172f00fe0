package identity

import (
	"context"
	"net/url"
	"time"
)

// Provider runs logins at one identity provider. Its errors are *fault.Error: they may be shown.
type Provider interface {
	// Begin prepares one login. It gives the address to send the browser to and the transaction
	// that the same browser has to bring back to Complete.
	Begin(ctx context.Context, redirectURI string) (authorizeURL string, tx Transaction, err error)
	// Complete turns the query of the callback into a Login. A transaction serves once: the
	// caller forgets it before Complete is called, whatever the outcome.
	Complete(ctx context.Context, tx Transaction, callback url.Values) (Login, error)
	// Logout gives the address that ends the provider's own session too and then returns the
	// browser to returnTo, which has to be registered at the provider. idToken is the one of the
	// session that ends; with it a provider that takes one need not ask the person. It may be empty.
	Logout(returnTo, idToken string) string
}

// LogoutListener is a Provider that tells the cabinet when it ends a session of its own.
type LogoutListener interface {
	// Name is Login.Provider of everybody who comes through it.
	Name() string
	// Issuer is the provider's name for itself, the address under which it is reached.
	Issuer() string
	// VerifyLogoutToken checks a token that the provider posted to end sessions. UNAUTHENTICATED
	// refuses it for good, as one that has served before; UPSTREAM_UNAVAILABLE tells that it could
	// not be checked now. It may be sent again until LogoutDone.
	VerifyLogoutToken(ctx context.Context, token string) (Logout, error)
	// LogoutDone remembers that a logout was carried out: its token has served. UPSTREAM_UNAVAILABLE
	// tells that it could not be remembered now.
	LogoutDone(ctx context.Context, done Logout) error
}

// Logout is what a provider tells of the end of its own sessions. At least one of Subject and
// ProviderSession is given; with a ProviderSession only that one ends, otherwise all of the subject.
type Logout struct {
	// Subject and ProviderSession are as in Login.
	Subject         string
	ProviderSession string
	// ID names the message, for the provider alone that told it.
	ID string
	// ServesUntil is when the message is refused for its age.
	ServesUntil time.Time
}

// Refresher is a Provider whose tokens can be renewed without the person.
type Refresher interface {
	// Refresh exchanges a refresh token for new tokens of the same subject. The old refresh token
	// is dead afterwards, so the caller holds a lock. A refusal with code UNAUTHENTICATED is
	// final: the person has to log in again. UPSTREAM_UNAVAILABLE may be tried again.
	Refresh(ctx context.Context, subject, refreshToken string) (Tokens, error)
}

// Transaction is what one login keeps between Begin and Complete. It belongs to one browser and
// is secret: the caller encrypts it before it leaves the server.
type Transaction struct {
	// State is what the callback has to repeat.
	State string `json:"state"`
	// Verifier is the PKCE code verifier (RFC 7636).
	Verifier string `json:"verifier"`
	// Nonce is what the id_token has to repeat; empty for a provider that knows none.
	Nonce string `json:"nonce,omitempty"`
	// RedirectURI is where the provider was told to send the browser.
	RedirectURI string `json:"redirectUri"`
	// StartedAt is when Begin was called.
	StartedAt time.Time `json:"startedAt"`
}

// Method is how the person proved to the provider who they are.
type Method string

// The methods that are told apart. ESIA names two; everything else it offers (SMS, QR, biometrics)
// arrives as one of them or as Other.
const (
	Password  Method = "PASSWORD"
	Signature Method = "SIGNATURE" // qualified electronic signature
	Other     Method = "OTHER"
)

// Login is a proved identity.
type Login struct {
	// Provider names the provider; with Subject it is the key of the account.
	Provider string
	// Subject is the account at the provider: for ESIA the oid, in digits.
	Subject string
	// Method is how the person logged in.
	Method Method
	// Trusted tells whether the account is confirmed, that is, the person was once seen with a passport.
	Trusted bool
	// ProviderSession is the provider's name for its own session; empty when it tells none.
	ProviderSession string
	Tokens          Tokens
	Profile         Profile
}

// Tokens are the provider's tokens. They are secret.
type Tokens struct {
	Access  string
	Refresh string // empty when the provider gave none
	ID      string
	// ExpiresAt is when Access stops working.
	ExpiresAt time.Time
}
