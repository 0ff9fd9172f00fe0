package requestid_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"kabinet/internal/requestid"
)

func TestIDsAreShortAndDifferent(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{16}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := requestid.New()
		require.Regexp(t, shape, id)
		require.False(t, seen[id], "id given twice")
		seen[id] = true
	}
}

func TestContext(t *testing.T) {
	require.Empty(t, requestid.FromContext(t.Context()))
	require.Equal(t, "a", requestid.FromContext(requestid.NewContext(t.Context(), "a")))
}

func TestMiddlewareDoesNotTrustTheClient(t *testing.T) {
	var inside string
	h := requestid.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inside = requestid.FromContext(r.Context())
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set(requestid.Header, "forged")
	w := httptest.NewRecorder()

	h.ServeHTTP(w, r)

	require.NotEmpty(t, inside)
	require.NotEqual(t, "forged", inside)
	require.Equal(t, inside, w.Header().Get(requestid.Header))
}
