package esia

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"kabinet/internal/dev/persona"
	"kabinet/internal/identity"
	protocol "kabinet/internal/identity/esia"
)

// authorizeRequest is a request to log somebody in that has passed every check.
type authorizeRequest struct {
	family      protocol.Family
	client      string
	redirectURI string
	state       string
	scopes      []string
	scopeOrg    string
	challenge   string
	offline     bool
}

// grant is what one person has allowed one client. A code and every refresh token stand for it.
type grant struct {
	authorizeRequest
	subject string
	method  string // PWD or DS
	session string
	used    bool // of a code
}

// authorize shows the login page, or logs in the person named by `persona` at once.
// For development, `fail` with a code makes the login end with it.
func (e *Emulator) authorize(family protocol.Family) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { e.begin(family, w, r) }
}

func (e *Emulator) begin(family protocol.Family, w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		e.page.failure(w, refuse(protocol.CodeUnparsable))
		return
	}
	// Until client and return address are known to belong together nothing may be sent there.
	if refused := once(query); refused != nil {
		e.page.failure(w, refused)
		return
	}
	client, known := e.clients[query.Get("client_id")]
	if !known {
		e.page.failure(w, refuse(protocol.CodeUnauthorizedClient))
		return
	}
	redirectURI, registered := oneOf(client.RedirectURIs, query.Get("redirect_uri"))
	if !registered {
		e.page.failure(w, refuse(protocol.CodeWrongRedirect))
		return
	}
	request, refused := e.checkAuthorize(family, client, query)
	if refused == nil {
		refused = e.wanted(query.Get("fail"))
	}
	if refused != nil {
		http.Redirect(w, r, refused.redirect(redirectURI, query.Get("state")), http.StatusFound) //nolint:gosec // a registered address; only its query holds what was sent
		return
	}
	if query.Get("persona") != "" {
		e.login(w, r, request, query.Get("persona"), query.Get("method"))
		return
	}
	// The page refers to the checked request: a person may look at it for longer than the
	// timestamp of the request is good.
	e.page.people(w, e.pending.put(request, PageLifetime), e.personas)
}

// wanted is the failure that was asked for, by Fail or by the request itself.
func (e *Emulator) wanted(asked string) *refusal {
	if code, ok := e.failures.take(Authorize); ok {
		return refuse(code)
	}
	if asked == "" {
		return nil
	}
	if _, known := vocabulary[protocol.Code(asked)]; !known {
		return refuse(protocol.CodeBadParameter)
	}
	return refuse(protocol.Code(asked))
}

func (e *Emulator) checkAuthorize(family protocol.Family, client Client, query url.Values) (authorizeRequest, *refusal) {
	if refused := e.checkSigned(family, client, query); refused != nil {
		return authorizeRequest{}, refused
	}
	switch query.Get("response_type") {
	case "code":
	case "":
		return authorizeRequest{}, refuse(protocol.CodeNoParameter)
	default:
		return authorizeRequest{}, refuse(protocol.CodeBadResponseType)
	}
	access := query.Get("access_type")
	if access != "" && access != "online" && access != "offline" {
		return authorizeRequest{}, refuse(protocol.CodeBadParameter)
	}
	challenge, method := query.Get("code_challenge"), query.Get("code_challenge_method")
	if challenge != "" || method != "" {
		if method != "S256" || !challengePattern.MatchString(challenge) {
			return authorizeRequest{}, refuse(protocol.CodeChallengeUnsupported)
		}
	}
	return authorizeRequest{
		family:      family,
		client:      client.ID,
		redirectURI: query.Get("redirect_uri"),
		state:       query.Get("state"),
		scopes:      strings.Fields(query.Get("scope")),
		scopeOrg:    query.Get("scope_org"),
		challenge:   challenge,
		offline:     access == "offline",
	}, nil
}

// choose is where the buttons of the login page lead.
func (e *Emulator) choose(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	request, ok := e.pending.get(query.Get("request"))
	if !ok {
		e.page.failure(w, refuse(protocol.CodeWrongTime))
		return
	}
	if query.Get("refuse") != "" {
		http.Redirect(w, r, refuse(protocol.CodeRefused).redirect(request.redirectURI, request.state), http.StatusFound)
		return
	}
	e.login(w, r, request, query.Get("persona"), query.Get("method"))
}

// login sends the browser back with a code.
func (e *Emulator) login(w http.ResponseWriter, r *http.Request, request authorizeRequest, name, method string) {
	person, ok := e.byName(name)
	if !ok || (method != "" && method != "PWD" && method != "DS") {
		e.page.failure(w, refuse(protocol.CodeBadParameter))
		return
	}
	if method == "" {
		method = "PWD"
	}
	for _, oid := range organisations(request.scopeOrg) {
		if !belongs(person, oid) {
			refused := refuse(protocol.CodeForeignOrganisation)
			http.Redirect(w, r, refused.redirect(request.redirectURI, request.state), http.StatusFound)
			return
		}
	}
	// The code outlives its use, so that a second use is recognised as one.
	code := e.codes.put(&grant{
		authorizeRequest: request,
		subject:          person.Subject(),
		method:           method,
		session:          uuid.NewString(),
	}, CodeLifetime)
	answer := url.Values{"code": {code}, "state": {request.state}}
	http.Redirect(w, r, withQuery(request.redirectURI, answer), http.StatusFound)
}

func belongs(person persona.Persona, oid string) bool {
	return slices.ContainsFunc(person.Profile.Organisations, func(o identity.Organisation) bool { return o.OID == oid })
}

// logout ends nothing, as there is no session, and returns the browser to a registered address.
func (e *Emulator) logout(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	client, known := e.clients[query.Get("client_id")]
	if !known || once(query) != nil {
		e.page.failure(w, refuse(protocol.CodeUnauthorizedClient))
		return
	}
	if query.Get("redirect_url") == "" {
		e.page.loggedOut(w)
		return
	}
	target, registered := oneOf(client.LogoutURIs, query.Get("redirect_url"))
	if !registered {
		e.page.failure(w, refuse(protocol.CodeWrongRedirect))
		return
	}
	http.Redirect(w, r, target, http.StatusFound)
}

// oneOf gives the registered address that equals what was asked for, never the request's own text.
func oneOf(registered []string, asked string) (string, bool) {
	i := slices.Index(registered, asked)
	if i < 0 {
		return "", false
	}
	return registered[i], true
}
