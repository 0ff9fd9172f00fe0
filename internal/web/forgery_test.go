package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/fault"
	"kabinet/internal/session"
	"kabinet/internal/web"
)

func TestForgedRequestsExecuteNothing(t *testing.T) {
	c := newCabinet(t, func(o *web.Options) { demo(o); o.PublicURL = plainAddress })
	b := c.browser()
	b.login(t, "ivanova")
	const query = `{"query":"mutation{x}"}`
	for name, test := range map[string]struct {
		method, target, body string
		fields               header
	}{
		"POST without the header":            {http.MethodPost, "/graphql", query, header{"Content-Type", "application/json"}},
		"POST with another value":            {http.MethodPost, "/graphql", query, header{"X-CSRF", "0"}},
		"POST with an empty value":           {http.MethodPost, "/graphql", query, header{"X-CSRF", ""}},
		"GET without the header":             {http.MethodGet, "/graphql?query=%7Bok%7D", "", nil},
		"HEAD without the header":            {http.MethodHead, "/graphql?query=%7Bok%7D", "", nil},
		"GET of a stream without the header": {http.MethodGet, "/graphql?query=%7Bok%7D", "", header{"Accept", "text/event-stream"}},
		"an upgrade that is a POST":          {http.MethodPost, "/graphql", query, header{"Upgrade", "websocket"}},
		"text/plain":                         {http.MethodPost, "/graphql", query, header{"Content-Type", "text/plain"}},
		"a form":                             {http.MethodPost, "/graphql", "query=%7Bok%7D", header{"Content-Type", "application/x-www-form-urlencoded"}},
		"a multipart form":                   {http.MethodPost, "/graphql", query, header{"Content-Type", "multipart/form-data; boundary=x"}},
		"application/graphql":                {http.MethodPost, "/graphql", "{ok}", header{"Content-Type", "application/graphql"}},
		"no content type":                    {http.MethodPost, "/graphql", query, nil},
		"POST from a foreign page":           {http.MethodPost, "/graphql", query, append(header{"Origin", "https://evil.example"}, csrf...)},
		"POST from a page without origin":    {http.MethodPost, "/graphql", query, append(header{"Origin", "null"}, csrf...)},
		"POST from the host's other port":    {http.MethodPost, "/graphql", query, append(header{"Origin", "http://127.0.0.1:9999"}, csrf...)},
		"POST cross-site":                    {http.MethodPost, "/graphql", query, append(header{"Sec-Fetch-Site", "cross-site"}, csrf...)},
		"POST from a neighbouring host":      {http.MethodPost, "/graphql", query, append(header{"Sec-Fetch-Site", "same-site"}, csrf...)},
		"POST from a page with own origin":   {http.MethodPost, "/graphql", query, append(header{"Sec-Fetch-Site", "cross-site", "Origin", plainAddress}, csrf...)},
		"GET from a foreign page":            {http.MethodGet, "/graphql?query=%7Bok%7D", "", append(header{"Origin", "https://evil.example"}, csrf...)},
		"GET cross-site":                     {http.MethodGet, "/graphql?query=%7Bok%7D", "", append(header{"Sec-Fetch-Site", "cross-site"}, csrf...)},
		"logout without the header":          {http.MethodPost, "/auth/logout", "", nil},
		"logout from a foreign page":         {http.MethodPost, "/auth/logout", "", header{"Origin", "https://evil.example", "X-CSRF", "1"}},
		"logout cross-site":                  {http.MethodPost, "/auth/logout", "", header{"Sec-Fetch-Site", "cross-site", "X-CSRF", "1"}},
		"an event from a foreign page":       {http.MethodPost, "/fund/events", "{}", header{"Sec-Fetch-Site", "cross-site"}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := b.do(t, test.method, test.target, test.body, test.fields...)
			requireRefused(t, answer, http.StatusForbidden, fault.BadInput)
			require.Empty(t, answer.Header.Values("Access-Control-Allow-Origin"))
			require.Empty(t, answer.Cookies())
		})
	}
	require.Zero(t, c.asked)
	require.True(t, b.state(t).Authenticated)
}

