package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCookieNames: cookies know no port, so that demos side by side on one machine need names of their own.
func TestCookieNames(t *testing.T) {
	for address, want := range map[string]cookies{
		"https://lk.example.ru":      {secure: true, sessionName: "__Host-kabinet", loginName: "__Host-kabinet-login"},
		"https://lk.example.ru:8443": {secure: true, sessionName: "__Host-kabinet", loginName: "__Host-kabinet-login"},
		"http://127.0.0.1:8080":      {sessionName: "kabinet-8080", loginName: "kabinet-login-8080"},
		"http://[::1]:8081":          {sessionName: "kabinet-8081", loginName: "kabinet-login-8081"},
		"http://localhost":           {sessionName: "kabinet", loginName: "kabinet-login"},
	} {
		require.Equal(t, want, newCookies(want.secure, address), address)
	}
}
