package esia

import (
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"kabinet/internal/clock"
	"kabinet/internal/dev/persona"
	protocol "kabinet/internal/identity/esia"
)

// Lifetimes. The first two are guesses at ESIA's own, the others are known of it.
const (
	PageLifetime    = 30 * time.Minute // how long the login page stays good
	RefreshLifetime = 24 * time.Hour
	CodeLifetime    = time.Minute
	AccessLifetime  = time.Hour
	IDLifetime      = 3 * time.Hour
	// TimestampWindow is how far a request's timestamp may be off, in both directions.
	TimestampWindow = 5 * time.Minute
)

// Options are what an emulator is made of.
type Options struct {
	// Issuer is the base address with a slash at its end, such as http://127.0.0.1:8090/. It is
	// `iss` of the tokens and the beginning of the addresses in REST answers.
	Issuer string
	// Clients may send people here. At least one.
	Clients []Client
	// Personas are the people who can log in; when empty, persona.All.
	Personas []persona.Persona
	// Clock tells the time; when nil, the machine's.
	Clock clock.Clock
	// Key signs the tokens: *rsa.PrivateKey of 2048 bits or more, or *gost.PrivateKey. When nil, an
	// RSA key is generated, which slows the start.
	Key crypto.Signer
}

// Client is one registered system.
type Client struct {
	ID string
	// Key checks client_secret: *rsa.PublicKey or *gost.PublicKey. In the legacy family, where it
	// arrives in a certificate, only RSA is taken.
	Key crypto.PublicKey
	// CertificateHash is what the client sends with it: of its certificate, or in place of one what
	// the function of that name gives.
	CertificateHash string
	// RedirectURIs and LogoutURIs are the registered return addresses, compared as a whole.
	RedirectURIs []string
	LogoutURIs   []string
	// Scopes are what the client may ask for; when empty, every scope that the emulator knows.
	Scopes []string
}

// Endpoint names a part of the emulator that can be told to fail.
type Endpoint string

// The endpoints.
const (
	Authorize Endpoint = "authorize"
	Token     Endpoint = "token"
	Person    Endpoint = "person"
)

// Emulator is the server. It is an http.Handler, safe for concurrent use.
type Emulator struct {
	issuer   string
	base     string
	clients  map[string]Client
	personas []persona.Persona
	clock    clock.Clock
	key      signingKey
	signers  map[string]jose.Signer
	mux      *http.ServeMux
	page     *page

	pending  *shelf[authorizeRequest]
	codes    *shelf[*grant]
	refresh  *shelf[*grant]
	failures failures
}

// failures are the answers that tests and developers have asked for.
type failures struct {
	mu     sync.Mutex
	queued map[Endpoint][]protocol.Code
}

func (f *failures) add(at Endpoint, code protocol.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.queued == nil {
		f.queued = make(map[Endpoint][]protocol.Code)
	}
	f.queued[at] = append(f.queued[at], code)
}

func (f *failures) take(at Endpoint) (protocol.Code, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queued[at]) == 0 {
		return "", false
	}
	code := f.queued[at][0]
	f.queued[at] = f.queued[at][1:]
	return code, true
}

// New makes an emulator.
func New(options Options) (*Emulator, error) {
	base, err := url.Parse(options.Issuer)
	if err != nil || base.Host == "" || base.Path != "/" || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("esia emulator: the issuer must be scheme://host/ with a slash at its end")
	}
	if len(options.Personas) == 0 {
		options.Personas = persona.All()
	}
	if options.Clock == nil {
		options.Clock = clock.System{}
	}
	if options.Key == nil {
		if options.Key, err = GenerateKey(); err != nil {
			return nil, err
		}
	}
	key, err := newSigningKey(options.Key)
	if err != nil {
		return nil, err
	}
	clients, err := register(options.Clients)
	if err != nil {
		return nil, err
	}
	e := &Emulator{
		issuer:   options.Issuer,
		base:     strings.TrimSuffix(options.Issuer, "/"),
		clients:  clients,
		personas: options.Personas,
		clock:    options.Clock,
		key:      key,
		signers:  make(map[string]jose.Signer),
		pending:  newShelf[authorizeRequest](options.Clock),
		codes:    newShelf[*grant](options.Clock),
		refresh:  newShelf[*grant](options.Clock),
	}
	if e.page, err = newPage(); err != nil {
		return nil, err
	}
	for _, kind := range []string{"id", "access"} {
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: key.algorithm, Key: key.private},
			(&jose.SignerOptions{}).WithType("JWT").WithHeader("ver", 0).WithHeader("sbt", kind))
		if err != nil {
			return nil, fmt.Errorf("esia emulator: %w", err)
		}
		e.signers[kind] = signer
	}
	e.routes()
	return e, nil
}

func register(list []Client) (map[string]Client, error) {
	if len(list) == 0 {
		return nil, errors.New("esia emulator: there is no client")
	}
	clients := make(map[string]Client, len(list))
	for i, c := range list {
		switch {
		case c.ID == "" || !goodClientKey(c.Key):
			return nil, fmt.Errorf("esia emulator: client %d needs an id and a GOST key or an RSA key of %d bits", i+1, keyBits)
		case len(c.CertificateHash) != 64:
			return nil, fmt.Errorf("esia emulator: client %d needs a certificate hash of 64 characters", i+1)
		case len(c.RedirectURIs) == 0:
			return nil, fmt.Errorf("esia emulator: client %d has no return address", i+1)
		}
		if _, twice := clients[c.ID]; twice {
			return nil, fmt.Errorf("esia emulator: client %d has the id of another", i+1)
		}
		if len(c.Scopes) == 0 {
			c.Scopes = knownScopes()
		}
		clients[c.ID] = c
	}
	return clients, nil
}

func (e *Emulator) routes() {
	e.mux = http.NewServeMux()
	e.mux.HandleFunc("GET /aas/oauth2/v2/ac", e.authorize(protocol.Current))
	e.mux.HandleFunc("GET /aas/oauth2/ac", e.authorize(protocol.Legacy))
	e.mux.HandleFunc("GET /login", e.choose)
	e.mux.HandleFunc("POST /aas/oauth2/v3/te", e.token(protocol.Current))
	e.mux.HandleFunc("POST /aas/oauth2/te", e.token(protocol.Legacy))
	e.mux.HandleFunc("GET /rs/prns/{oid}", e.person)
	e.mux.HandleFunc("GET /rs/prns/{oid}/{collection}", e.collection)
	e.mux.HandleFunc("GET /rs/prns/{oid}/{collection}/{id}", e.element)
	e.mux.HandleFunc("GET /idp/ext/Logout", e.logout)
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	e.mux.ServeHTTP(w, r)
}

// PublicKey is the key by which clients check the tokens: *rsa.PublicKey or *gost.PublicKey.
func (e *Emulator) PublicKey() crypto.PublicKey { return e.key.public }

// Fail makes the next request to an endpoint that is otherwise in order fail with a code. Calls
// add up: each spoils one request.
func (e *Emulator) Fail(at Endpoint, next protocol.Code) { e.failures.add(at, next) }

func (e *Emulator) byName(name string) (persona.Persona, bool) {
	return find(e.personas, func(p persona.Persona) bool { return p.Name == name })
}

func (e *Emulator) bySubject(oid string) (persona.Persona, bool) {
	return find(e.personas, func(p persona.Persona) bool { return p.Subject() == oid })
}

func find(all []persona.Persona, is func(persona.Persona) bool) (persona.Persona, bool) {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return persona.Persona{}, false
	}
	return all[i], true
}