func TestTheCabinetsOwnPageIsLetThrough(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	for name, fields := range map[string]header{
		"no browser":  nil,
		"own origin":  {"Origin", secureAddress},
		"same origin": {"Origin", secureAddress, "Sec-Fetch-Site", "same-origin"},
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			answer := b.do(t, method, "/graphql", "", append(fields, csrf...)...)
			require.Equal(t, http.StatusOK, answer.StatusCode, name)
			require.NotZero(t, decode[seen](t, answer).Person)
		}
	}
	answer := b.get(t, "/graphql", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-Fetch-Site", "same-site", "Origin", "https://m.example.ru")
	require.NotZero(t, decode[seen](t, answer).Person, "who may upgrade is the transport's decision, and it sees the viewer")
}

func TestNobodyIsLetThroughAsNobody(t *testing.T) {
	c := newCabinet(t)
	for _, fields := range []header{
		nil,
		{"Authorization", "Bearer "},
		{"Authorization", "Bearer"},
		{"Authorization", "Bearer x"},
		{"Authorization", "Basic eDp4"},
		{"Authorization", "Bearer " + strings.Repeat("A", 43)},
	} {
		require.Zero(t, decode[seen](t, c.browser().do(t, http.MethodPost, "/graphql", "{}", fields...)), fields)
	}
	b := c.browser()
	b.cookies[c.cookie] = strings.Repeat("A", 43)
	require.Zero(t, b.query(t))
}

func TestPreflightsOfStrangersArePromisedNothing(t *testing.T) {
	c := newCabinet(t)
	for _, target := range []string{"/graphql", "/auth/session", "/auth/logout", "/documents/x/versions/1", "/fund/events", "/nothing"} {
		answer := c.browser().do(t, http.MethodOptions, target, "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-csrf,content-type")
		for name := range answer.Header {
			require.False(t, strings.HasPrefix(name, "Access-Control-"), name)
		}
	}
	require.Zero(t, c.asked)
}

func TestOneWayToSignInAtATime(t *testing.T) {
	c := newCabinet(t)
	b := c.browser()
	b.login(t, "ivanova")
	token := b.cookies[c.cookie]
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER "} {
		for _, value := range []string{token, "", strings.Repeat("A", 43)} {
			answer := b.do(t, http.MethodPost, "/graphql", "{}", append(header{"Authorization", scheme + value}, csrf...)...)
			requireRefused(t, answer, http.StatusBadRequest, fault.BadInput)
		}
		require.Zero(t, c.asked)

		bearer := c.browser()
		answer := bearer.do(t, http.MethodPost, "/graphql", "{}", "Authorization", scheme+token)
		require.NotZero(t, decode[seen](t, answer).Person, "a bearer needs no header")
		c.asked = 0
	}
	require.Zero(t, decode[seen](t, c.browser().do(t, http.MethodPost, "/graphql?access_token="+token, "{}")), "not in the address")
}

// endOf gives a channel that is closed when the session of a request ends.
func (c *cabinet) endOf(r *http.Request) <-chan struct{} {
	ended := make(chan struct{})
	web.Ended(c.sessions)(r.Context(), func() { close(ended) })
	return ended
}

func TestStreamsHearThatTheirSessionEnded(t *testing.T) {
	c := newCabinet(t)
	ended := make(chan (<-chan struct{}), 1)
	// The stream outlives the request of the recorder, which ends at once.
	c.api = func(_ http.ResponseWriter, r *http.Request) { ended <- c.endOf(r) }
	c.browser().get(t, "/graphql")
	nobodys := <-ended

	b := c.browser()
	b.login(t, "ivanova")
	b.get(t, "/graphql", csrf...)
	stream := <-ended
	select {
	case <-stream:
		require.Fail(t, "the session is open")
	default:
	}
	require.Equal(t, http.StatusOK, b.do(t, http.MethodPost, "/auth/logout", "", "X-CSRF", "1").StatusCode)
	<-stream

	left := c.browser()
	left.login(t, "petrov")
	left.get(t, "/graphql", csrf...)
	stream = <-ended
	open, err := c.sessions.Check(t.Context(), left.cookies[c.cookie], false)
	require.NoError(t, err)
	require.NoError(t, c.sessions.End(t.Context(), open, session.ReasonRevoked))
	<-stream
	select {
	case <-nobodys:
		require.Fail(t, "nobody's stream has no session to end with")
	default:
	}
}
