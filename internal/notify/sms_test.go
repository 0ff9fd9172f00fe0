package notify_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/notify"
	"kabinet/internal/notify/notifytest"
)

const token = "gateway-token"

// gateway plays a gateway of short messages, which sends once what comes twice with one key.
type gateway struct {
	*httptest.Server

	mu       sync.Mutex
	status   func(try int) int // of the nth request, counted from 1; 0 breaks the connection
	tries    int
	keys     []string
	received []notify.Message
	seen     map[string]bool
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{status: func(int) int { return http.StatusAccepted }, seen: map[string]bool{}}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tries++
	key := r.Header.Get("Idempotency-Key")
	g.keys = append(g.keys, key)
	var body struct{ To, Text string }
	if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer "+token ||
		r.Header.Get("Content-Type") != "application/json" || key == "" || json.NewDecoder(r.Body).Decode(&body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	status := g.status(g.tries)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("about " + body.To + ": " + body.Text)) // as gateways do
	if status < 300 && !g.seen[key] {
		g.seen[key] = true
		g.received = append(g.received, notify.Message{Channel: notify.SMS, Address: body.To, Text: body.Text})
	}
}

func (g *gateway) answer(statuses ...int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tries = 0
	g.status = func(try int) int { return statuses[min(try, len(statuses))-1] }
}

func (g *gateway) messages() []notify.Message {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.received
}

func (g *gateway) sender(t *testing.T) *notify.SMSGateway {
	t.Helper()
	s, err := notify.NewSMSGateway(g.URL+"/send?key=url-secret", token)
	require.NoError(t, err)
	return s
}

func TestASMSGatewayConforms(t *testing.T) {
	notifytest.Conform(t, func(t *testing.T) notifytest.Far {
		g := newGateway(t)
		return notifytest.Far{
			Sender: g.sender(t), Channel: notify.SMS, Received: g.messages,
			Down: func(down bool) {
				g.answer(http.StatusOK)
				if down {
					g.answer(http.StatusBadGateway)
				}
			},
			Refuse: func() { g.answer(http.StatusUnprocessableEntity) },
		}
	})
}

func TestASMSIsTriedAgainOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		tries   int
		err     error
		arrived int
	}{
		"taken":                        {[]int{200}, 1, nil, 1},
		"a gateway that fails once":    {[]int{500, 202}, 2, nil, 1},
		"a connection that breaks":     {[]int{0, 200}, 2, nil, 1},
		"a gateway that fails":         {[]int{503}, 2, notify.ErrUnavailable, 0},
		"connections that break":       {[]int{0}, 2, notify.ErrUnavailable, 0},
		"breaks, then refuses":         {[]int{0, 400}, 2, notify.ErrRejected, 0},
		"refused":                      {[]int{400}, 1, notify.ErrRejected, 0},
		"too many":                     {[]int{429}, 1, notify.ErrUnavailable, 0},
		"our token is not good":        {[]int{401}, 1, notify.ErrUnavailable, 0},
		"an answer from somebody else": {[]int{302}, 1, notify.ErrRejected, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t)
			g.answer(c.answers...)
			err := g.sender(t).Send(t.Context(), secret)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.tries, g.tries)
			require.Len(t, g.messages(), c.arrived)
			for _, key := range g.keys {
				require.Equal(t, g.keys[0], key)
			}
			if err != nil {
				for _, part := range []string{"79001234567", "012345", token, "url-secret"} {
					require.NotContains(t, err.Error(), part)
				}
			}
		})
	}
}

// A key is of one message: the same text to the same number sent twice on purpose arrives twice.
func TestEverySMSHasItsOwnKey(t *testing.T) {
	g := newGateway(t)
	s := g.sender(t)
	require.NoError(t, s.Send(t.Context(), secret))
	require.NoError(t, s.Send(t.Context(), secret))
	require.Len(t, g.messages(), 2)
	require.NotEqual(t, g.keys[0], g.keys[1])
}

func TestARedirectGetsNothing(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	gateway := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer gateway.Close()
	s, err := notify.NewSMSGateway(gateway.URL, token)
	require.NoError(t, err)
	require.ErrorIs(t, s.Send(t.Context(), secret), notify.ErrRejected)
	require.Zero(t, reached.Load())
}

// A caller who leaves while the gateway thinks is not kept, and nothing is tried for them again.
func TestASlowGatewayIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	var tries atomic.Int64
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		tries.Add(1)
		cancel()
		<-release
	}))
	defer slow.Close()
	defer close(release)
	s, err := notify.NewSMSGateway(slow.URL, token)
	require.NoError(t, err)
	require.ErrorIs(t, s.Send(ctx, secret), context.Canceled)
	require.EqualValues(t, 1, tries.Load())
}

func TestAGatewayThatIsNotThere(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s, err := notify.NewSMSGateway(gone.URL+"/?key=url-secret", token)
	require.NoError(t, err)
	err = s.Send(t.Context(), secret)
	require.ErrorIs(t, err, notify.ErrUnavailable)
	require.NotContains(t, err.Error(), "url-secret")
}

func TestAnSMSGatewayNeedsAnAddress(t *testing.T) {
	for _, bad := range []string{"", "gateway", "ftp://gateway/", "https://", "://", "/send", "https://a b/"} {
		_, err := notify.NewSMSGateway(bad, token)
		require.Error(t, err, bad)
	}
}
